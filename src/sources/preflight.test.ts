import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  createWorld,
  dayMs,
  failedWalk,
  found,
  nowMs,
  origin,
  passed,
  passing,
  principalWith,
  readingOf,
  source,
  step,
  target,
  type WorldOptions,
} from '../../test/contract/sources-world.js';
import { Secret } from '../kernel/secret.js';
import type { CatalogItem } from './catalog.js';
import { type CheckName, checks } from './checks.js';
import { sourcesErrors } from './errors.js';
import type { ProbeStep } from './ports.js';
import type { PreflightReport, Sources } from './use-cases.js';

type Input = Parameters<Sources['preflight']>[0];
const trusted = principalWith('connections.test', 'connections.diagnose', 'sources.inspect', 'sources.manage');
const plain = principalWith('connections.test');
const names = Object.keys(checks) as CheckName[];
const ofSource: Partial<Input> = { subject: { source: source.id } };

function world(options: WorldOptions = {}) {
  const made = createWorld(options);
  const ask = (more: Partial<Input> = {}) =>
    made.sources.preflight({
      principal: trusted,
      subject: { target },
      signal: new AbortController().signal,
      origin,
      ...more,
    });
  const run = async (more: Partial<Input> = {}) => {
    const { preflight } = await ask(more);
    if (preflight === null) throw new Error('no checks were told');
    return preflight;
  };
  return { ...made, ask, run };
}

const row = (report: PreflightReport, check: CheckName) => {
  const [found] = report.checks.filter((one) => one.check === check);
  if (found === undefined) throw new Error(`no row for ${check}`);
  return found;
};
const walkOf = (...steps: ProbeStep[]) => ({ probe: async () => ({ steps, serverVersion: null }) });

