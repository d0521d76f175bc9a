/**
 * Reads a trace of system calls and judges, for one acknowledged write, the order that durability needs: the write
 * reached the write-ahead log, its commit frame followed, a sync of that file returned, and only then did the answer
 * begin to leave.
 *
 * @module
 */

/** Options of strace that give what {@link readTrace} reads: every byte in hex, descriptors with their paths. */
export const straceOptions = [
  ...['-f', '--seccomp-bpf', '-ttt', '-yy', '-xx', '-s', '70000'],
  ...['-e', 'trace=pwrite64,pwritev,write,writev,fdatasync,fsync,sendto,sendmsg'],
  ...['-e', 'signal=none'],
] as const;

export interface SystemCall {
  readonly name: string;
  /** Path of the file, or what the descriptor is (`TCP:[…]`). */
  readonly target: string;
  /** Everything that was to be written. */
  readonly data: Buffer;
  /** Places in the order of events: when it was entered, and when it returned. */
  readonly enteredAt: number;
  readonly returnedAt: number;
  readonly result: number;
}

/** Calls in the order in which they were entered. A call that never returned is left out: it proves nothing. */
export function readTrace(trace: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const entered = new Map<string, { name: string; args: string; at: number }>();
  trace.split('\n').forEach((line, at) => {
    const head = /^(\d+)\s+[\d.]+ (.*)$/.exec(line);
    if (head === null) return;
    const [, thread = '', rest = ''] = head;
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(rest);
    const unfinished = /^(\w+)\((.*) <unfinished \.\.\.>$/.exec(rest);
    if (resumed !== null) {
      const begun = entered.get(thread);
      entered.delete(thread);
      if (begun !== undefined) add(begun.name, `${begun.args}${resumed[2]}`, begun.at, at);
    } else if (unfinished !== null) {
      entered.set(thread, { name: unfinished[1] ?? '', args: unfinished[2] ?? '', at });
    } else {
      const whole = /^(\w+)\((.*)$/.exec(rest);
      if (whole !== null) add(whole[1] ?? '', whole[2] ?? '', at, at);
    }
  });
  return calls.sort((a, b) => a.enteredAt - b.enteredAt);

  function add(name: string, args: string, enteredAt: number, returnedAt: number): void {
    const result = /\)\s+= (-?\d+)[^"]*$/.exec(args)?.[1];
    const target = /^\d+<([^>]*)>/.exec(args)?.[1];
    if (result === undefined || target === undefined) return;
    const texts = [...args.slice(args.indexOf('>')).matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)];
    calls.push({
      name,
      target: target.includes('\\x') ? fromHex(target).toString() : target,
      data: Buffer.concat(texts.map(([, text = '']) => fromHex(text))),
      enteredAt,
      returnedAt,
      result: Number(result),
    });
  }
}

function fromHex(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}

export type Verdict =
  | 'durable before answered'
  | 'never written to the log'
  | 'no commit frame followed'
  | 'not synced before the answer'
  | 'never answered';

const isSync = ({ name }: SystemCall) => name === 'fdatasync' || name === 'fsync';

/**
 * A commit frame's header (sqlite.org/fileformat2.html §4.1): 24 bytes, the second big-endian word being the size of
 * the database after the commit, zero in every other frame.
 */
function isCommitFrame({ data }: SystemCall): boolean {
  return data.length >= 24 && data.length < 512 && data.length !== 32 && data.readUInt32BE(4) !== 0;
}

/**
 * @param mark     Stands in the row that was written and in its answer, and nowhere before.
 * @param logPath  The write-ahead log: `…/latchkey.db-wal`.
 */
export function judgeWrite(calls: readonly SystemCall[], mark: string, logPath: string): Verdict {
  const toLog = (call: SystemCall) => call.target === logPath;
  const answer = calls.find((call) => call.data.includes(mark) && call.data.includes('HTTP/1.1 200'));
  if (answer === undefined) return 'never answered';
  const row = calls.find((call) => toLog(call) && !isSync(call) && call.result > 0 && call.data.includes(mark));
  if (row === undefined || row.enteredAt > answer.enteredAt) return 'never written to the log';
  // A page follows its header, so the commit frame's header may stand just before the row's own page.
  const place = calls.indexOf(row);
  const header = calls.findLast((call, at) => at < place && toLog(call) && call.data.length === 24);
  const commit = [header, ...calls.slice(place)].find(
    (call) => call !== undefined && toLog(call) && call.enteredAt < answer.enteredAt && isCommitFrame(call),
  );
  if (commit === undefined) return 'no commit frame followed';
  const frameEnd = calls.find((call) => toLog(call) && call.enteredAt > commit.enteredAt && !isSync(call)) ?? row;
  const written = Math.max(
    row.returnedAt,
    commit.returnedAt,
    frameEnd.enteredAt < answer.enteredAt ? frameEnd.returnedAt : 0,
  );
  const sync = calls.find(
    (call) =>
      toLog(call) &&
      isSync(call) &&
      call.result === 0 &&
      call.enteredAt > written &&
      call.returnedAt < answer.enteredAt,
  );
  return sync === undefined ? 'not synced before the answer' : 'durable before answered';
}
