/**
 * What every engine's catalogue keeps, whatever it is read from. An engine's suite prepares a database that has at
 * least: two schemas where the engine has schemas, a dozen objects, a table `__proto__` with a column `__proto__`, and
 * names that differ only where LIKE has wildcards (`a_b`, `axb`).
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import type { AppError } from '../../src/kernel/errors.js';
import {
  type CatalogGroup,
  type CatalogItem,
  type CatalogPlace,
  type CatalogReading,
  type CatalogRequest,
  type CatalogTable,
  type ConnectionTarget,
  type Connector,
  catalogGroups,
  catalogSections,
  type ProbeResult,
} from '../../src/sources/index.js';
import { canary } from './connector-bench.js';

export interface CatalogSubject {
  readonly connector: Connector;
  readonly target: ConnectionTarget;
  /** One whose walk fails. */
  readonly failing: ConnectionTarget;
  /** A schema of {@link target} with most of its objects. */
  readonly schema: string;
  /** Statements that each change the definition of that schema, run in order. */
  readonly definitions: readonly string[];
  /** Statements that touch rows and statistics only. */
  readonly data: readonly string[];
  run(sql: string): Promise<unknown>;
}

/** All groups but those that are read only when named. */
export const usualGroups: ReadonlySet<CatalogGroup> = new Set(catalogGroups.filter((group) => group !== 'sizes'));

export function requestOf(fields: Partial<CatalogRequest> = {}): CatalogRequest {
  return { schemas: null, names: [], groups: usualGroups, after: null, limit: null, ...fields };
}

export interface CatalogOptions {
  readonly signal?: AbortSignal;
  readonly readMs?: number;
  readonly connections?: number;
}

export function openCatalog(
  { connector, target }: Pick<CatalogSubject, 'connector' | 'target'>,
  request: Partial<CatalogRequest> = {},
  { signal = new AbortController().signal, readMs = 30_000, connections = 4 }: CatalogOptions = {},
): Promise<{ readonly probe: ProbeResult; readonly reading: CatalogReading | null }> {
  const limits = { totalMs: 10_000, stageMs: 5_000, signal, readMs, connections };
  return connector.openCatalog(target, requestOf(request), limits);
}

/** Opens what must open. */
export async function openReading(...args: Parameters<typeof openCatalog>): Promise<CatalogReading> {
  const { probe, reading } = await openCatalog(...args);
  if (reading === null) throw new Error(`the catalogue did not open: ${JSON.stringify(probe.steps.at(-1))}`);
  return reading;
}

export async function readAll(...args: Parameters<typeof openCatalog>): Promise<CatalogItem[]> {
  const items: CatalogItem[] = [];
  for await (const item of (await openReading(...args)).items()) items.push(item);
  return items;
}

export function tablesOf(items: readonly CatalogItem[]): CatalogTable[] {
  return items.flatMap((item) => (item.section === 'table' ? [item.table] : []));
}

/** Where an item stands; `null` for a fault. */
export function placeOf(item: CatalogItem): CatalogPlace | null {
  switch (item.section) {
    case 'table':
      return { schema: item.table.schema, section: 'table', name: item.table.name, arguments: '' };
    case 'type':
      return { schema: item.type.schema, section: 'type', name: item.type.name, arguments: '' };
    case 'sequence':
      return { schema: item.sequence.schema, section: 'sequence', name: item.sequence.name, arguments: '' };
    case 'routine': {
      const { schema, name, arguments: args } = item.routine;
      return { schema, section: 'routine', name, arguments: args };
    }
    case 'fault':
      return null;
  }
}

const bytes = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));

export function comparePlaces(one: CatalogPlace, other: CatalogPlace): number {
  return (
    bytes(one.schema, other.schema) ||
    catalogSections.indexOf(one.section) - catalogSections.indexOf(other.section) ||
    bytes(one.name, other.name) ||
    bytes(one.arguments, other.arguments)
  );
}

const codeOf = (fault: unknown): string => (fault as AppError).code;

