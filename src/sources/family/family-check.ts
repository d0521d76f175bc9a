/**
 * What the atlan family asks before a run: are the filtered databases and schemas there, how many tables do they
 * hold, is the server new enough; and the preflight beside it.
 *
 * @module
 */
import { type Attempt, type AttemptInput, admitAttempt, runAttempt, tell } from '../attempt.js';
import type { CatalogRequest } from '../catalog.js';
import type { Ended } from '../connect.js';
import type { Room } from '../deps.js';
import { closeQuietly, inTurns, openReading } from '../open-reading.js';
import type { CatalogReading, ProbeLimits } from '../ports.js';
import { makeChecks } from '../preflight.js';
import { preflightReport } from '../preflight-rows.js';
import type { FamilyCheck, FamilyCheckAnswer, PreflightReport, SchemaFilter } from '../use-cases.js';
import { type CompiledFilter, compileFilter } from './schema-filter.js';
import { checkVersion } from './version-check.js';

/** Objects without any of their groups: to be counted. */
const tablesOnly: CatalogRequest = { schemas: null, names: [], groups: new Set(), after: null, limit: null };

/** Wall time of counting. */
const countingMs = 60_000;
/** Time the expressions may take over all names. */
const matchingMs = 5_000;

type Checks = Pick<
  Extract<FamilyCheckAnswer, { outcome: 'checked' }>,
  'databaseSchemaCheck' | 'tablesCheck' | 'versionCheck'
>;

/** See `use-cases.ts` for the contract. */
export async function familyCheck(
  room: Room,
  input: AttemptInput & { readonly filter: SchemaFilter },
): Promise<FamilyCheckAnswer> {
  const filter = compileFilter(input.filter);
  const attempt = await admitAttempt(room, 'preflight', input);
  const { report, value } = await runAttempt<Checks & { readonly preflight: PreflightReport }>(room, attempt, {
    work: (limits, arrived) => check(room, attempt, limits, filter, arrived),
    facts: (ended) => (ended.value === null ? {} : { status: ended.value.preflight.status }),
  });
  return value === null ? { outcome: 'failed', told: tell(room, attempt, report) } : { outcome: 'checked', ...value };
}

/** The catalogue is opened first: a wrong password is then tried once, not twice. */
async function check(
  room: Room,
  attempt: Attempt,
  limits: ProbeLimits,
  filter: CompiledFilter,
  arrived: () => void,
): Promise<Ended<Checks & { readonly preflight: PreflightReport }>> {
  const { report, value: reading } = await openReading(room, attempt.subject, tablesOnly, limits, {
    readMs: countingMs,
    // The preflight needs one beside it.
    connections: Math.max(1, attempt.connections - 1),
  });
  if (reading === null) return { report, value: null };
  arrived();
  const leave = () => closeQuietly(room, reading);
  limits.signal.addEventListener('abort', leave, { once: true });
  try {
    const { engine } = reading.server;
    const version = reading.server.version ?? report.serverVersion;
    const [tablesCheck, checked] = await Promise.all([
      countTables(reading, filter, limits.signal),
      makeChecks(room, attempt, { ...limits, totalMs: attempt.askedMs }, {}),
    ]);
    const preflight = checked.value ?? preflightReport(checked.report, [], performance.now() - attempt.startedMs);
    const databaseSchemaCheck = checkSchemas(reading, filter);
    const versionCheck = checkVersion(version, room.minimumVersions[engine] ?? null);
    return { report, value: { databaseSchemaCheck, tablesCheck, versionCheck, preflight } };
  } finally {
    limits.signal.removeEventListener('abort', leave);
    await reading.close();
  }
}

/** Membership by name, the first that is missing is told. Only what is to be included has to be there. */
function checkSchemas({ server, schemas }: CatalogReading, { include }: CompiledFilter): FamilyCheck {
  const databases = new Set([server.catalog, ...schemas.map((schema) => schema.catalog)]);
  const known = new Set(schemas.map((schema) => JSON.stringify([schema.catalog, schema.name])));
  const failed = (what: string) => ({ success: false, message: `Schemas and Databases check failed for ${what}` });
  for (const { database, schemas: wanted } of include) {
    if (!databases.has(database)) return failed(`${database} database`);
    for (const schema of wanted ?? []) {
      if (!known.has(JSON.stringify([database, schema]))) return failed(`${database}.${schema} schema`);
    }
  }
  return { success: true, message: 'Schemas and Databases check successful' };
}

async function countTables(reading: CatalogReading, filter: CompiledFilter, signal: AbortSignal): Promise<FamilyCheck> {
  const { server, schemas } = reading;
  const catalogs = new Map(schemas.map((schema) => [schema.name, schema.catalog]));
  const failed = (why: string) => ({ success: false, message: `Tables check failed: ${why}` });
  let count = 0;
  let current = { schema: '', isTaken: false, isKnown: false };
  let matchedMs = 0;
  try {
    for await (const item of inTurns(reading.items())) {
      if (item.section !== 'table') continue;
      const { schema, name } = item.table;
      const startedMs = performance.now();
      if (!current.isKnown || current.schema !== schema) {
        const catalog = catalogs.get(schema) ?? server.catalog;
        current = { schema, isTaken: filter.takesSchema(catalog, schema), isKnown: true };
      }
      if (current.isTaken && !filter.isTemporary(name)) count += 1;
      matchedMs += performance.now() - startedMs;
      if (matchedMs > matchingMs) return failed('the expressions of the filters take too long');
    }
  } catch {
    return failed('the catalogue could not be read to its end');
  }
  if (signal.aborted) return failed('it was cancelled');
  return { success: true, message: `Tables check successful. Table count: ${count}` };
}
