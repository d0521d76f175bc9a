/** The family's checks and the streamed catalogue, with connectors that play a part. @module */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type CatalogItem, type Sources, sourcesErrors } from '../../src/sources/index.js';
import {
  createWorld,
  failedWalk,
  found,
  origin,
  principalWith,
  readingOf,
  source,
  target,
  type WorldOptions,
} from './sources-world.js';

const plain = principalWith('connections.test');
const trusted = principalWith('connections.test', 'connections.diagnose', 'sources.inspect', 'sources.manage');
const none = { include: undefined, exclude: undefined, temporaryTables: undefined };
const request = { schemas: null, names: [], groups: new Set<never>(), after: null, limit: null };
const base = () => ({ principal: trusted, subject: { target }, signal: new AbortController().signal, origin });

const table = (schema: string, name: string): CatalogItem => ({
  section: 'table',
  table: {
    kind: 'table',
    schema,
    name,
    comment: null,
    rowEstimate: null,
    isPartitioned: false,
    hasRowSecurity: false,
  },
});
const fault: CatalogItem = {
  section: 'fault',
  fault: { schema: 'public', name: 'x', group: 'columns', reason: 'PRIV_SELECT' },
};
const items = [table('public', 'a'), table('public', 'tmp_b'), fault, table('sales', 'c'), table('sales', 'd')];

describe('the family’s checks', () => {
  const check = (options: WorldOptions = {}, more: Partial<Parameters<Sources['familyCheck']>[0]> = {}) => {
    const made = createWorld({ reading: () => readingOf(items), ...options });
    return { ...made, answer: made.sources.familyCheck({ ...base(), filter: none, ...more }) };
  };

  test('count what the filters leave, and say so in the family’s words', async () => {
    const filter = { ...none, include: '{"^app$":["^public$"]}', temporaryTables: '^tmp_' };
    const { answer, calls } = check({}, { filter });
    expect(await answer).toMatchObject({
      outcome: 'checked',
      databaseSchemaCheck: { success: true, message: 'Schemas and Databases check successful' },
      tablesCheck: { success: true, message: 'Tables check successful. Table count: 1' },
      versionCheck: { success: true, message: 'Client version: 15.18 (no minimum version requirement)' },
      preflight: { status: 'ready' },
    });
    // One attempt that could fail comes first, so that a wrong password is tried once.
    expect(calls).toEqual(['open postgres', 'preflight postgres', 'append']);
  });

  test.each([
    [{ '^app$': ['^public$', '^sales$'] }, 'Schemas and Databases check successful', 4],
    [{}, 'Schemas and Databases check successful', 4],
    [{ '^app$': '*' }, 'Schemas and Databases check successful', 4],
    [{ '^app$': ['^public$', '^gone$'] }, 'Schemas and Databases check failed for app.gone schema', 2],
    [{ '^gone$': ['^x$'], '^app$': ['^y$'] }, 'Schemas and Databases check failed for gone database', 0],
  ])('include %j', async (include, message, count) => {
    expect(await check({}, { filter: { ...none, include } }).answer).toMatchObject({
      databaseSchemaCheck: { success: !message.includes('failed'), message },
      tablesCheck: { message: `Tables check successful. Table count: ${count}` },
    });
  });

  test('ask for the least version, where there is one', async () => {
    const { answer } = check({ minimumVersions: { postgres: '16' } });
    expect(await answer).toMatchObject({
      versionCheck: { success: false, message: 'Client version 15.18 does not meet minimum required version 16' },
    });
  });

  test('tell a catalogue that breaks off', async () => {
    const broken = readingOf(async function* () {
      yield table('public', 'a');
      throw sourcesErrors.reading_failed();
    });
    expect(await check({ reading: () => broken }).answer).toMatchObject({
      tablesCheck: { success: false, message: 'Tables check failed: the catalogue could not be read to its end' },
      preflight: { status: 'ready' },
    });
    expect(broken.closed()).toBeGreaterThan(0);
  });

  test('refuse a filter before anything is counted or dialled', async () => {
    const { answer, calls, events } = check({}, { filter: { ...none, exclude: '{"a":["("]}' } });
    await expect(answer).rejects.toMatchObject({
      code: sourcesErrors.filter_invalid.code,
      details: { field: 'exclude' },
    });
    expect([calls, events]).toEqual([[], []]);
  });

  test('are one attempt in the record, with how ready it is', async () => {
    const { answer, events } = check({ findings: [found('sampleRead', 'fail', { reason: 'PRIV_SELECT' })] });
    await answer;
    expect(events).toMatchObject([{ name: 'connection.preflighted', facts: { status: 'not_ready' }, reason: null }]);
  });

  test('tell a failed connection in full to who may see it', async () => {
    const { answer, calls } = check({ probe: async () => failedWalk('authenticate', 'AUTH_INVALID_CREDENTIALS') });
    expect(await answer).toMatchObject({
      outcome: 'failed',
      told: { detail: 'full', report: { failure: { reason: 'AUTH_INVALID_CREDENTIALS' } } },
    });
    expect(calls).toEqual(['open postgres', 'append']);
  });

  describe('for a caller who may not diagnose', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    test('tell a failed connection as any other, at its moment', async () => {
      for (const walk of [failedWalk('tcp', 'TCP_REFUSED'), failedWalk('database', 'DATABASE_NOT_FOUND')]) {
        const { answer } = check({ probe: async () => walk }, { principal: plain });
        const startedMs = performance.now();
        let endedMs = 0;
        const ending = answer.finally(() => {
          endedMs = performance.now();
        });
        await vi.advanceTimersByTimeAsync(6_000);
        expect(await ending).toEqual({
          outcome: 'failed',
          told: { detail: 'outcome', outcome: 'failed', engine: 'postgres' },
        });
        expect(Math.round(endedMs - startedMs)).toBe(5_000);
      }
    });

    test('may take longer than that moment once the connection stands', async () => {
      const slow = () =>
        readingOf(async function* () {
          await new Promise((resolve) => setTimeout(resolve, 20_000));
          yield table('public', 'a');
        });
      const { answer } = check({ reading: slow }, { principal: plain });
      await vi.advanceTimersByTimeAsync(21_000);
      expect(await answer).toMatchObject({ tablesCheck: { message: 'Tables check successful. Table count: 1' } });
    });
  });
});

