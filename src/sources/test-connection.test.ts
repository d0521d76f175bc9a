import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  createWorld,
  failedWalk,
  nowMs,
  origin,
  passed,
  passing,
  principalWith,
  source,
  step,
  target,
  type WorldOptions,
} from '../../test/contract/sources-world.js';
import { accessErrors, type Principal } from '../access/index.js';
import { Secret } from '../kernel/secret.js';
import { sourcesErrors } from './errors.js';
import { stages } from './model.js';
import type { ProbeLimits, ProbeResult } from './ports.js';
import { reasons } from './reasons.js';
import type { Sources } from './use-cases.js';

type Input = Parameters<Sources['testConnection']>[0];
const trusted = principalWith('connections.test', 'connections.diagnose');
const plain = principalWith('connections.test');

function world(options: WorldOptions = {}) {
  const made = createWorld(options);
  const tell = (more: Partial<Input> = {}) =>
    made.sources.testConnection({
      principal: trusted,
      subject: { target },
      signal: new AbortController().signal,
      origin,
      ...more,
    });
  /** The report of a caller who gets the whole of it. */
  const run = async (more: Partial<Input> = {}) => {
    const told = await tell(more);
    if (told.detail !== 'full') throw new Error('the report was evened out');
    return told.report;
  };
  return { ...made, tell, run };
}

const to = (fields: Partial<typeof target>): Partial<Input> => ({ subject: { target: { ...target, ...fields } } });

describe('who may', () => {
  test('nobody without the grant, and nothing is dialled or recorded', async () => {
    const { run, calls } = world();
    const principal = principalWith('connections.diagnose', 'data.use', 'sources.inspect');
    await expect(run({ principal })).rejects.toMatchObject({ code: accessErrors.denied.code });
    expect(calls).toEqual([]);
  });

  test('only so many at once, of one caller and in all', async () => {
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { run } = world({
      tests: { inAll: 3, perCaller: 2 },
      probe: async () => {
        await gate;
        return passed;
      },
    });
    const other = { ...trusted, userId: 'u-2' } as Principal;
    const running = [run(), run()];
    await expect(run()).rejects.toMatchObject({
      code: sourcesErrors.too_many_tests.code,
      details: { retryAfterSeconds: 2 },
    });
    running.push(run({ principal: other }));
    await expect(run({ principal: other })).rejects.toMatchObject({ code: sourcesErrors.too_many_tests.code });
    go();
    await Promise.all(running);
    await expect(run()).resolves.toMatchObject({ outcome: 'passed' });
  });
});

describe('the report', () => {
  test('has every stage in order, and what was not tried is skipped', async () => {
    const report = await world().run();
    expect(report).toMatchObject({
      outcome: 'passed',
      failure: null,
      engine: 'postgres',
      serverVersion: 'PostgreSQL 15.18',
    });
    expect(report.stages.map((row) => row.stage)).toEqual(stages);
    const skipped = report.stages.filter((row) => row.status === 'skip');
    expect(skipped.map((row) => row.stage)).toEqual(['tunnel', 'privilege', 'catalog']);
    expect(skipped.every((row) => row.reason === null)).toBe(true);
  });

  test('words the first failure from the table and skips the rest', async () => {
    const report = await world({ probe: async () => failedWalk('authenticate', 'AUTH_INVALID_CREDENTIALS') }).run();
    const { retryable, audience, field, fix } = reasons.AUTH_INVALID_CREDENTIALS;
    expect(report.failure).toMatchObject({
      stage: 'authenticate',
      status: 'fail',
      reason: 'AUTH_INVALID_CREDENTIALS',
      retryable,
      audience,
      field,
      fix,
    });
    expect(
      report.stages.slice(stages.indexOf('authenticate') + 1).every((row) => row.reason === 'PRIOR_STAGE_FAILED'),
    ).toBe(true);
  });

  test('a stage that fails after it passed has failed', async () => {
    const steps = [...passing.slice(0, 5), step('tls', 'TLS_CLIENT_CERT_INVALID')];
    const report = await world({ probe: async () => ({ steps, serverVersion: null }) }).run();
    expect(report.failure?.stage).toBe('tls');
    expect(report.stages.find((row) => row.stage === 'handshake')?.status).toBe('skip');
  });
});