describe('the rows', () => {
  test('are the twenty-four in their order, with what each asks', async () => {
    const report = await world().run();
    expect(report.checks.map((one) => one.check)).toEqual(names);
    expect(report.checks.map((one) => one.number)).toEqual(names.map((_, index) => index + 1));
    expect(report.checks.every((one) => one.asks === checks[one.check].asks)).toBe(true);
  });

  test('of the walk come from its stages', async () => {
    const report = await world().run();
    const passedRows = names.slice(0, 11);
    expect(report.checks.filter((one) => one.status === 'pass').map((one) => one.check)).toEqual(passedRows);
    expect(row(report, 'schemaUsage')).toMatchObject({
      status: 'skip',
      reason: null,
      evidence: { skipped: 'not_made' },
    });
  });

  test.each<[Parameters<typeof failedWalk>, CheckName, CheckName[]]>([
    [['policy', 'TARGET_NOT_ALLOWED'], 'targetPolicy', ['inputShape']],
    [['resolve', 'DNS_NOT_FOUND'], 'nameResolution', ['targetPolicy']],
    [['tcp', 'TCP_REFUSED'], 'reachability', ['nameResolution']],
    [['tls', 'TLS_NOT_SUPPORTED_BY_SERVER'], 'tlsMode', ['reachability']],
    [['handshake', 'PROTOCOL_MISMATCH'], 'serverVersion', ['tlsMode']],
    [['handshake', 'TOO_MANY_CONNECTIONS'], 'connectionHeadroom', ['tlsMode']],
    [['authenticate', 'AUTH_INVALID_CREDENTIALS'], 'authentication', ['serverVersion']],
    [['authenticate', 'AUTH_ACCOUNT_LOCKED'], 'accountState', ['serverVersion']],
    [['database', 'DATABASE_NOT_FOUND'], 'databaseAccess', ['authentication', 'accountState']],
    [['query', 'QUERY_FAILED'], 'roundTrip', ['databaseAccess']],
  ])('tell which check failed: %s → %s', async (failure, check, before) => {
    const probe = async () => failedWalk(...failure);
    const report = await world({ probe }).run();
    expect(report.status).toBe('not_ready');
    expect(row(report, check)).toMatchObject({ status: 'fail', reason: failure[1], fix: expect.stringMatching(/\.$/) });
    for (const one of before) expect(row(report, one).status).toBe('pass');
    const failed = report.checks.filter((one) => one.status === 'fail');
    expect(failed.map((one) => one.check)).toEqual([check]);
    expect(row(report, 'leastPrivilege')).toMatchObject({
      status: 'skip',
      reason: null,
      evidence: { skipped: 'prior_stage_failed' },
    });
  });

  test('a certificate that is not trusted fails both questions of TLS', async () => {
    const report = await world({ probe: async () => failedWalk('tls', 'TLS_NAME_MISMATCH') }).run();
    expect(row(report, 'tlsMode')).toMatchObject({ status: 'fail', reason: 'TLS_NAME_MISMATCH' });
    expect(row(report, 'certificate')).toMatchObject({ status: 'fail', reason: 'TLS_NAME_MISMATCH' });
  });

  test.each([
    [{ attempts: 2, reached: 1, timedOut: 1 }, 'warn', 'TCP_TIMEOUT'],
    [{ attempts: 2, reached: 1, unreachable: 1 }, 'warn', 'TCP_UNREACHABLE'],
    [{ attempts: 2, reached: 1, refused: 1 }, 'pass', null],
    [{ attempts: 2, reached: 2 }, 'pass', null],
  ])('a name whose addresses do not all answer in time is a warning: %j', async (evidence, status, reason) => {
    const steps = passing.map((one) => (one.stage === 'tcp' ? { ...one, evidence } : one));
    const report = await world(walkOf(...steps)).run();
    expect(row(report, 'reachability')).toMatchObject({ status, reason, evidence });
    expect(report.status).toBe(status === 'warn' ? 'partial' : 'ready');
  });

  test.each([
    [13, 'warn', 'TLS_EXPIRES_SOON'],
    [14, 'pass', null],
  ])('a certificate with %i days left is %s', async (daysLeft, status, reason) => {
    const steps = passing.map((one) => (one.stage === 'tls' ? { ...one, evidence: { daysLeft } } : one));
    const report = await world(walkOf(...steps)).run();
    expect(row(report, 'certificate')).toMatchObject({ status, reason, evidence: { daysLeft } });
    expect(row(report, 'tlsMode')).toMatchObject({ status: 'pass', reason: null });
    expect(report.status).toBe(status === 'warn' ? 'partial' : 'ready');
  });

  test('without TLS there is no certificate to ask about; where it was wished for, that is said', async () => {
    const without = passing.filter((one) => one.stage !== 'tls');
    const report = await world(walkOf(...without)).run();
    expect(row(report, 'tlsMode')).toMatchObject({ status: 'pass', evidence: { encrypted: false } });
    expect(row(report, 'certificate')).toMatchObject({ status: 'skip', evidence: { skipped: 'no_tls' } });
    const wished = { ...step('tls', 'TLS_NOT_SUPPORTED_BY_SERVER'), status: 'warn' as const };
    const doubted = await world(walkOf(...passing.map((one) => (one.stage === 'tls' ? wished : one)))).run();
    expect(row(doubted, 'tlsMode')).toMatchObject({ status: 'warn', reason: 'TLS_NOT_SUPPORTED_BY_SERVER' });
    expect(doubted.status).toBe('partial');
  });

  test('a file has no network to be asked about', async () => {
    const steps = [step('policy'), step('database'), step('query')];
    const report = await world(walkOf(...steps)).run({ subject: { target: { ...target, engine: 'sqlite', port: 0 } } });
    expect(report.status).toBe('ready');
    for (const check of ['nameResolution', 'reachability', 'tlsMode', 'certificate', 'authentication'] as const) {
      expect(row(report, check)).toMatchObject({ status: 'skip', evidence: { skipped: 'engine_has_none' } });
    }
  });

  test('the engine’s own look at a stage that passed wins, its words are added, statements are told once', async () => {
    const findings = [
      found('serverVersion', 'warn', { reason: 'ENGINE_VERSION_UNSUPPORTED', evidence: { version: '9.6' } }),
      found('schemaUsage', 'fail', { reason: 'PRIV_SCHEMA_USAGE', statements: ['GRANT a', 'GRANT b'] }),
      found('sampleRead', 'fail', { reason: 'PRIV_SELECT', statements: ['GRANT b', 'GRANT c'] }),
    ];
    const report = await world({ findings }).run();
    expect(row(report, 'serverVersion')).toMatchObject({
      status: 'warn',
      audience: 'dba',
      evidence: { version: '9.6' },
    });
    expect(report.statements).toEqual(['GRANT a', 'GRANT b', 'GRANT c']);
    expect(report.status).toBe('not_ready');
  });

  test.each([
    ['leastPrivilege', 'fail', 'partial'],
    ['roundTrip', 'warn', 'partial'],
    ['sampleRead', 'fail', 'not_ready'],
    ['replicaLag', 'skip', 'ready'],
  ] as const)('%s that is %s makes it %s', async (check, status, expected) => {
    const reason = status === 'skip' ? null : 'QUERY_FAILED';
    const report = await world({ findings: [found(check, status, { reason })] }).run();
    expect(report.status).toBe(expected);
  });

  test('a catalogue above the budget is complained about', async () => {
    const findings = [found('catalogSize', 'pass', { evidence: { tables: 50_001 } })];
    expect(row(await world({ findings }).run(), 'catalogSize')).toMatchObject({
      status: 'warn',
      reason: 'CATALOG_TOO_LARGE',
    });
  });
});