describe('the catalogue', () => {
  const open = async (options: WorldOptions = {}, more: Partial<Parameters<Sources['metadata']>[0]> = {}) => {
    const reading = readingOf(items);
    const made = createWorld({ reading: () => reading, ...options });
    return { ...made, reading, answer: await made.sources.metadata({ ...base(), request, ...more }) };
  };
  const read = async (answer: Awaited<ReturnType<Sources['metadata']>>) => {
    if (answer.outcome !== 'read') throw new Error('it was not opened');
    return answer;
  };

  test('is streamed as the connector says it, and recorded with its counts when it is done', async () => {
    const { answer, events, reading } = await open();
    const { items: stream, server, schemas } = await read(answer);
    expect(server).toMatchObject({ engine: 'postgres', catalog: 'app' });
    expect(schemas.map((schema) => schema.name)).toEqual(['public', 'sales']);
    const taken: CatalogItem[] = [];
    for await (const item of stream()) taken.push(item);
    expect(taken).toEqual(items);
    expect(events).toMatchObject([
      {
        name: 'catalog.read',
        subject: 'target:db.example:5432',
        outcome: 'ok',
        reason: null,
        facts: { engine: 'postgres', objects: 4, faults: 1, isWhole: true },
      },
    ]);
    expect(JSON.stringify(events)).not.toMatch(/sales|tmp_b/);
    expect(reading.closed()).toBe(1);
  });

  test('broken off is recorded as that, once', async () => {
    const { answer, events } = await open();
    const { items: stream, close } = await read(answer);
    for await (const _ of stream()) break;
    await close();
    await close();
    expect(events).toMatchObject([{ outcome: 'ok', facts: { objects: 1, faults: 0, isWhole: false } }]);
  });

  test('that fails on the way is recorded as failed, and the fault goes on', async () => {
    const broken = readingOf(async function* () {
      yield table('public', 'a');
      throw sourcesErrors.reading_failed();
    });
    const { answer, events } = await open({ reading: () => broken });
    const { items: stream } = await read(answer);
    await expect(
      (async () => {
        for await (const _ of stream());
      })(),
    ).rejects.toMatchObject({ code: sourcesErrors.reading_failed.code });
    expect(events).toMatchObject([{ outcome: 'failed', reason: 'READING_FAILED', facts: { objects: 1 } }]);
  });

  test('ends with the caller, and a stream that was ended is not taken for a whole one', async () => {
    const leaving = new AbortController();
    const { answer, events, reading } = await open({}, { signal: leaving.signal });
    const { items: stream } = await read(answer);
    const reader = stream()[Symbol.asyncIterator]();
    await reader.next();
    leaving.abort();
    await vi.waitFor(() => expect(reading.closed()).toBe(1));
    await expect(
      (async () => {
        for (let next = await reader.next(); next.done !== true; next = await reader.next());
      })(),
    ).rejects.toMatchObject({ code: sourcesErrors.reading_failed.code });
    expect(events).toMatchObject([{ reason: 'CANCELLED', facts: { isWhole: false } }]);
  });

  test('holds its place until it is done', async () => {
    const { answer, sources } = await open({ tests: { inAll: 1, perCaller: 1 } });
    await expect(sources.metadata({ ...base(), request })).rejects.toMatchObject({
      code: sourcesErrors.too_many_tests.code,
    });
    await (await read(answer)).close();
    await (await read(await sources.metadata({ ...base(), request }))).close();
  });

  test('nobody reads or closes is closed when its time is up', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const { reading, events } = await open();
      await vi.advanceTimersByTimeAsync(700_000);
      expect(reading.closed()).toBe(1);
      expect(events).toMatchObject([{ facts: { objects: 0, isWhole: false } }]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('has a weak entity tag per schema that is well formed whatever the fingerprint', async () => {
    const { answer } = await open();
    const { etag, close } = await read(answer);
    expect(await etag('public')).toMatch(/^W\/"[A-Za-z0-9_-]{27}"$/);
    expect(await etag('nowhere')).toBeNull();
    await close();
  });

  test('of a source is read within its limits', async () => {
    const { answer, events, limitsGiven } = await open({}, { subject: { source: 'sales' } });
    await (await read(answer)).close();
    expect(events).toMatchObject([{ subject: `source:${source.id}` }]);
    // Of its four, one is left for others.
    expect(limitsGiven[0]).toMatchObject({ connections: 3, readMs: 600_000 });
  });

  test('of a source uses no more connections at once than the source allows, whoever asks', async () => {
    const limited = { ...source, limits: { ...source.limits, connections: 5 } };
    const { answer, sources, limitsGiven } = await open({ sources: [limited] }, { subject: { source: 'sales' } });
    const other = { ...trusted, userId: 'u-2' } as typeof trusted;
    const again = () => sources.metadata({ ...base(), principal: other, request, subject: { source: 'sales' } });
    const second = await read(await again());
    expect(limitsGiven.map((limits) => (limits as { connections?: number }).connections)).toEqual([4, 1]);
    await expect(again()).rejects.toMatchObject({ code: sourcesErrors.too_many_tests.code });
    await second.close();
    await (await read(answer)).close();
    await (await read(await again())).close();
    expect(limitsGiven.at(-1)).toMatchObject({ connections: 4 });
  });

  test('that cannot be opened is told and recorded', async () => {
    const { answer, events } = await open({ probe: async () => failedWalk('database', 'DATABASE_NOT_FOUND') });
    expect(answer).toMatchObject({ outcome: 'failed', told: { report: { failure: { stage: 'database' } } } });
    expect(events).toMatchObject([{ name: 'catalog.read', outcome: 'failed', reason: 'DATABASE_NOT_FOUND' }]);
  });

  test('that comes too late for a plain caller is closed again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const reading = readingOf(items);
      const { sources } = createWorld({
        reading: () => reading,
        probe: () => new Promise((resolve) => setTimeout(() => resolve({ steps: [], serverVersion: null }), 9_000)),
      });
      const asking = sources.metadata({ ...base(), principal: plain, request });
      await vi.advanceTimersByTimeAsync(5_000);
      expect(await asking).toMatchObject({ outcome: 'failed', told: { detail: 'outcome' } });
      expect(reading.closed()).toBe(0);
      await vi.advanceTimersByTimeAsync(5_000);
      expect(reading.closed()).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('snapshot and diff', () => {
  const actor = () => ({ principal: trusted, origin, source: 'sales', signal: new AbortController().signal });

  test('need a source that can be reached, and a snapshot', async () => {
    const { sources } = createWorld({ probe: async () => failedWalk('tcp', 'TCP_REFUSED') });
    await expect(sources.takeSnapshot(actor())).rejects.toMatchObject({ code: sourcesErrors.unreachable.code });
    await expect(sources.diff(actor())).rejects.toMatchObject({ code: sourcesErrors.no_snapshot.code });
    await expect(sources.diff({ ...actor(), source: 'unknown' })).rejects.toMatchObject({
      code: sourcesErrors.not_found.code,
    });
    const inspector = principalWith('sources.inspect');
    await expect(sources.takeSnapshot({ ...actor(), principal: inspector })).rejects.toMatchObject({
      code: 'access.denied',
    });
  });

  test('tell what changed in between; both are recorded', async () => {
    let now: readonly CatalogItem[] = items;
    const { sources, events } = createWorld({ reading: () => readingOf(now) });
    const snapshot = await sources.takeSnapshot(actor());
    expect(snapshot).toMatchObject({ sourceId: source.id, objects: 4 });
    now = [table('public', 'a'), table('public', 'b'), table('public', 'tmp_b'), table('sales', 'd')];
    const { changes, snapshot: compared } = await sources.diff(actor());
    expect(compared).toEqual(snapshot);
    const told: string[] = [];
    for await (const change of changes()) told.push(`${change.kind} ${change.schema}.${change.object}`);
    expect(told).toEqual(['table_added public.b', 'table_removed sales.c']);
    expect(events.map((event) => [event.name, event.facts['objects'], event.facts['isWhole']])).toEqual([
      ['catalog.read', 4, true],
      ['source.snapshot_taken', 4, undefined],
      ['catalog.read', 4, true],
    ]);
  });

  test('a reading that breaks off leaves the old snapshot', async () => {
    let isBroken = false;
    const broken = () =>
      readingOf(async function* () {
        yield table('public', 'a');
        throw sourcesErrors.reading_failed();
      });
    const { sources, snapshots } = createWorld({ reading: () => (isBroken ? broken() : readingOf(items)) });
    const old = await sources.takeSnapshot(actor());
    isBroken = true;
    await expect(sources.takeSnapshot(actor())).rejects.toMatchObject({ code: sourcesErrors.reading_failed.code });
    expect(snapshots.get(source.id)?.snapshot).toEqual(old);
  });
});