describe('the engine', () => {
  test('is the one named, else the port’s, else what the listener says', async () => {
    const named = world();
    await named.run(to({ engine: 'mysql', port: 5432 }));
    expect(named.calls).toEqual(['probe mysql', 'append']);
    const byPort = world();
    await byPort.run(to({ engine: null, port: 3306 }));
    expect(byPort.calls).toEqual(['probe mysql', 'append']);
    const asked = world({ detected: { engine: 'postgres', steps: [step('tcp')] } });
    await asked.run(to({ engine: null, port: 15_432 }));
    expect(asked.calls).toEqual(['detect', 'probe postgres', 'append']);
  });

  test('that nobody can tell is a failed report', async () => {
    const steps = [step('policy'), step('resolve'), step('tcp'), step('handshake', 'PROTOCOL_MISMATCH')];
    const { run, calls } = world({ detected: { engine: null, steps } });
    const report = await run(to({ engine: null, port: 15_432 }));
    expect(report).toMatchObject({ outcome: 'failed', engine: null, failure: { reason: 'PROTOCOL_MISMATCH' } });
    expect(calls).toEqual(['detect', 'append']);
  });

  test('that is not served here is a failed report, not a passed one', async () => {
    const { run, calls } = world({ engines: ['mysql'] });
    await expect(run()).resolves.toMatchObject({
      outcome: 'failed',
      engine: 'postgres',
      failure: { reason: 'DRIVER_MISSING' },
    });
    expect(calls).toEqual(['append']);
  });
});

describe('time', () => {
  test.each([
    [undefined, 10_000],
    [5_000, 5_000],
    [1, 1_000],
    [120_000, 30_000],
    [Number.NaN, 10_000],
    [Number.POSITIVE_INFINITY, 10_000],
  ])('%s is %i milliseconds', async (timeoutMs, totalMs) => {
    const { run, limitsGiven } = world();
    await run(timeoutMs === undefined ? {} : { timeoutMs });
    const [given] = limitsGiven;
    expect(given).toMatchObject({ stageMs: 3_000 });
    expect(given?.totalMs).toBeGreaterThan(totalMs - 100);
    expect(given?.totalMs).toBeLessThanOrEqual(totalMs);
  });
});

describe('the record', () => {
  test('says who tried what and how it ended, before the answer', async () => {
    const { run, events, calls } = world({ probe: async () => failedWalk('tcp', 'TCP_REFUSED') });
    await run();
    expect(calls.at(-1)).toBe('append');
    expect(events).toEqual([
      {
        name: 'connection.tested',
        atMs: nowMs,
        origin,
        actorId: 'u-1',
        credential: { kind: 'precrime_token', id: 's-1' },
        organisationId: 'o-1',
        subject: 'target:db.example:5432',
        outcome: 'failed',
        reason: 'TCP_REFUSED',
        facts: { engine: 'postgres', stage: 'tcp', totalMs: expect.any(Number) },
      },
    ]);
    expect(JSON.stringify(events)).not.toContain('CANARY');
  });

  test('calls a success ok and a target of policy refused', async () => {
    const good = world();
    await good.run();
    expect(good.events[0]).toMatchObject({ outcome: 'ok', reason: null });
    const bad = world({ probe: async () => failedWalk('policy', 'TARGET_NOT_ALLOWED') });
    await bad.run(to({ host: '::1' }));
    expect(bad.events[0]).toMatchObject({
      outcome: 'refused',
      reason: 'TARGET_NOT_ALLOWED',
      subject: 'target:[::1]:5432',
    });
  });

  test('comes also when our own code fails, and the fault goes on', async () => {
    const fault = new TypeError('ours');
    const { run, events } = world({ probe: () => Promise.reject(fault) });
    await expect(run()).rejects.toBe(fault);
    expect(events[0]).toMatchObject({ outcome: 'failed', reason: 'INTERNAL' });
  });

  test('comes also when the caller has left', async () => {
    const leaving = new AbortController();
    const { run, events } = world({
      probe: async () => {
        leaving.abort();
        return passed;
      },
    });
    await expect(run({ signal: leaving.signal })).rejects.toMatchObject({ code: sourcesErrors.cancelled.code });
    expect(events[0]).toMatchObject({ reason: 'CANCELLED' });
  });

  test('that cannot be written withholds the answer, and the place is free again', async () => {
    const { run } = world({ appendFails: true, tests: { inAll: 1, perCaller: 1 } });
    await expect(run()).rejects.toThrow('disk full');
    await expect(run()).rejects.toThrow('disk full');
  });
});

