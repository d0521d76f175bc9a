/**
 * Nothing is answered before it is on the disk: the system calls of the running server say so, write by write.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWith, shared } from '../../servers/index.js';
import { createInstallation } from '../support/program.js';
import { judgeWrite, readTrace, type SystemCall, straceOptions, type Verdict } from './sync-trace.js';

const writes = 60;
const password = 'a long enough pass phrase for tracing';

describeWith('strace', 'the order of system calls', () => {
  const installation = createInstallation();
  const marks: string[] = [];
  let calls: readonly SystemCall[] = [];
  let log = '';

  beforeAll(async () => {
    await installation.run(['user', 'add', 'tracer', '--password-stdin'], { stdin: password });
    const traceFile = join(installation.dataDir, '..', 'trace');
    const server = await installation.start({
      under: [shared('strace').program, ...straceOptions, '-o', traceFile],
    });
    const post = async (path: string, body: unknown, token = '') => {
      const response = await fetch(`${server.http}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: token }) },
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(200);
      return (await response.json()) as Record<string, unknown>;
    };
    const token = String((await post('/user/login', { username: 'tracer', password }))['Token']);
    for (let number = 0; number < writes; number += 1) {
      const mark = `mark-${String(number).padStart(4, '0')}-${Math.random().toString(36).slice(2)}`;
      await post('/authheader/add', { name: mark }, token);
      marks.push(mark);
    }
    await server.stop();
    log = join(realpathSync(installation.dataDir), 'latchkey.db-wal');
    calls = readTrace(readFileSync(traceFile, 'latin1'));
    expect(existsSync(join(installation.dataDir, 'latchkey.db'))).toBe(true);
  }, 120_000);

  afterAll(() => installation.remove());

  const judgeAll = (trace: readonly SystemCall[]) =>
    new Set<Verdict>(marks.map((mark) => judgeWrite(trace, mark, log)));

  test('is write, commit frame, sync, answer, for every acknowledged write', () => {
    expect(marks).toHaveLength(writes);
    expect(judgeAll(calls)).toEqual(new Set(['durable before answered']));
  });

  test('would be found wrong without the syncs', () => {
    const unsynced = calls.filter((call) => !/^f(data)?sync$/.test(call.name));
    expect(judgeAll(unsynced)).toEqual(new Set(['not synced before the answer']));
  });

  test('would be found wrong with syncs of another file', () => {
    const misplaced = calls.map((call) => (/sync$/.test(call.name) ? { ...call, target: `${log}2` } : call));
    expect(judgeAll(misplaced)).toEqual(new Set(['not synced before the answer']));
  });

  test('would be found wrong with syncs that fail', () => {
    const failed = calls.map((call) => (/sync$/.test(call.name) ? { ...call, result: -1 } : call));
    expect(judgeAll(failed)).toEqual(new Set(['not synced before the answer']));
  });

  test('would be found wrong with answers sent before the syncs return', () => {
    const early = calls.map((call) =>
      marks.some((mark) => call.data.includes(mark) && call.data.includes('HTTP/1.1')) ? earlier(call) : call,
    );
    const verdicts = judgeAll([...early].sort((a, b) => a.enteredAt - b.enteredAt));
    expect(verdicts).toEqual(new Set(['not synced before the answer']));
  });

  test('would be found wrong without the writes to the log', () => {
    const unwritten = calls.filter((call) => call.target !== log || /sync$/.test(call.name));
    expect(judgeAll(unwritten)).toEqual(new Set(['never written to the log']));
  });

  /** The answer, moved to just before the last sync that returned ahead of it. */
  function earlier(answer: SystemCall): SystemCall {
    const sync = calls.findLast(
      (call) => /sync$/.test(call.name) && call.target === log && call.returnedAt < answer.enteredAt,
    );
    const at = (sync?.returnedAt ?? 0) - 0.5;
    return { ...answer, enteredAt: at, returnedAt: at };
  }
});

describeWith('strace', 'the judge of traces', () => {
  test('is found wrong on a server that does answer before it syncs', { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'latchkey-careless-'));
    const file = fileURLToPath(new URL('./careless-server.mjs', import.meta.url));
    const traceFile = join(folder, 'trace');
    const args = [...straceOptions, '-o', traceFile, process.execPath, file, folder];
    const tracer = spawn(shared('strace').program, args, { stdio: 'ignore' });
    const ended = once(tracer, 'close');
    await expect.poll(() => existsSync(join(folder, 'port')), { timeout: 20_000 }).toBe(true);
    const url = `http://127.0.0.1:${readFileSync(join(folder, 'port'), 'utf8')}`;
    const names = Array.from({ length: 10 }, (_, number) => `careless-${number}-mark`);
    for (const name of names) {
      expect(await (await fetch(url, { method: 'POST', body: JSON.stringify({ name }) })).json()).toEqual({ name });
    }
    // The tracer does not pass signals on; its only child is the server.
    const children = readFileSync(`/proc/${tracer.pid}/task/${tracer.pid}/children`, 'utf8').trim();
    process.kill(Number(children), 'SIGTERM');
    await ended;
    const careless = readTrace(readFileSync(traceFile, 'latin1'));
    const verdicts = names.map((name) => judgeWrite(careless, name, join(folder, 'latchkey.db-wal')));
    rmSync(folder, { recursive: true, force: true });
    expect(new Set(verdicts)).toEqual(new Set(['not synced before the answer']));
  });
});

describe('the reader of traces', () => {
  test('puts calls together that other threads interrupted', () => {
    const [call] = readTrace(
      [
        '7 1.0 pwrite64(5<\\x2f\\x61>, "\\x41\\x42"..., 2, 0 <unfinished ...>',
        '8 1.1 write(9<TCP:[1]>, "\\x43", 1) = 1',
        '7 1.2 <... pwrite64 resumed>) = 2',
      ].join('\n'),
    );
    expect(call).toEqual({
      ...{ name: 'pwrite64', target: '/a', result: 2, enteredAt: 0, returnedAt: 2 },
      data: Buffer.from('AB'),
    });
  });

  test('leaves out calls that never returned', () => {
    expect(readTrace('7 1.0 fdatasync(5<\\x2f\\x61> <unfinished ...>\n7 1.1 +++ killed by SIGKILL +++')).toEqual([]);
  });
});
