import { describe, expect, test } from 'vitest';
import { type Action, accessErrors, type Principal } from '../access/index.js';
import type { AuditEvent, AuditOrigin } from '../audit/index.js';
import { Secret } from '../kernel/secret.js';
import { sourcesErrors } from './errors.js';
import { type ConnectionTarget, type Engine, stages } from './model.js';
import type { Connector, ProbeLimits, ProbeResult, ProbeStep } from './ports.js';
import { reasons } from './reasons.js';
import { createTestSlots, testConnection } from './test-connection.js';

const origin: AuditOrigin = { door: 'atlan', requestId: 'r-1', address: '127.0.0.1' };
const clock = { nowMs: () => 1_800_000_000_000 };

function principalWith(...allowed: Action[]): Principal {
  return {
    userId: 'u-1',
    username: 'john.doe',
    userKind: 'person',
    organisationId: 'o-1',
    organisationUid: 'acme',
    credential: { kind: 'precrime_token', id: 's-1', expiresAtMs: null },
    roleIds: [],
    allowed: new Set(allowed),
  } as unknown as Principal;
}

const target: ConnectionTarget = {
  engine: 'postgres',
  host: 'db.example',
  port: 5432,
  username: 'app',
  authType: 'basic',
  password: new Secret('CANARY-password'),
  database: 'app',
  tls: { mode: 'verify-full' },
};

const step = (stage: ProbeStep['stage'], reason: ProbeStep['reason'] = null): ProbeStep => ({
  stage,
  status: reason === null ? 'pass' : 'fail',
  reason,
  ms: 1,
  evidence: {},
});

const passing = (['policy', 'resolve', 'tcp', 'tls', 'handshake', 'authenticate', 'database', 'query'] as const).map(
  (stage) => step(stage),
);

interface World {
  readonly probe?: (limits: ProbeLimits, target: ConnectionTarget) => Promise<ProbeResult>;
  readonly detected?: { readonly engine: Engine | null; readonly steps: readonly ProbeStep[] };
  readonly slots?: { readonly inAll: number; readonly perCaller: number };
  readonly appendFails?: boolean;
}

function world({ probe, detected, slots = { inAll: 4, perCaller: 2 }, appendFails = false }: World = {}) {
  const events: AuditEvent[] = [];
  const calls: string[] = [];
  const connectorOf = (engine: Engine, wellKnownPorts: number[]): Connector => ({
    engine,
    wellKnownPorts,
    extraKeys: [],
    authTypes: ['basic'],
    async probe(to, limits) {
      calls.push(`probe ${engine}`);
      return (await probe?.(limits, to)) ?? { steps: passing, serverVersion: 'PostgreSQL 15.18' };
    },
  });
  const deps = {
    connectors: [connectorOf('postgres', [5432]), connectorOf('mysql', [3306])],
    detector: {
      async detect() {
        calls.push('detect');
        return detected ?? { engine: null, steps: [] };
      },
    },
    audit: {
      async append(more: readonly AuditEvent[]) {
        if (appendFails) throw new Error('disk full');
        calls.push('append');
        events.push(...more);
      },
    },
    clock,
    slots: createTestSlots(slots),
  };
  const run = (more: Partial<Parameters<typeof testConnection>[1]> = {}) =>
    testConnection(deps, {
      principal: principalWith('connections.test'),
      target,
      signal: new AbortController().signal,
      origin,
      ...more,
    });
  return { run, events, calls };
}

describe('who may', () => {
  test('nobody without the grant, and nothing is dialled or recorded', async () => {
    const { run, calls } = world();
    await expect(run({ principal: principalWith('connections.diagnose', 'data.use') })).rejects.toMatchObject({
      code: accessErrors.denied.code,
    });
    expect(calls).toEqual([]);
  });

  test('only so many at once, of one caller and in all', async () => {
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { run } = world({
      slots: { inAll: 3, perCaller: 2 },
      probe: async () => {
        await gate;
        return { steps: passing, serverVersion: null };
      },
    });
    const other = { ...principalWith('connections.test'), userId: 'u-2' } as Principal;
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
    const steps = [...passing.slice(0, 5), step('authenticate', 'AUTH_INVALID_CREDENTIALS')];
    const report = await world({ probe: async () => ({ steps, serverVersion: null }) }).run();
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
    await named.run({ target: { ...target, engine: 'mysql', port: 5432 } });
    expect(named.calls).toEqual(['probe mysql', 'append']);
    const byPort = world();
    await byPort.run({ target: { ...target, engine: null, port: 3306 } });
    expect(byPort.calls).toEqual(['probe mysql', 'append']);
    const asked = world({ detected: { engine: 'postgres', steps: [step('tcp')] } });
    await asked.run({ target: { ...target, engine: null, port: 15_432 } });
    expect(asked.calls).toEqual(['detect', 'probe postgres', 'append']);
  });

  test('that nobody can tell is a failed report', async () => {
    const steps = [step('policy'), step('resolve'), step('tcp'), step('handshake', 'PROTOCOL_MISMATCH')];
    const { run, calls } = world({ detected: { engine: null, steps } });
    const report = await run({ target: { ...target, engine: null, port: 15_432 } });
    expect(report).toMatchObject({ outcome: 'failed', engine: null, failure: { reason: 'PROTOCOL_MISMATCH' } });
    expect(calls).toEqual(['detect', 'append']);
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
    let given: ProbeLimits | null = null;
    const { run } = world({
      probe: async (limits) => {
        given = limits;
        return { steps: passing, serverVersion: null };
      },
    });
    await run(timeoutMs === undefined ? {} : { timeoutMs });
    expect(given).toMatchObject({ stageMs: 3_000 });
    expect(given?.['totalMs']).toBeGreaterThan(totalMs - 100);
    expect(given?.['totalMs']).toBeLessThanOrEqual(totalMs);
  });
});

describe('the record', () => {
  test('says who tried what and how it ended, before the answer', async () => {
    const steps = [step('policy'), step('resolve'), step('tcp', 'TCP_REFUSED')];
    const { run, events, calls } = world({ probe: async () => ({ steps, serverVersion: null }) });
    await run();
    expect(calls.at(-1)).toBe('append');
    expect(events).toEqual([
      {
        name: 'connection.tested',
        atMs: clock.nowMs(),
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
    const steps = [step('policy', 'TARGET_NOT_ALLOWED')];
    const bad = world({ probe: async () => ({ steps, serverVersion: null }) });
    await bad.run({ target: { ...target, host: '::1' } });
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
        return { steps: passing, serverVersion: null };
      },
    });
    await expect(run({ signal: leaving.signal })).rejects.toMatchObject({ code: sourcesErrors.cancelled.code });
    expect(events[0]).toMatchObject({ reason: 'CANCELLED' });
  });

  test('that cannot be written withholds the answer', async () => {
    await expect(world({ appendFails: true }).run()).rejects.toThrow('disk full');
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
