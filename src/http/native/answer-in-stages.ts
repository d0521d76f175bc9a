/**
 * Tests and preflights as they go on, for whoever asks for lines: `{"stage":…}` for each stage as it ends, `{"check":…}`
 * for each check, and last `{"report":…}`, which is the answer that would have come as JSON.
 *
 * @module
 */
import type { CheckRow, StageRow } from '../../sources/index.js';
import { type Answer, json, type StreamedAnswer } from '../kit/answer.js';
import { asksFor } from '../kit/negotiate.js';
import type { GuardedCall } from '../kit/route.js';
import { presentCheck } from './present-source.js';

interface Listeners {
  readonly onStage?: (row: StageRow) => void;
  readonly onCheck?: (row: CheckRow) => void;
}

const lines = 'application/x-ndjson';

/**
 * What is thrown before the first line is a refusal like any other. Whoever may not see stages gets the report alone,
 * when it is due.
 *
 * @param attempt  Makes the answer, and tells the listeners on the way.
 */
export async function answerInStages(
  { wants }: Pick<GuardedCall, 'wants'>,
  attempt: (listeners: Listeners) => Promise<object>,
): Promise<Answer | StreamedAnswer> {
  if (!asksFor(wants.accept, lines, 'application/json')) return json(200, await attempt({}));
  const headers = { vary: 'Accept' };
  const contentType = `${lines}; charset=utf-8`;
  return { status: 200, contentType, headers, pieces: linesOf(attempt), isPrompt: true };
}

/** Ended by the attempt, which ends when the client goes away; nobody has to take its lines meanwhile. */
async function* linesOf(attempt: (listeners: Listeners) => Promise<object>): AsyncGenerator<string> {
  const waiting: string[] = [];
  let isOver = false;
  let wake = (): void => undefined;
  const tell = (line: object) => {
    waiting.push(`${JSON.stringify(line)}\n`);
    wake();
  };
  const attempted = attempt({
    onStage: (stage) => tell({ stage }),
    onCheck: (check) => tell({ check: presentCheck(check) }),
  });
  const end = () => {
    isOver = true;
    wake();
  };
  attempted.then(end, end);
  for (;;) {
    const line = waiting.shift();
    if (line !== undefined) {
      yield line;
      continue;
    }
    if (isOver) break;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  yield `${JSON.stringify({ report: await attempted })}\n`;
}
