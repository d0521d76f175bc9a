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
import { isTls, peerAddress } from '../kit/loopback.js';
import { refusalAnswer, toAppError } from '../kit/refusal.js';
import { rawPathOf } from '../kit/url.js';
import type { DoorState, Exchange } from './exchange.js';
import { methodOf } from './methods.js';
import { sendStream, sendWhole } from './send.js';
import { streamPieces } from './stream-pieces.js';
import { atEndOfTurn } from './turn.js';

/** What a route makes of a request; thrown or rejected with: a refusal. */
export type Work = (exchange: Exchange) => Eventual<Answer | StreamedAnswer>;

export function respond(exchange: Exchange, state: DoorState, work: Work): void {
  const beganMs = performance.now();
  let answer: Eventual<Answer | StreamedAnswer>;
  try {
    answer = work(exchange);
  } catch (thrown) {
    void refuse(exchange, state, thrown, beganMs);
    return;
  }
  if (answer instanceof Promise) {
    answer.then(
      (there) => send(exchange, state, there, beganMs),
      (thrown: unknown) => refuse(exchange, state, thrown, beganMs),
    );
  } else send(exchange, state, answer, beganMs);
}

/** What nobody is there to hear any more is no answer, and is not counted as one. */
function send(exchange: Exchange, state: DoorState, answer: Answer | StreamedAnswer, beganMs: number): void {
  if ('pieces' in answer) {
    streamOut(exchange, state, answer, beganMs).catch((thrown: unknown) => refuse(exchange, state, thrown, beganMs));
    return;
  }
  atEndOfTurn(() => {
    if (exchange.response.destroyed) return;
    try {
      sendWhole(exchange, answer, state.isDraining());
      observe(exchange, state, answer.status, beganMs, false);
    } catch (thrown) {
      void refuse(exchange, state, thrown, beganMs);
    }
  });
}

/**
 * Nothing is sent before the first chunk is there, so that what goes wrong until then is answered as a refusal. What
 * goes wrong later has no answer any more: it is told to the log, and the connection is cut.
 */
async function streamOut(exchange: Exchange, state: DoorState, answer: StreamedAnswer, beganMs: number): Promise<void> {
  const { response, requestId } = exchange;
  const stream = await streamPieces(answer.pieces, state.stallMs, answer.isPrompt === true);
  stream.once('error', (fault) => {
    // Whoever went away, or stopped reading, ended it; what fails because of that is no news.
    if (response.closed || (fault instanceof AppError && fault.kind === 'cancelled')) return;
    report(state, fault, requestId);
  });
  response.once('close', () => observe(exchange, state, answer.status, beganMs, !response.writableFinished));
  sendStream(exchange, answer, stream, state.isDraining());
}

async function refuse(exchange: Exchange, state: DoorState, thrown: unknown, beganMs: number): Promise<void> {
  const error = toAppError(thrown);
  if (error.kind === 'internal') report(state, thrown, exchange.requestId);
  if (error.code === httpErrors.body_too_large.code) await linger(exchange.request);
  atEndOfTurn(() => sendRefusal(exchange, state, error, beganMs));
}

/**
 * The last resort is a plain fault: a family that cannot say what happened must not leave the caller without a word. One
 * that cannot say even that has the connection cut.
 */
function sendRefusal(exchange: Exchange, state: DoorState, error: AppError, beganMs: number): void {
  const { family, request, response, requestId } = exchange;
  if (response.destroyed) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  try {
    const answer = refusalAnswer(family, error, { requestId, path: rawPathOf(request.url ?? '') });
    sendWhole(exchange, answer, state.isDraining());
    observe(exchange, state, answer.status, beganMs, false);
  } catch (cause) {
    report(state, cause, requestId);
    if (error.code === httpErrors.fault.code) response.destroy();
    else sendRefusal(exchange, state, httpErrors.fault({ cause }), beganMs);
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

function observe(
  { family, route, request, requestId }: Exchange,
  { onAnswered }: DoorState,
  status: number,
  beganMs: number,
  isCut: boolean,
): void {
  const { socket } = request;
  onAnswered({
    requestId,
    family: family.name,
    method: methodOf(request),
    route,
    status,
    durationMs: performance.now() - beganMs,
    address: peerAddress(socket),
    isTls: isTls(socket),
    isCut,
  });
}
