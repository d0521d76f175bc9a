/**
 * From a routed request to its answer, whatever becomes of it: fit or not, done or refused, whole or streamed, each in
 * the shape of the family whose path it is. The router hands over and is not asked again.
 *
 * @module
 */
import { AppError } from '../../kernel/errors.js';
import type { Eventual } from '../../kernel/eventual.js';
import { httpErrors } from '../errors.js';
import type { Answer, StreamedAnswer } from '../kit/answer.js';
import { linger } from '../kit/body.js';
import { refusalAnswer, toAppError } from '../kit/refusal.js';
import { rawPathOf } from '../kit/url.js';
import type { Answering, DoorState } from './door-state.js';
import { sendStream, sendWhole } from './send.js';
import { streamPieces } from './stream-pieces.js';

/** @param work  What the route does; thrown or rejected with: a refusal. */
export function respond(answering: Answering, state: DoorState, work: () => Eventual<Answer | StreamedAnswer>): void {
  const beganMs = performance.now();
  let answer: Eventual<Answer | StreamedAnswer>;
  try {
    answer = work();
  } catch (thrown) {
    void refuse(answering, state, thrown, beganMs);
    return;
  }
  if (answer instanceof Promise) {
    answer.then(
      (there) => send(answering, state, there, beganMs),
      (thrown: unknown) => refuse(answering, state, thrown, beganMs),
    );
  } else send(answering, state, answer, beganMs);
}

/** What nobody is there to hear any more is no answer, and is not counted as one. */
function send(answering: Answering, state: DoorState, answer: Answer | StreamedAnswer, beganMs: number): void {
  if ('pieces' in answer) {
    streamOut(answering, state, answer, beganMs).catch((thrown: unknown) => refuse(answering, state, thrown, beganMs));
    return;
  }
  if (answering.response.destroyed) return;
  try {
    sendWhole(sendingOf(answering, state), answer);
  } catch (thrown) {
    void refuse(answering, state, thrown, beganMs);
    return;
  }
  observe(answering, state, answer.status, beganMs, false);
}

/**
 * Nothing is sent before the first chunk is there, so that what goes wrong until then is answered as a refusal. What
 * goes wrong later has no answer any more: it is told to the log, and the connection is cut.
 */
async function streamOut(
  answering: Answering,
  state: DoorState,
  answer: StreamedAnswer,
  beganMs: number,
): Promise<void> {
  const { response, requestId } = answering;
  const stream = await streamPieces(answer.pieces, state.stallMs, answer.isPrompt === true);
  stream.once('error', (fault) => {
    // Whoever went away, or stopped reading, ended it; what fails because of that is no news.
    if (response.closed || (fault instanceof AppError && fault.kind === 'cancelled')) return;
    report(state, fault, requestId);
  });
  response.once('close', () => observe(answering, state, answer.status, beganMs, !response.writableFinished));
  sendStream(sendingOf(answering, state), answer, stream);
}

/** The last resort is a plain fault: a family that cannot say what happened must not leave the caller without a word. */
async function refuse(answering: Answering, state: DoorState, thrown: unknown, beganMs: number): Promise<void> {
  const { family, request, response, requestId } = answering;
  const error = toAppError(thrown);
  if (error.kind === 'internal') report(state, thrown, requestId);
  if (error.code === httpErrors.body_too_large.code) await linger(request);
  if (response.destroyed) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const context = { requestId, path: rawPathOf(request.url ?? '') };
  const sendError = (told: AppError) => {
    const answer = refusalAnswer(family, told, context);
    sendWhole(sendingOf(answering, state), answer);
    observe(answering, state, answer.status, beganMs, false);
  };
  try {
    sendError(error);
  } catch (cause) {
    report(state, cause, requestId);
    if (response.headersSent) response.destroy();
    else sendError(httpErrors.fault({ cause }));
  }
}

/** A log that fails changes no answer. */
function report({ core }: DoorState, fault: unknown, requestId: string): void {
  try {
    core.reportFault(fault, requestId);
  } catch {
    // There is nobody left to tell.
  }
}

function sendingOf({ response, request, requestId }: Answering, { isDraining }: DoorState) {
  return { response, requestId, isTls: isTls(request.socket), isLast: isDraining() };
}

function observe(
  { family, route, request, requestId }: Answering,
  { onAnswered }: DoorState,
  status: number,
  beganMs: number,
  isCut: boolean,
): void {
  const durationMs = performance.now() - beganMs;
  onAnswered({ family: family.name, route, request, requestId, status, durationMs, isCut });
}

export function isTls(socket: object): boolean {
  return 'encrypted' in socket && socket.encrypted === true;
}