describe('what is observed', () => {
  test('is every verdict, and every native code without a name, cut and printable', async () => {
    const native = `\u001b[31mXX000\n${'9'.repeat(100)}`;
    const steps = [...passing.slice(0, 5), step('authenticate', 'UNCLASSIFIED', { native })];
    const { run, observed } = world({ probe: async () => ({ steps, serverVersion: null }) });
    await run();
    expect(observed).toEqual([
      {
        told: 'tested',
        kind: 'test',
        engine: 'postgres',
        outcome: 'failed',
        stage: 'authenticate',
        reason: 'UNCLASSIFIED',
        durationMs: expect.any(Number),
      },
      { told: 'unclassified', engine: 'postgres', stage: 'authenticate', native: `[31mXX000${'9'.repeat(39)}` },
    ]);
  });
});

describe('a stored source', () => {
  const inspector = principalWith('sources.inspect');
  const ofSource = (reference = source.id, principal: Principal = inspector): Partial<Input> => ({
    principal,
    subject: { source: reference },
  });

  test('is dialled with its own secrets and within its own time, and told in full', async () => {
    const secrets = { password: new Secret('sealed'), clientKey: new Secret('key'), webhookKey: null };
    const { run, targets, limitsGiven, events } = world({ secrets });
    await expect(run(ofSource('sales'))).resolves.toMatchObject({ outcome: 'passed' });
    expect(targets[0]).toMatchObject({ host: source.host, username: source.username, database: source.database });
    expect(targets[0]?.password.reveal()).toBe('sealed');
    expect(targets[0]?.tls.clientKey?.reveal()).toBe('key');
    expect(limitsGiven[0]?.totalMs).toBeLessThanOrEqual(4_000);
    expect(limitsGiven[0]?.totalMs).toBeGreaterThan(3_900);
    expect(events[0]).toMatchObject({ subject: `source:${source.id}`, reason: null });
  });

  test('is found by those of its organisation and by the directory’s managers; else there is none', async () => {
    const foreign = { ...inspector, organisationId: 'o-2' } as Principal;
    const manager = { ...principalWith('sources.inspect', 'directory.manage'), organisationId: null } as Principal;
    const { run, calls } = world();
    for (const more of [ofSource(source.id, foreign), ofSource('unknown'), ofSource('')]) {
      await expect(run(more)).rejects.toMatchObject({ code: sourcesErrors.not_found.code });
    }
    await expect(run(ofSource(source.id, plain))).rejects.toMatchObject({ code: accessErrors.denied.code });
    expect(calls).toEqual([]);
    await expect(run(ofSource(source.id, manager))).resolves.toMatchObject({ outcome: 'passed' });
  });

  test.each(['CREDENTIAL_REF_UNRESOLVED', 'SECRET_STORE_UNAVAILABLE'] as const)(
    'whose credential cannot be had (%s) failed before anything was dialled',
    async (reason) => {
      const sources = [{ ...source, credential: { kind: 'env' as const, name: 'PASSWORD_OF_SALES' } }];
      const { run, calls, events } = world({ sources, credential: { ok: false, reason } });
      const report = await run(ofSource());
      expect(report).toMatchObject({ outcome: 'failed', failure: { stage: 'input', reason, field: 'password' } });
      expect(calls).toEqual(['secrets', 'find', 'append']);
      expect(events[0]).toMatchObject({ outcome: 'failed', reason });
      expect(JSON.stringify([report, events])).not.toContain('PASSWORD_OF_SALES');
    },
  );

  test('whose credential is kept elsewhere is dialled with what is found there', async () => {
    const sources = [{ ...source, credential: { kind: 'file' as const, path: '/run/secrets/sales' } }];
    const { run, targets } = world({
      sources,
      credential: { ok: true, secret: new Secret('from the file'), changedAtMs: nowMs },
    });
    await run(ofSource());
    expect(targets[0]?.password.reveal()).toBe('from the file');
  });
});