describe('what is asked of the engine', () => {
  test('are the purpose and the limits of the source, and the schemas that are named', async () => {
    const { run, preflights } = world();
    await run(ofSource);
    await run({ ...ofSource, purpose: 'read', schemas: ['a', 'b'] });
    await run({ schemas: [] });
    expect(preflights).toMatchObject([
      { purpose: 'read_write', schemas: null, statementMs: 30_000, catalogTables: 50_000 },
      { purpose: 'read', schemas: ['a', 'b'] },
      { purpose: 'read', schemas: null },
    ]);
  });
});

describe('the credential', () => {
  const withReference = { ...source, credential: { kind: 'file' as const, path: '/run/secrets/x' } };

  test.each([
    [365, 'pass', null],
    [366, 'warn', 'CREDENTIAL_ROTATION_DUE'],
  ])('of %i days is a %s', async (ageDays, status, reason) => {
    const stored = await world({ sources: [{ ...source, credentialSetAtMs: nowMs - ageDays * dayMs }] }).run(ofSource);
    expect(row(stored, 'credentialReference')).toMatchObject({ status, reason, evidence: { kind: 'stored', ageDays } });
    const credential = { ok: true as const, secret: new Secret('x'), changedAtMs: nowMs - ageDays * dayMs };
    const referenced = await world({ sources: [withReference], credential }).run(ofSource);
    expect(row(referenced, 'credentialReference')).toMatchObject({
      status,
      reason,
      evidence: { kind: 'file', ageDays },
    });
  });

  test('that is not there fails its own check; a bare target has none to be asked about', async () => {
    const report = await world({ sources: [withReference] }).run(ofSource);
    expect(row(report, 'credentialReference')).toMatchObject({ status: 'fail', reason: 'CREDENTIAL_REF_UNRESOLVED' });
    expect(row(report, 'inputShape').status).toBe('pass');
    expect(report.status).toBe('not_ready');
    expect(row(await world().run(), 'credentialReference').evidence).toEqual({ skipped: 'not_a_source' });
  });
});

