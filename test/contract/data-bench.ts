/**
 * What the contract of data sessions is tried with: a subject per engine, relations read from its real catalogue, and
 * queries minted the one way there is, by the law.
 *
 * @module
 */

import { connect } from 'node:net';
import {
  type Grant,
  type ScopedCount,
  type ScopedDelete,
  type ScopedInsert,
  type ScopedSelect,
  type ScopedUpdate,
  type Standing,
  scopeCount,
  scopeDelete,
  scopeInsert,
  scopeSelect,
  scopeUpdate,
} from '../../src/access/index.js';
import {
  type CanonicalType,
  type Filter,
  type JsonForm,
  JsonRows,
  type Relation,
  type Select,
} from '../../src/query/index.js';
import { relationOf } from '../../src/sources/data/relation-of-table.js';
import type {
  ConnectionTarget,
  Connector,
  DataConnector,
  DataRow,
  DataSession,
  Engine,
  RunLimits,
} from '../../src/sources/index.js';
import { type Actor, quietLimits, startActor } from './connector-bench.js';

/** Columns of the table of values, one for each type. */
export const samples = {
  flag: { type: 'boolean', values: ['false', 'true'] },
  small: { type: 'int16', values: ['-32768', '0', '32767'] },
  medium: { type: 'int32', values: ['-2147483648', '7', '2147483647'] },
  large: { type: 'int64', values: ['-9223372036854775808', '9007199254740993', '9223372036854775807'] },
  exact: { type: 'decimal', values: ['-1234567890123456.7891', '0.0000', '9007199254740993.0001'] },
  single: { type: 'float32', values: ['-1.5', '0.1', '3.4028235e+38'] },
  double: { type: 'float64', values: ['-1e+300', '0.1', '123456789.12345679'] },
  word: { type: 'text', values: ['Abc', 'O\'Brien \\ "x" `y` %_', 'zoë 日本 😀'] },
  bytes: { type: 'bytes', values: ['AAECAw==', 'J1wAIg==', '//79'] },
  day: { type: 'date', values: ['1970-01-01', '2024-02-29', '9999-12-31'] },
  hour: { type: 'time', values: ['00:00:00', '12:30:00.5', '23:59:59.999999'] },
  moment: { type: 'timestamp', values: ['1970-01-01T00:00:00', '2024-02-29T12:30:00.5', '9999-12-31T23:59:59.999999'] },
  instant: {
    type: 'timestamptz',
    values: ['1971-01-01T00:00:01Z', '2024-02-29T12:30:00.5Z', '2037-12-31T23:59:59.999999Z'],
  },
  uid: {
    type: 'uuid',
    values: [
      '00000000-0000-4000-8000-000000000000',
      '7f000000-0000-4000-8000-00000000000a',
      'ffffffff-ffff-4fff-bfff-ffffffffffff',
    ],
  },
  bits: { type: 'bit', values: ['00000000', '00100101', '11111111'] },
  mood: { type: 'enum', values: ['happy', 'sad', 'so so'] },
  document: { type: 'json', values: ['{"a":1}', '[]', '"x"'] },
} as const satisfies Record<string, { readonly type: CanonicalType; readonly values: readonly string[] }>;

export type SampleName = keyof typeof samples;

export interface DataSubject {
  readonly engine: Engine;
  readonly connector: Connector & DataConnector;
  readonly target: ConnectionTarget;
  readonly schema: string;
  /** The engine's types of the columns of the table of values; what is absent it does not have. */
  readonly types: Readonly<Partial<Record<SampleName, string>>>;
  /** Of a key that numbers its rows by itself. */
  readonly numberedKey: string;
  quote(name: string): string;
  /** As the owner of everything. One statement. */
  sql(text: string): Promise<unknown>;
  /** A SELECT of one row that takes half a minute; `null` where the engine has none. */
  readonly slowQuery: string | null;
  /** A SELECT of so many rows of `id`, `label`. */
  rowsQuery(count: number): string;
  /** How many statements of the account run on the server; `null` where there is no server. */
  running(): Promise<number | null>;
  /** Tables without a schema of their own are named without. */
  table(name: string): string;
}

export const operator: Standing = { kind: 'operator' };

export function grant(fields: Partial<Grant>): Grant {
  return {
    id: 'g1',
    roleId: 'r1',
    datasetId: 'd1',
    operations: ['query', 'insert', 'update', 'delete'],
    readable: null,
    writable: null,
    filter: null,
    masks: [],
    ...fields,
  };
}

export function standing(...grants: readonly Partial<Grant>[]): Standing {
  return {
    kind: 'grants',
    grants: grants.map((fields, index) => grant({ id: `g${index}`, ...fields })),
    subject: { user: 'ann', organisation: 'acme', claims: new Map([['team', 'red']]) },
  };
}

export function limits(fields: Partial<RunLimits> = {}): RunLimits {
  return {
    statementMs: 10_000,
    maxRows: 1_000_000,
    maxBytes: 1_073_741_824,
    signal: new AbortController().signal,
    ...fields,
  };
}

export const plain: Select = {
  kind: 'select',
  columns: null,
  filter: null,
  groupBy: [],
  aggregates: [],
  isDistinct: false,
  orderBy: [],
  limit: null,
  offset: 0,
  after: null,
};

export async function openSession(
  { connector, target }: Pick<DataSubject, 'connector' | 'target'>,
  purpose: 'read' | 'read_write' = 'read_write',
): Promise<DataSession> {
  const { probe, session } = await connector.openData(target, { ...quietLimits(), statementMs: 10_000, purpose });
  if (session === null) throw new Error(`no session: ${JSON.stringify(probe.steps)}`);
  return session;
}

