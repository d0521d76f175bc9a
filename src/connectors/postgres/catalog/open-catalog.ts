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
import { isMissingState } from './details.js';
import { Lane, lengthOf, soundPoint } from './feed.js';
import { isSmallPage } from './read-items.js';
import { createReading } from './reading.js';
import type { Dialect } from './selection.js';
import { beginReading, exportSnapshot, selectSchemas, serverFacts } from './statements.js';

const maxSessions = 4;
/** More schemas than this are not a catalogue to be told in one piece. */
const maxSchemas = 100_000;
/** And more characters of their names and comments. */
const maxSchemasLength = 16_777_216;
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
  const wanted = isSmallPage(request) ? 1 : Math.min(maxSessions, limits.connections);
  const companions = openCompanions(options, target, limits, wanted - 1);
  let reading: CatalogReading | null = null;
  try {
    const begun = await walk.run('query', () => begin(open, endsAtMs, null), open.judge('query'));
    if (!begun.ok) return { probe: walk.result(), reading };
    walk.pass('query', begun.ms);
    const { server, dialect } = begun.value;
    const listed = await walk.run(
      'catalog',
      async () => ({
        schemas: await listSchemas(open, request, dialect, server.catalog),
        snapshot: wanted > 1 ? await shareSnapshot(open, endsAtMs) : null,
      }),
      (fault) => {
        if (fault instanceof TooManySchemas) return { reason: 'CATALOG_TOO_LARGE' };
        const verdict = open.judge('catalog')(fault);
        const isMissing = isServerError(fault) && isMissingState(fault.code ?? '');
        return isMissing ? { ...verdict, reason: 'CATALOG_VIEW_MISSING' } : verdict;
      },
    );
    if (!listed.ok) return { probe: walk.result(), reading };
    walk.pass('catalog', listed.ms);
    const { schemas, snapshot } = listed.value;
    const joined = await Promise.all(companions.map((one) => joinReading(one, endsAtMs, snapshot)));
    await open.session.ask(soundPoint);
    const lanes = [open, ...joined.filter((one) => one !== null)].map((one) => new Lane(one));
    const { signal } = limits;
    reading = createReading({ lanes, server, dialect, schemas, request, endsAtMs, signal });
    return { probe: walk.result(), reading };
  } catch (fault) {
    walk.fail('catalog', open.judge('catalog')(fault), 0);
    return { probe: walk.result(), reading };
  } finally {
    if (reading === null) {
      if (walk.isEndedByTime) await open.cancel(walk.cleanupMs);
      open.session.close();
      for (const one of companions) one.then((companion) => companion?.open.session.close(), ignore);
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
  let length = 0;
  for await (const rows of session.stream(sql, values, { batchRows: 2_000 })) {
    for (const row of rows) {
      const [name, owner = null, comment = null] = row;
      schemas.push({ catalog, name: name ?? '', owner, comment });
      length += lengthOf(row);
    }
    if (schemas.length > maxSchemas || length > maxSchemasLength) throw new TooManySchemas();
  }
  return schemas;
}

interface Companion {
  readonly open: OpenSession;
  readonly walk: StageWalk;
}

/**
 * Further sessions, logging in while the first begins. Fewer than wanted, or none, where the server, the account or a
 * pooler in between has no room for them: one session does the same, only later.
 */
function openCompanions(
  options: SessionOptions,
  target: ConnectionTarget,
  { totalMs, stageMs, signal }: ProbeLimits,
  count: number,
): readonly Promise<Companion | null>[] {
  return Array.from({ length: Math.max(0, count) }, async () => {
    const walk = new StageWalk({ totalMs: Math.min(totalMs, companionMs), stageMs, signal });
    const open = await openPostgresSession(options, walk, target, longSession);
    return open === null ? null : { open, walk };
  });
}

/** Has a companion see what the first session sees. @returns `null` for one that does not come along. */
async function joinReading(
  companion: Promise<Companion | null>,
  endsAtMs: number,
  snapshot: string | null,
): Promise<OpenSession | null> {
  const come = await companion;
  if (come === null) return null;
  const { open, walk } = come;
  if (snapshot !== null) {
    const work = async () => {
      await begin(open, endsAtMs, snapshot);
      await open.session.ask(soundPoint);
    };
    if ((await walk.run('query', work, open.judge('query'))).ok) return open;
    if (walk.isEndedByTime) await open.cancel(walk.cleanupMs);
  }
  open.session.close();
  return null;
}

/** @returns the name of the snapshot; `null` where the server does not share it, with the transaction begun anew. */
async function shareSnapshot(first: OpenSession, endsAtMs: number): Promise<string | null> {
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

function ignore(): void {}
