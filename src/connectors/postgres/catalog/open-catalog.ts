/**
 * Opens PostgreSQL's catalogue: the walk to a session, a snapshot that several sessions share where the server lets
 * them, and the reading over them.
 *
 * @module
 */
import type {
  CatalogLimits,
  CatalogReading,
  CatalogRequest,
  CatalogSchema,
  CatalogServer,
  ConnectionTarget,
  ProbeLimits,
  ProbeResult,
} from '../../../sources/index.js';
import { StageWalk } from '../../stage-walk.js';
import { isServerError, longSession } from '../connect.js';
import { type OpenSession, openPostgresSession, type SessionOptions } from '../open-session.js';
import { Lane, soundPoint } from './feed.js';
import { createReading } from './reading.js';
import type { Dialect } from './selection.js';
import { beginReading, exportSnapshot, selectSchemas, serverFacts } from './statements.js';

/** A page of so few objects is read over one session: opening more takes longer. */
const smallPage = 1_000;
const maxSessions = 4;
/** More schemas than this are not a catalogue to be told in one piece. */
const maxSchemas = 100_000;
/** What another session may take to come along; the reading begins without those that do not. */
const companionMs = 2_000;

/** See the port for the contract. */
export async function openPostgresCatalog(
  options: SessionOptions,
  target: ConnectionTarget,
  request: CatalogRequest,
  limits: ProbeLimits & CatalogLimits,
): Promise<{ readonly probe: ProbeResult; readonly reading: CatalogReading | null }> {
  const endsAtMs = performance.now() + limits.readMs;
  const walk = new StageWalk(limits);
  const open = await openPostgresSession(options, walk, target, longSession);
  if (open === null) return { probe: walk.result(), reading: null };
  const sessions = [open];
  let reading: CatalogReading | null = null;
  try {
    const begun = await walk.run('query', () => begin(open, endsAtMs, null), open.judge('query'));
    if (!begun.ok) return { probe: walk.result(), reading };
    walk.pass('query', begun.ms);
    const { server, dialect } = begun.value;
    const listed = await walk.run(
      'catalog',
      () => listSchemas(open, request, dialect, server.catalog),
      (fault) => (fault instanceof TooManySchemas ? { reason: 'CATALOG_TOO_LARGE' } : open.judge('catalog')(fault)),
    );
    if (!listed.ok) return { probe: walk.result(), reading };
    walk.pass('catalog', listed.ms);
    const isSmall = request.limit !== null && request.limit <= smallPage;
    const wanted = isSmall ? 1 : Math.min(maxSessions, limits.connections);
    if (wanted > 1) sessions.push(...(await openCompanions(options, target, limits, open, endsAtMs, wanted - 1)));
    await Promise.all(sessions.map((one) => one.session.ask(soundPoint)));
    reading = createReading({
      lanes: sessions.map((one) => new Lane(one)),
      server,
      dialect,
      schemas: listed.value,
      request,
      endsAtMs,
      signal: limits.signal,
    });
    return { probe: walk.result(), reading };
  } catch (fault) {
    walk.fail('catalog', open.judge('catalog')(fault), 0);
    return { probe: walk.result(), reading };
  } finally {
    if (reading === null) {
      if (walk.isEndedByTime) await open.cancel(walk.cleanupMs);
      for (const one of sessions) one.session.close();
    }
  }
}

/** Begins the transaction of a reading and tells what server it is on. */
async function begin(
  open: OpenSession,
  endsAtMs: number,
  snapshot: string | null,
): Promise<{ readonly server: CatalogServer; readonly dialect: Dialect }> {
  const { session } = open;
  const major = Number.parseInt(session.version() ?? '', 10);
  await session.ask(beginReading(major * 10_000, endsAtMs - performance.now(), snapshot));
  const [row] = await session.rows(serverFacts);
  const [version, catalog, timeZone, collation, isReadOnly, encoding] = row ?? [];
  return {
    server: {
      engine: 'postgres',
      version: session.version(),
      catalog: catalog ?? '',
      collation: collation ?? null,
      timeZone: timeZone ?? null,
      isReadOnly: isReadOnly === 't',
    },
    dialect: { version: Number(version) || major * 10_000, isUtf8: encoding === 'UTF8' || encoding === 'SQL_ASCII' },
  };
}

class TooManySchemas extends Error {}

async function listSchemas(
  { session }: OpenSession,
  request: CatalogRequest,
  dialect: Dialect,
  catalog: string,
): Promise<readonly CatalogSchema[]> {
  const { sql, values } = selectSchemas(request, dialect);
  const schemas: CatalogSchema[] = [];
  for await (const rows of session.stream(sql, values, { batchRows: 2_000 })) {
    for (const [name, owner = null, comment = null] of rows) {
      schemas.push({ catalog, name: name ?? '', owner, comment });
    }
    if (schemas.length > maxSchemas) throw new TooManySchemas();
  }
  return schemas;
}

/**
 * Sessions that see what the first sees. Fewer than wanted, or none, where the server, the account or a pooler in
 * between has no room for them or does not share snapshots: one session does the same, only later.
 */
async function openCompanions(
  options: SessionOptions,
  target: ConnectionTarget,
  limits: ProbeLimits,
  first: OpenSession,
  endsAtMs: number,
  count: number,
): Promise<OpenSession[]> {
  const snapshot = await share(first, endsAtMs);
  if (snapshot === null) return [];
  const openOne = async (): Promise<OpenSession | null> => {
    const totalMs = Math.min(limits.totalMs, companionMs);
    const walk = new StageWalk({ totalMs, stageMs: Math.min(limits.stageMs, totalMs), signal: limits.signal });
    const open = await openPostgresSession(options, walk, target, longSession);
    if (open === null) return null;
    const begun = await walk.run('query', () => begin(open, endsAtMs, snapshot), open.judge('query'));
    if (begun.ok) return open;
    if (walk.isEndedByTime) await open.cancel(walk.cleanupMs);
    open.session.close();
    return null;
  };
  const opened = await Promise.all(Array.from({ length: count }, openOne));
  return opened.filter((one) => one !== null);
}

/** @returns the name of the snapshot; `null` where the server does not share it, with the transaction begun anew. */
async function share(first: OpenSession, endsAtMs: number): Promise<string | null> {
  try {
    const [row] = await first.session.rows(exportSnapshot);
    return row?.[0] ?? null;
  } catch (fault) {
    if (!isServerError(fault)) throw fault;
    await first.session.ask('ROLLBACK');
    await begin(first, endsAtMs, null);
    return null;
  }
}