describe('drift', () => {
  const table = (name: string, more: object = {}): CatalogItem => ({
    section: 'table',
    table: {
      kind: 'table',
      schema: 'public',
      name,
      comment: null,
      rowEstimate: null,
      isPartitioned: false,
      hasRowSecurity: false,
      ...more,
    },
  });

  async function drifted(before: readonly CatalogItem[], after: readonly CatalogItem[], more: WorldOptions = {}) {
    let items = before;
    const readings: ReturnType<typeof readingOf>[] = [];
    const made = world({
      reading: () => {
        const reading = readingOf(items);
        readings.push(reading);
        return reading;
      },
      ...more,
    });
    const signal = new AbortController().signal;
    await made.sources.takeSnapshot({ principal: trusted, origin, source: 'sales', signal });
    items = after;
    const report = await made.run(ofSource);
    expect(readings.map((one) => one.closed() > 0)).toEqual(readings.map(() => true));
    return row(report, 'schemaDrift');
  }

  test('is not asked about without a snapshot, nor of a bare target', async () => {
    expect(row(await world().run(ofSource), 'schemaDrift').evidence).toEqual({ skipped: 'no_snapshot' });
    expect(row(await world().run(), 'schemaDrift').evidence).toEqual({ skipped: 'not_a_source' });
  });

  test('is none when nothing changed, and else says what', async () => {
    expect(await drifted([table('a')], [table('a')])).toMatchObject({ status: 'pass', evidence: { changes: 0 } });
    expect(await drifted([table('a'), table('b')], [table('b', { comment: 'x' }), table('c')])).toMatchObject({
      status: 'warn',
      reason: 'CATALOG_DRIFTED',
      evidence: { changes: 3, breaking: 1 },
      objects: ['public.b', 'public.c', 'public.a'],
    });
  });

  test('names at most twenty objects, printable', async () => {
    const many = Array.from({ length: 100 }, (_, index) => table(`\u001b[31mt${String(index).padStart(3, '0')}`));
    const found = await drifted([], many);
    expect(found.evidence).toMatchObject({ changes: 101 });
    expect(found.objects).toHaveLength(20);
    expect(found.objects.join()).not.toContain('\u001b');
  });

  test('that cannot be read in time is said to be late, never to be change', async () => {
    const endless = () =>
      (async function* () {
        for (;;) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          yield {
            section: 'fault',
            fault: { schema: null, name: 'x', group: 'columns', reason: 'QUERY_FAILED' },
          } as const;
        }
      })();
    let isSnapshot = true;
    const made = world({ reading: () => (isSnapshot ? readingOf([table('a')]) : readingOf(closable(endless))) });
    const signal = new AbortController().signal;
    await made.sources.takeSnapshot({ principal: trusted, origin, source: 'sales', signal });
    isSnapshot = false;
    const report = await made.run({ ...ofSource, timeoutMs: 1_000 });
    expect(row(report, 'schemaDrift')).toMatchObject({ status: 'fail', reason: 'STAGE_TIMEOUT' });
    expect(report.totalMs).toBeLessThan(1_500);
  });

  /** Ends quietly after a while, as a reading does that is closed under the reader's hands. */
  function closable(items: () => AsyncIterable<CatalogItem>): () => AsyncIterable<CatalogItem> {
    return async function* () {
      const endsAtMs = performance.now() + 1_100;
      for await (const item of items()) {
        if (performance.now() > endsAtMs) return;
        yield item;
      }
    };
  }
});

describe('the record', () => {
  test('is one, with how ready it is', async () => {
    const { run, events, observed } = world({ findings: [found('sampleRead', 'fail', { reason: 'PRIV_SELECT' })] });
    await run(ofSource);
    expect(events).toMatchObject([
      {
        name: 'connection.preflighted',
        subject: `source:${source.id}`,
        outcome: 'ok',
        reason: null,
        facts: { engine: 'postgres', status: 'not_ready' },
      },
    ]);
    expect(observed).toMatchObject([{ told: 'tested', kind: 'preflight', outcome: 'passed' }]);
  });
});

describe('a caller who may not diagnose', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([
    [undefined, 5_000],
    [20_000, 20_000],
    [2_000, 2_000],
  ])('is told of a failed connection as the test tells it, and no checks (asked for %s)', async (timeoutMs, dueMs) => {
    for (const walk of [failedWalk('tcp', 'TCP_REFUSED'), failedWalk('authenticate', 'AUTH_INVALID_CREDENTIALS')]) {
      const { ask } = world({ probe: async () => walk });
      const startedMs = performance.now();
      let endedMs = 0;
      const asking = ask({ principal: plain, ...(timeoutMs === undefined ? {} : { timeoutMs }) }).finally(() => {
        endedMs = performance.now();
      });
      await vi.advanceTimersByTimeAsync(30_000);
      expect(await asking).toEqual({
        told: { detail: 'outcome', outcome: 'failed', engine: 'postgres' },
        preflight: null,
      });
      expect(Math.round(endedMs - startedMs)).toBe(dueMs);
    }
  });

  test('sees everything at once when the connection stands: the credentials are theirs', async () => {
    const { ask } = world({ probe: async () => passed });
    const told = await ask({ principal: plain });
    expect(told).toMatchObject({ told: { detail: 'full' }, preflight: { status: 'ready' } });
  });

  test('has one budget for tests and preflights', async () => {
    const { ask, sources } = world({ budgets: { testsPerMinute: 1, targetsPerHour: 5 } });
    await ask({ principal: plain });
    const signal = new AbortController().signal;
    await expect(
      sources.testConnection({ principal: plain, subject: { target }, signal, origin }),
    ).rejects.toMatchObject({ code: sourcesErrors.probe_rate_limited.code });
  });
});
