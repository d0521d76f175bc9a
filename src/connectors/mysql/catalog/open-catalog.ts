/**
 * Reads the catalogue of MySQL or MariaDB: schema by schema, a range of tables at a time, a few ranges side by side
 * and handed over in their order. What waits for a slow reader is bounded; the rest is not asked for yet.
 *
 * @module
 */

import { compareBytes } from '../../../kernel/byte-order.js';
import { cleanText } from '../../../network/index.js';
import {
  type CatalogItem,
  type CatalogLimits,
  type CatalogReading,
  type CatalogRequest,
  type CatalogSchema,
  type ConnectionTarget,
  catalogSections,
  type ProbeLimits,
  type ProbeResult,
  sourcesErrors,
} from '../../../sources/index.js';
import { StageWalk } from '../../stage-walk.js';
import { killQuery } from '../cancel.js';
import type { Session, SessionBudget } from '../connect.js';
import { isServerRefusal, judgeMysqlFault } from '../errors.js';
import { openAgain } from '../open-session.js';
import { accountOf, type Privileges, readPrivileges } from '../privileges.js';
import { soberSession } from '../sober-session.js';
import { type MysqlReach, walkToSession } from '../walk-session.js';
import {
  type Flavour,
  fingerprintPlaces,
  fingerprintQuestion,
  schemaQuestion,
  serverQuestion,
  systemSchemas,
} from './questions.js';
import {
  asItem,
  hiddenGroups,
  listRanges,
  type NameRange,
  PieceBroke,
  PieceTooLarge,
  readRoutines,
  readSequences,
  readTables,
  type SchemaReader,
  startOf,
} from './read-schema.js';
import { SessionPool } from './session-pool.js';
import { hearSilentFaults } from './silent-faults.js';

/** What bounds memory is that each piece is bounded, and what bounds time is the caller's clock. */
const catalogBudget: SessionBudget = {
  sessionBytes: Number.MAX_SAFE_INTEGER,
  maxPacketBytes: 4_194_304,
  maxPackets: Number.POSITIVE_INFINITY,
};
const cleanupMs = 1_000;
const maxSchemas = 100_000;
/** No engine of these servers has more; asking for more would be an error of theirs. */
const maxLimit = 1_000_000;

/** See the port for the contract. */
export async function openMysqlCatalog(
  reach: MysqlReach,
  target: ConnectionTarget,
  request: CatalogRequest,
  limits: ProbeLimits & CatalogLimits,
): Promise<{ readonly probe: ProbeResult; readonly reading: CatalogReading | null }> {
  const walk = new StageWalk(limits);
  const walked = await walkToSession(reach, walk, target, { budget: catalogBudget });
  if (walked === null) return { probe: walk.result(), reading: null };
  const session = hearSilentFaults(walked);
  const probe = walk.result();
  const flavour: Flavour = /^MariaDB/.test(probe.serverVersion ?? '') ? 'mariadb' : 'mysql';
  const opened = await walk.run(
    'catalog',
    ({ signal }) => readOverview(session, flavour, request, limits.readMs, signal),
    (fault) => judgeMysqlFault(fault, 'catalog'),
  );
  if (!opened.ok) {
    session.close();
    if (walk.isEndedByTime) await killQuery(reach, target, [session.threadId], walk.cleanupMs);
    return { probe: walk.result(), reading: null };
  }
  const { schemas, privileges, server } = opened.value;
  return {
    probe,
    reading: new MysqlCatalogReading(
      { reach, target, request, limits, flavour, privileges, session },
      { engine: 'mysql', catalog: 'def', ...server },
      schemas,
    ),
  };
}