export function keepsCatalogContract(subject: () => CatalogSubject): void {
  const placesOf = (items: readonly CatalogItem[]) => items.map(placeOf).filter((place) => place !== null);

  describe('a whole reading', () => {
    test('comes in order, each object once, in schemas that were listed', async () => {
      const reading = await openReading(subject());
      const places: CatalogPlace[] = [];
      for await (const item of reading.items()) {
        const place = placeOf(item);
        if (place !== null) places.push(place);
      }
      expect(places.length).toBeGreaterThan(10);
      for (let at = 1; at < places.length; at += 1) {
        expect(comparePlaces(places[at - 1] as CatalogPlace, places[at] as CatalogPlace)).toBeLessThan(0);
      }
      const listed = reading.schemas.map((schema) => schema.name);
      expect(listed).toEqual([...listed].sort(bytes));
      expect(listed).toEqual(expect.arrayContaining([...new Set(places.map((place) => place.schema))]));
    });

    test('has no faults, and says the same over one connection', async () => {
      const items = await readAll(subject());
      expect(items.filter((item) => item.section === 'fault')).toEqual([]);
      expect(await readAll(subject(), {}, { connections: 1 })).toEqual(items);
    });

    test('tells the server', async () => {
      const { connector, target } = subject();
      const reading = await openReading(subject());
      await reading.close();
      expect(reading.server.engine).toBe(connector.engine);
      expect(reading.server.version).toMatch(/^\d+\.\d+/);
      expect(reading.schemas.map((schema) => schema.name)).toContain(subject().schema);
      // MySQL's databases are its schemas; the one catalogue above them has this name in both its servers.
      const catalog = connector.engine === 'mysql' ? 'def' : target.database;
      if (!connector.isFileEngine) expect(reading.server.catalog).toBe(catalog);
    });

    test('treats names as data', async () => {
      const tables = tablesOf(await readAll(subject(), { names: ['__proto__'] }));
      expect(tables.map((table) => table.name)).toEqual(['__proto__']);
      expect(tables[0]?.columns?.map((column) => column.name)).toContain('__proto__');
      expect(JSON.parse(JSON.stringify(tables))).toEqual(tables);
    });
  });

  describe('pages', () => {
    test.each([1, 3, 7])('of %i objects make the whole', async (limit) => {
      const whole = await readAll(subject());
      const paged: CatalogItem[] = [];
      for (let after: CatalogPlace | null = null; ; ) {
        const page: CatalogItem[] = await readAll(subject(), { limit, after }, { connections: 2 });
        expect(placesOf(page).length).toBeLessThanOrEqual(limit);
        paged.push(...page);
        const last = placesOf(page).at(-1);
        if (placesOf(page).length < limit || last === undefined) break;
        after = last;
      }
      expect(paged).toEqual(whole);
    });

    test('go on after a place where nothing is any more', async () => {
      const whole = placesOf(await readAll(subject()));
      const after = { ...(whole[2] as CatalogPlace), name: `${whole[2]?.name}\u{10ffff}` };
      const rest = placesOf(await readAll(subject(), { after }));
      expect(rest).toEqual(whole.filter((place) => comparePlaces(place, after) > 0));
    });
  });

  describe('a selection', () => {
    test('of schemas has those that are there and no other', async () => {
      const { schema } = subject();
      const whole = await readAll(subject());
      const reading = await openReading(subject(), { schemas: [schema, 'no_such_schema', "'; --"] });
      const items: CatalogItem[] = [];
      for await (const item of reading.items()) items.push(item);
      expect(reading.schemas.map((one) => one.name)).toEqual([schema]);
      expect(items).toEqual(whole.filter((item) => placeOf(item)?.schema === schema));
      expect(await readAll(subject(), { schemas: ['no_such_schema'] })).toEqual([]);
      expect(await readAll(subject(), { schemas: [] })).toEqual([]);
    });

    test.each([
      ['*a*', /a/su],
      ['?????', /^.{5}$/su],
      ['a_b', /^a_b$/su],
      ['%', /^%$/su],
      ['\\*', /^\\/su],
      ['*', /^/su],
    ])('of names that match %s', async (glob, pattern) => {
      const whole = placesOf(await readAll(subject()));
      const found = placesOf(await readAll(subject(), { names: [glob] }));
      expect(found).toEqual(whole.filter((place) => pattern.test(place.name)));
    });

    test('of names that match one of several globs', async () => {
      const whole = placesOf(await readAll(subject()));
      const found = placesOf(await readAll(subject(), { names: ['a*', '__proto__'] }));
      expect(found).toEqual(whole.filter((place) => /^a|^__proto__$/su.test(place.name)));
    });

    test('of groups leaves the others out', async () => {
      const items = await readAll(subject(), { groups: new Set() });
      expect(new Set(items.map((item) => item.section))).toEqual(new Set(['table']));
      const parts = ['columns', 'primaryKey', 'uniqueKeys', 'foreignKeys', 'checks', 'indexes', 'triggers'];
      for (const table of tablesOf(items)) {
        for (const part of [...parts, 'grantsForCaller', 'bytes']) expect(table).not.toHaveProperty(part);
      }
      const whole = tablesOf(await readAll(subject()));
      const keys = tablesOf(await readAll(subject(), { groups: new Set(['keys']) }));
      expect(keys.map((table) => [table.name, table.primaryKey, table.uniqueKeys, table.foreignKeys])).toEqual(
        whole.map((table) => [table.name, table.primaryKey, table.uniqueKeys, table.foreignKeys]),
      );
      for (const table of keys) expect(table).not.toHaveProperty('columns');
    });

    test('of sizes measures', async () => {
      const tables = tablesOf(await readAll(subject(), { groups: new Set(['sizes']) }));
      for (const table of tables) expect(table).toHaveProperty('bytes');
    });
  });

  describe('a fingerprint', () => {
    const fingerprint = async (schema = subject().schema) => {
      const reading = await openReading(subject());
      try {
        return await reading.fingerprint(schema);
      } finally {
        await reading.close();
      }
    };

    test('is there for a schema that is, and for no other', async () => {
      expect(await fingerprint()).toMatch(/^[\x21\x23-\x7e]{1,200}$/);
      expect(await fingerprint('no_such_schema')).toBeNull();
      expect(await fingerprint("'; select 1; --")).toBeNull();
    });

    test('stays while only rows change', async () => {
      const before = await fingerprint();
      expect(await fingerprint()).toBe(before);
      for (const sql of subject().data) {
        await subject().run(sql);
        expect([sql, await fingerprint()]).toEqual([sql, before]);
      }
    });

    test('changes with every change of the definition', async () => {
      let before = await fingerprint();
      for (const sql of subject().definitions) {
        await subject().run(sql);
        const now = await fingerprint();
        expect([sql, now === before]).toEqual([sql, false]);
        before = now;
      }
    });
  });

  describe('the end of a reading', () => {
    test('that was closed is a refusal, and closing again is nothing', async () => {
      const reading = await openReading(subject());
      await reading.close();
      await reading.close();
      const reads = async () => {
        for await (const _ of reading.items());
      };
      await expect(reads()).rejects.toSatisfy((fault) => codeOf(fault) === 'sources.reading_failed');
    });

    test('comes early when the caller stops taking', async () => {
      const reading = await openReading(subject());
      for await (const _ of reading.items()) break;
      await reading.close();
    });

    test('comes when the caller goes away', async () => {
      const leaving = new AbortController();
      const reading = await openReading(subject(), {}, { signal: leaving.signal });
      const reads = async () => {
        for await (const _ of reading.items()) leaving.abort();
      };
      await expect(reads()).rejects.toSatisfy((fault) => codeOf(fault) === 'sources.reading_failed');
    });

    test('comes when its time is up', async () => {
      const reading = await openReading(subject(), {}, { readMs: 700 });
      const reads = async () => {
        for await (const _ of reading.items()) await new Promise((resolve) => setTimeout(resolve, 400));
      };
      await expect(reads()).rejects.toSatisfy((fault) => codeOf(fault) === 'sources.reading_failed');
    });
  });

  test('a walk that fails is told, and nothing is thrown', async () => {
    const password = canary();
    const { failing } = subject();
    const { probe, reading } = await openCatalog({ ...subject(), target: failing });
    expect(reading).toBeNull();
    expect(probe.steps.filter((step) => step.status === 'fail')).toHaveLength(1);
    expect(JSON.stringify(probe)).not.toContain(failing.password.reveal() || password);
  });
}