/** A table as the catalogue has it. */
export async function readRelation(subject: DataSubject, name: string): Promise<Relation> {
  const { connector, target, schema, engine } = subject;
  const { reading } = await connector.openCatalog(
    target,
    { schemas: [schema], names: [], groups: new Set(['columns', 'keys']), after: null, limit: null },
    { ...quietLimits(), readMs: 10_000, connections: 1 },
  );
  if (reading === null) throw new Error('the catalogue does not open');
  let found: Relation | null = null;
  for await (const item of reading.items()) {
    if (item.section === 'table' && item.table.name === name) found = relationOf(item.table, engine);
  }
  await reading.close();
  if (found === null) throw new Error(`there is no table ${name}`);
  return found;
}

/** A named query: its columns are what the session says they are. */
export async function relationOfQuery(session: DataSession, text: string): Promise<Relation> {
  const columns = await session.describe(text, limits());
  return {
    origin: { kind: 'query', text },
    columns,
    primaryKey: [],
    uniqueKeys: [],
    foreignKeys: [],
    rowEstimate: null,
  };
}

export async function all(batches: AsyncIterable<readonly DataRow[]>): Promise<readonly DataRow[]> {
  const rows: DataRow[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}

/** A session with a relation: everything by its short name. */
export function talk(session: DataSession, relation: Relation, as: Standing = operator) {
  const given = (row: Readonly<Record<string, unknown>>) => new Map(Object.entries(row));
  const scope = {
    select: (query: Partial<Select>): ScopedSelect => scopeSelect(as, relation, { ...plain, ...query }),
    count: (filter: Filter | null): ScopedCount => scopeCount(as, relation, filter),
    insert: (rows: readonly Readonly<Record<string, unknown>>[], stamps = {}): readonly ScopedInsert[] =>
      scopeInsert(as, relation, { kind: 'insert', rows: rows.map(given), stamps: given(stamps) }),
    update: (set: Readonly<Record<string, unknown>>, filter: Filter | null, stamps = {}): ScopedUpdate =>
      scopeUpdate(as, relation, { kind: 'update', set: given(set), stamps: given(stamps), filter }),
    remove: (filter: Filter | null): ScopedDelete => scopeDelete(as, relation, { kind: 'delete', filter }),
  };
  return {
    scope,
    select: (query: Partial<Select> = {}, within: Partial<RunLimits> = {}) =>
      all(session.select(scope.select(query), limits(within))),
    count: (filter: Filter | null) => session.count(scope.count(filter), limits()),
    /** In one transaction that is kept. */
    async keep<T>(work: () => Promise<T>): Promise<T> {
      await session.begin(limits());
      try {
        const value = await work();
        await session.commit(limits());
        return value;
      } catch (fault) {
        await session.rollback();
        throw fault;
      }
    },
    async insert(rows: readonly Readonly<Record<string, unknown>>[], stamps = {}) {
      const written: DataRow[] = [];
      let affected = 0;
      for (const statement of scope.insert(rows, stamps)) {
        const outcome = await session.insert(statement, limits());
        affected += outcome.affected;
        written.push(...outcome.rows);
      }
      return { affected, rows: written };
    },
    update: (set: Readonly<Record<string, unknown>>, filter: Filter | null, stamps = {}) =>
      session.update(scope.update(set, filter, stamps), limits()),
    remove: (filter: Filter | null) => session.remove(scope.remove(filter), limits()),
  };
}

/**
 * Rows as JSON, once as the session writes them and once as they are written of what it reads; both with the values by
 * which rows that follow are found.
 */
export async function bothAsJson(session: DataSession, query: ScopedSelect, form: Partial<JsonForm> = {}) {
  const whole: JsonForm = {
    ...{ numbers: 'exact', members: query.output.map(({ name }) => name), limit: null, isLines: false },
    ...form,
  };
  const places = query.output.flatMap(({ expression }, at) =>
    query.orderBy.some((term) => JSON.stringify(term.expression) === JSON.stringify(expression)) ? [at] : [],
  );
  const told = { text: '', rows: 0, turning: null as readonly (string | null)[] | null };
  const reading = session.selectJson?.(query, whole, limits());
  for (let isLast = reading === undefined; !isLast; ) {
    const batch = await reading?.next();
    told.text += batch?.text ?? '';
    told.rows += batch?.rows ?? 0;
    told.turning = batch?.turning ?? null;
    isLast = batch?.isLast ?? true;
  }
  await reading?.end();
  const rows = await all(session.select(query, limits()));
  const made = new JsonRows(query.output, whole).take(rows, true);
  const keyOf = (row: readonly (string | null)[] | null) => row && places.map((at) => row[at] ?? null);
  return {
    told: { text: told.text, rows: told.rows, key: keyOf(told.turning) },
    made: { text: made.text, rows: made.rows, key: keyOf(made.turning) },
  };
}

export const is = (column: string, value: unknown): Filter => ({ kind: 'compare', column, operator: 'eq', value });

/** The code of what a promise is refused with; `none` when it is not. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (fault) {
    return fault instanceof Error && 'code' in fault ? String(fault.code) : String(fault);
  }
}

/** Stands between a session and its server and counts how often the session speaks after it was answered. */
export async function startTurnCounter(upstream: {
  readonly host: string;
  readonly port: number;
}): Promise<Actor & { turns(): number }> {
  let turns = 0;
  let isAnswered = true;
  const actor = await startActor((socket) => {
    const server = connect(upstream.port, upstream.host);
    server.on('error', () => socket.destroy());
    server.on('close', () => socket.destroy());
    socket.on('close', () => server.destroy());
    socket.on('data', (chunk) => {
      if (isAnswered) turns += 1;
      isAnswered = false;
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      isAnswered = true;
      socket.write(chunk);
    });
  });
  return { ...actor, turns: () => turns };
}