async function readOverview(
  session: Session,
  flavour: Flavour,
  request: CatalogRequest,
  readMs: number,
  signal: AbortSignal,
) {
  const limits = { signal, maxRows: maxSchemas };
  await soberSession(session, flavour === 'mariadb', readMs);
  const [facts = []] = await session.rows(serverQuestion, [], limits);
  const [version = null, collation = null, timeZone = null, systemTimeZone = null, readOnly = null] = facts;
  const wanted = request.schemas === null ? null : new Set(request.schemas);
  const system = new Set<string>(systemSchemas);
  const schemas: CatalogSchema[] = [];
  for (const [name, comment] of await session.rows(schemaQuestion[flavour], [], limits)) {
    if (name === null || name === undefined) continue;
    if (wanted === null ? system.has(name.toLowerCase()) : !wanted.has(name)) continue;
    schemas.push({ catalog: 'def', name, owner: null, comment: comment || null });
  }
  schemas.sort((one, other) => compareBytes(one.name, other.name));
  const [[current = '', role = null] = []] = await session.rows(
    flavour === 'mariadb' ? 'SELECT CURRENT_USER(), CURRENT_ROLE()' : 'SELECT CURRENT_USER(), NULL',
    [],
    limits,
  );
  const grants = await session.rows('SHOW GRANTS', [], limits).catch((fault: unknown) => {
    if (!isServerRefusal(fault)) throw fault;
    return [];
  });
  return {
    schemas,
    privileges: readPrivileges(accountOf(current ?? '', role), grants),
    server: {
      version: version === null ? null : cleanText(version, 64),
      collation,
      timeZone: timeZone === 'SYSTEM' ? systemTimeZone : timeZone,
      isReadOnly: readOnly !== '0' && readOnly !== 'OFF',
    },
  };
}

interface ReadingPlan {
  readonly reach: MysqlReach;
  readonly target: ConnectionTarget;
  readonly request: CatalogRequest;
  readonly limits: ProbeLimits & CatalogLimits;
  readonly flavour: Flavour;
  readonly privileges: Privileges;
  readonly session: Session;
}

/** A piece of the reading: asked for ahead, handed over in its order. */
type Piece = () => Promise<readonly CatalogItem[] | AsyncIterable<CatalogItem>>;

class MysqlCatalogReading implements CatalogReading {
  readonly server: CatalogReading['server'];
  readonly schemas: readonly CatalogSchema[];
  readonly #plan: ReadingPlan;
  readonly #pool: SessionPool;
  readonly #reader: SchemaReader;
  readonly #ending = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #onLeave = () => this.#ending.abort(new Error('the caller went away'));
  #isClosed = false;