test('work that does not keep to its limits is left alone, for every caller', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  try {
    const { run, events } = world({ probe: () => new Promise(() => undefined) });
    const running = run();
    await vi.advanceTimersByTimeAsync(15_000);
    await expect(running).resolves.toMatchObject({ failure: { reason: 'TOTAL_TIMEOUT' } });
    expect(events).toMatchObject([{ reason: 'TOTAL_TIMEOUT' }]);
  } finally {
    vi.useRealTimers();
  }
});

describe('a caller who may not diagnose', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const failures: [string, (limits: ProbeLimits) => Promise<ProbeResult>][] = [
    ['closed', async () => failedWalk('tcp', 'TCP_REFUSED')],
    ['filtered', (limits) => slowly(Math.min(limits.stageMs, limits.totalMs), failedWalk('tcp', 'TCP_TIMEOUT'))],
    ['not a database', () => slowly(130, failedWalk('handshake', 'PROTOCOL_MISMATCH'))],
    ['open with a wrong password', () => slowly(75, failedWalk('authenticate', 'AUTH_INVALID_CREDENTIALS'))],
    ['no such name', () => slowly(40, failedWalk('resolve', 'DNS_NOT_FOUND'))],
    ['slow to the last moment', (limits) => slowly(limits.totalMs, failedWalk('query', 'QUERY_TIMEOUT'))],
    ['never ending, against its limits', () => new Promise(() => undefined)],
  ];

  function slowly<T>(ms: number, value: T): Promise<T> {
    return new Promise((resolve) => setTimeout(() => resolve(value), ms));
  }

  /** What was told, byte by byte, and when. */
  async function timed(options: WorldOptions, more: Partial<Input> = {}) {
    const { tell, events } = world(options);
    const startedMs = performance.now();
    let endedMs = Number.NaN;
    const telling = tell({ principal: plain, ...more }).finally(() => {
      endedMs = performance.now();
    });
    telling.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(31_000);
    return { text: JSON.stringify(await telling), ms: Math.round(endedMs - startedMs), events };
  }

  test.each([
    [undefined, 5_000],
    [30_000, 5_000],
    [2_000, 2_000],
    [1, 1_000],
  ])('is told every failure alike, at one moment (asked for %s)', async (timeoutMs, dueMs) => {
    const more = timeoutMs === undefined ? {} : { timeoutMs };
    for (const [, probe] of failures) {
      const { text, ms, events } = await timed({ probe }, more);
      expect(text).toBe('{"detail":"outcome","outcome":"failed","engine":"postgres"}');
      expect(ms).toBe(dueMs);
      expect(events).toHaveLength(1);
      expect(events[0]?.outcome).toBe('failed');
    }
  });

  test('is told no engine that only the listener could have told', async () => {
    const probe = async () => failedWalk('authenticate', 'AUTH_INVALID_CREDENTIALS');
    const detected = { engine: 'postgres' as const, steps: [] };
    const unnamed = to({ engine: null, port: 15_432 });
    const one = await timed({ probe, detected }, unnamed);
    const other = await timed({ detected: { engine: null, steps: failedWalk('tcp', 'TCP_REFUSED').steps } }, unnamed);
    expect(one.text).toBe('{"detail":"outcome","outcome":"failed","engine":null}');
    expect(other.text).toBe(one.text);
    expect(other.ms).toBe(one.ms);
  });

  test('may know that it was policy, and no sooner', async () => {
    const { text, ms } = await timed({ probe: async () => failedWalk('policy', 'TARGET_NOT_ALLOWED') });
    expect(text).toBe('{"detail":"outcome","outcome":"policy","engine":"postgres"}');
    expect(ms).toBe(5_000);
  });

  test.each([
    [0, 0],
    [1, 250],
    [251, 500],
    [1_600, 1_750],
  ])('is told what passed on the next step (%i → %i)', async (workMs, dueMs) => {
    const { text, ms } = await timed({
      probe: () => (workMs === 0 ? Promise.resolve(passed) : slowly(workMs, passed)),
    });
    expect(text).toBe('{"detail":"outcome","outcome":"passed","engine":"postgres"}');
    expect(ms).toBe(dueMs);
  });

  test('waits also when our own code fails', async () => {
    const { tell } = world({ probe: () => Promise.reject(new TypeError('ours')) });
    let isTold = false;
    const telling = tell({ principal: plain }).catch(() => {
      isTold = true;
    });
    await vi.advanceTimersByTimeAsync(4_999);
    expect(isTold).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await telling;
    expect(isTold).toBe(true);
  });

  test('who goes away while waiting costs nothing any more', async () => {
    const leaving = new AbortController();
    const { tell, events } = world({ probe: async () => failedWalk('tcp', 'TCP_REFUSED') });
    const telling = tell({ principal: plain, signal: leaving.signal });
    telling.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(1_000);
    leaving.abort();
    await expect(telling).rejects.toMatchObject({ code: sourcesErrors.cancelled.code });
    expect(vi.getTimerCount()).toBe(0);
    expect(events[0]).toMatchObject({ reason: 'TCP_REFUSED' });
  });

  test('leaves its place to others when the work is done, and its own only with the answer', async () => {
    const { tell } = world({
      tests: { inAll: 1, perCaller: 1 },
      probe: async () => failedWalk('tcp', 'TCP_REFUSED'),
    });
    const waiting = tell({ principal: plain });
    await vi.advanceTimersByTimeAsync(100);
    await expect(tell({ principal: plain })).rejects.toMatchObject({ code: sourcesErrors.too_many_tests.code });
    await expect(tell({ principal: { ...trusted, userId: 'u-2' } as Principal })).resolves.toMatchObject({
      detail: 'full',
    });
    await vi.advanceTimersByTimeAsync(5_000);
    await waiting;
    const again = tell({ principal: plain });
    await vi.advanceTimersByTimeAsync(5_000);
    await expect(again).resolves.toMatchObject({ outcome: 'failed' });
  });

  test('holds its place while work goes on that its limits did not end', async () => {
    let end: () => void = () => undefined;
    const { tell } = world({
      tests: { inAll: 1, perCaller: 1 },
      probe: () =>
        new Promise((resolve) => {
          end = () => resolve(passed);
        }),
    });
    const first = tell({ principal: plain });
    await vi.advanceTimersByTimeAsync(5_000);
    await expect(first).resolves.toMatchObject({ outcome: 'failed' });
    await expect(tell()).rejects.toMatchObject({ code: sourcesErrors.too_many_tests.code });
    end();
    await vi.advanceTimersByTimeAsync(1);
    const second = tell();
    await vi.advanceTimersByTimeAsync(1);
    end();
    await expect(second).resolves.toMatchObject({ detail: 'full' });
  });

  test('may start only so many, and name only so many targets; nothing is dialled then', async () => {
    const { tell, calls } = world({ budgets: { testsPerMinute: 2, targetsPerHour: 1 } });
    const passes = tell({ principal: plain });
    await vi.advanceTimersByTimeAsync(300);
    await passes;
    const before = [...calls, 'append'];
    const refusal = { code: sourcesErrors.probe_rate_limited.code, details: { retryAfterSeconds: expect.any(Number) } };
    await expect(tell({ principal: plain, ...to({ host: 'other.example' }) })).rejects.toMatchObject(refusal);
    expect(calls).toEqual(before);
    const second = tell({ principal: plain });
    await vi.advanceTimersByTimeAsync(300);
    await second;
    await expect(tell({ principal: plain })).rejects.toMatchObject(refusal);
    for (let test = 0; test < 5; test += 1) await tell();
  });

  test('leaves a line in the trail when it was too often, once a minute for each caller', async () => {
    const { tell, events } = world({ budgets: { testsPerMinute: 1, targetsPerHour: 9 } });
    const passes = tell({ principal: plain });
    await vi.advanceTimersByTimeAsync(300);
    await passes;
    for (let again = 0; again < 3; again += 1) await expect(tell({ principal: plain })).rejects.toThrow();
    const refused = events.filter(({ name }) => name === 'access.refused');
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({
      ...{ outcome: 'refused', reason: sourcesErrors.probe_rate_limited.code, actorId: plain.userId },
      subject: `target:${target.host}:${target.port}`,
    });
  });
});

describe('the table of reasons', () => {
  test('has a sentence for each, and no two are alike where the fields are', () => {
    for (const [reason, { fix, stages: places }] of Object.entries(reasons)) {
      expect([reason, /^[A-Z][^\n]{10,200}\.$/.test(fix)]).toEqual([reason, true]);
      expect(places.length).toBeGreaterThan(0);
    }
    expect(new Set(Object.values(reasons).map(({ fix }) => fix)).size).toBe(Object.keys(reasons).length);
  });
});