  constructor(plan: ReadingPlan, server: CatalogReading['server'], schemas: readonly CatalogSchema[]) {
    const { reach, target, limits, request, flavour } = plan;
    this.#plan = plan;
    this.server = server;
    this.schemas = schemas;
    const { signal } = this.#ending;
    // So long as nobody reads, nobody hears of it.
    this.#timer = setTimeout(() => this.#ending.abort(new Error('the time of the reading is up')), limits.readMs);
    limits.signal.addEventListener('abort', this.#onLeave, { once: true });
    if (limits.signal.aborted) this.#onLeave();
    this.#pool = new SessionPool({
      first: plan.session,
      sessions: Math.max(1, limits.connections),
      signal,
      isUsableAfter: (fault) =>
        !signal.aborted && (isServerRefusal(fault) || fault instanceof PieceTooLarge || fault instanceof PieceBroke),
      openAnother: async () => {
        const session = await openAgain(reach, target, { stageMs: limits.stageMs, signal }, { budget: catalogBudget });
        if (session !== null) await soberSession(session, flavour === 'mariadb', limits.readMs);
        return session === null ? null : hearSilentFaults(session);
      },
    });
    this.#reader = {
      flavour,
      request,
      signal,
      privileges: request.groups.has('grants') ? plan.privileges : null,
      use: (work) => this.#pool.use(work),
      excuse: (fault) => {
        if (!isServerRefusal(fault) || signal.aborted) throw fault;
        const { reason } = judgeMysqlFault(fault, 'catalog');
        return reason === 'UNCLASSIFIED' || reason === 'QUERY_FAILED' ? 'CATALOG_PARTIAL' : reason;
      },
    };
  }

  async fingerprint(schema: string): Promise<string | null> {
    const values = Array<string>(fingerprintPlaces).fill(schema);
    return this.#guard(async () => {
      const sql = fingerprintQuestion(this.#plan.flavour);
      const [row = []] = await this.#pool.use((session) =>
        session.rows(sql, values, { signal: this.#reader.signal, maxRows: 1 }),
      );
      const [isThere, parts, high, low] = row;
      return isThere === '0' || isThere === undefined ? null : `${parts}-${high}-${low}`.toLowerCase();
    });
  }

  async *items(): AsyncGenerator<CatalogItem, void> {
    const { limit } = this.#plan.request;
    let left = limit ?? Number.POSITIVE_INFINITY;
    try {
      if (left <= 0) return;
      for await (const item of this.#ordered(limit)) {
        this.#reader.signal.throwIfAborted();
        yield item;
        if (item.section !== 'fault') left -= 1;
        if (left <= 0) return;
      }
      this.#reader.signal.throwIfAborted();
    } catch (fault) {
      throw sourcesErrors.reading_failed({ cause: fault });
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#plan.limits.signal.removeEventListener('abort', this.#onLeave);
    this.#ending.abort(new Error('the reading was closed'));
    const busy = this.#pool.close();
    if (busy.length > 0) await killQuery(this.#plan.reach, this.#plan.target, busy, cleanupMs);
  }

  /** Runs pieces side by side, as many as there are sessions, and gives what they found in their order. */
  async *#ordered(limit: number | null): AsyncGenerator<CatalogItem, void> {
    // A page is read no further than it goes.
    const width = limit === null ? Math.max(1, this.#plan.limits.connections) : 1;
    const pieces = this.#pieces(limit);
    const ahead: Promise<readonly CatalogItem[] | AsyncIterable<CatalogItem>>[] = [];
    let isAll = false;
    for (;;) {
      while (!isAll && ahead.length < width) {
        const next = await pieces.next();
        if (next.done === true) isAll = true;
        else {
          const running = next.value();
          running.catch(ignore);
          ahead.push(running);
        }
      }
      const first = ahead.shift();
      if (first === undefined) return;
      yield* await first;
    }
  }

  async *#pieces(limit: number | null): AsyncGenerator<Piece, void> {
    const { after, groups } = this.#plan.request;
    const reader = this.#reader;
    for (const { name: schema } of this.schemas) {
      if (after !== null && compareBytes(schema, after.schema) < 0) continue;
      const isWhole = after === null || after.schema !== schema;
      if (isWhole) {
        const faults = hiddenGroups(reader, schema, this.#plan.privileges);
        if (faults.length > 0) yield () => Promise.resolve(faults.map(asItem));
      }
      for (const section of ['table', 'sequence'] as const) {
        if (section === 'sequence' && (!groups.has('sequences') || reader.flavour === 'mysql')) continue;
        const start = startOf(after, schema, section, catalogSections);
        if (start === 'none') continue;
        const place = start === 'rest' ? (after?.name ?? null) : null;
        const most = limit === null ? null : Math.min(limit, maxLimit);
        for (const range of await listRanges(reader, schema, section, place, most)) {
          yield section === 'table' ? () => this.#tables(schema, range) : () => readSequences(reader, schema, range);
        }
      }
      const start = startOf(after, schema, 'routine', catalogSections);
      if (!groups.has('routines') || start === 'none') continue;
      yield () => Promise.resolve(readRoutines(reader, schema, start === 'rest' ? after : null));
    }
  }

  async #tables(schema: string, range: NameRange): Promise<readonly CatalogItem[] | AsyncIterable<CatalogItem>> {
    try {
      return await this.#twice(schema, range);
    } catch (fault) {
      if (!(fault instanceof PieceTooLarge)) throw fault;
      return this.#smaller(schema, range);
    }
  }

  /** Reads a range once more where the server gave up in the middle: its answers come out of temporary tables. */
  async #twice(schema: string, range: NameRange): Promise<readonly CatalogItem[]> {
    try {
      return await readTables(this.#reader, schema, range, false);
    } catch (fault) {
      if (!(fault instanceof PieceBroke)) throw fault;
      return readTables(this.#reader, schema, range, true);
    }
  }

  /** The tables of a range one after the other: wide ones that would be too much at once. */
  async *#smaller(schema: string, range: NameRange): AsyncGenerator<CatalogItem, void> {
    for (const one of await listNames(this.#reader, schema, range)) {
      yield* await this.#twice(schema, { first: one, last: one });
    }
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (fault) {
      throw sourcesErrors.reading_failed({ cause: fault });
    }
  }
}

async function listNames(reader: SchemaReader, schema: string, range: NameRange): Promise<readonly string[]> {
  const sql = `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?
    AND CAST(TABLE_NAME AS BINARY) BETWEEN CAST(? AS BINARY) AND CAST(? AS BINARY) ORDER BY CAST(TABLE_NAME AS BINARY)`;
  const limits = { signal: reader.signal, maxRows: 10_000 };
  const rows = await reader.use((session) => session.rows(sql, [schema, range.first, range.last], limits));
  return rows.flatMap(([name]) => (name === null || name === undefined ? [] : [name]));
}

function ignore(): void {}
