/** Checks of the server as a whole: version, round trip, time limits, read-only and replica state. @module */

import { cleanText } from '../../../network/index.js';
import { type Found, failed, passed, skipped, warned } from '../../check-findings.js';
import { judgeRoundTrip } from '../../round-trip.js';
import { isServerRefusal, serverErrno } from '../errors.js';
import { type Asking, isOn, numberAt, privilegesOf, readRow, readRows, textAt } from './ask.js';

/** Oldest versions whose catalogues have what is read here, and oldest that their makers mend, as this was written. */
const versions = {
  mariadb: { oldest: [10, 5], maintained: [10, 6] },
  mysql: { oldest: [8, 0], maintained: [8, 4] },
} as const;

export async function checkServerVersion(asking: Asking): Promise<Found> {
  const text = textAt(await readRow(asking, 'SELECT VERSION()'), 0);
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})/.exec(text) ?? [];
  const product = asking.flavour === 'mariadb' ? 'MariaDB' : 'MySQL';
  const evidence = { version: cleanText(text, 64), product };
  if (major === undefined || minor === undefined) return warned('ENGINE_VERSION_UNSUPPORTED', { evidence });
  const { oldest, maintained } = versions[asking.flavour];
  const isBefore = ([wantedMajor, wantedMinor]: readonly [number, number]) =>
    Number(major) < wantedMajor || (Number(major) === wantedMajor && Number(minor) < wantedMinor);
  if (isBefore(oldest)) return failed('ENGINE_VERSION_UNSUPPORTED', { evidence });
  return isBefore(maintained) ? warned('ENGINE_VERSION_UNSUPPORTED', { evidence }) : passed(evidence);
}

export function checkRoundTrip({ session, request }: Asking): Promise<Found> {
  return judgeRoundTrip(() => session.ask('SELECT 1'), request.roundTripMs);
}

export async function checkReadOnlyState(asking: Asking): Promise<Found> {
  const rows = await readRows(
    asking,
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('read_only', 'super_read_only', 'innodb_read_only')",
  );
  const settings = new Map(rows.map(([name, value]) => [name ?? '', isOn(value)]));
  const isReadOnly = settings.get('read_only') === true;
  const isForAll = settings.get('super_read_only') === true || settings.get('innodb_read_only') === true;
  const replicas = await countReplication(asking);
  const evidence = { readOnly: isReadOnly, readOnlyForAll: isForAll, replica: replicas > 0 };
  if (asking.request.purpose === 'read' || !(isReadOnly || isForAll)) return passed(evidence);
  const { everywhere } = await privilegesOf(asking);
  const mayAllTheSame = ['SUPER', 'READ_ONLY ADMIN', 'CONNECTION_ADMIN', 'ALL PRIVILEGES'].some((one) =>
    everywhere.has(one),
  );
  if (!isForAll && mayAllTheSame) return passed({ ...evidence, exempt: true });
  // What follows another server is read-only for a reason.
  const statements = replicas > 0 || settings.get('innodb_read_only') === true ? [] : ['SET GLOBAL read_only = OFF'];
  return failed('SERVER_READ_ONLY', { evidence, statements });
}

/** Connections to servers this one follows that run; anybody may know. */
async function countReplication(asking: Asking): Promise<number> {
  const rows = await readRows(
    asking,
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('Slaves_running', 'Slave_running', 'Replicas_running')",
  );
  return rows.some(([, value]) => isOn(value)) ? 1 : 0;
}

const limitMs = 50;
const longerThanLimitSeconds = 1;

/** Sets a limit and asks something that takes longer. */
export async function checkStatementTimeout(asking: Asking): Promise<Found> {
  const { session, flavour, statementMs } = asking;
  const isMariadb = flavour === 'mariadb';
  const set = (ms: number) =>
    session.ask(`SET SESSION ${isMariadb ? `max_statement_time = ${ms / 1_000}` : `max_execution_time = ${ms}`}`);
  const row = await readRow(asking, `SELECT @@global.${isMariadb ? 'max_statement_time' : 'max_execution_time'}`);
  const evidence = { serverDefaultMs: numberAt(row, 0) * (isMariadb ? 1_000 : 1) };
  await set(limitMs);
  try {
    const [answer] = await readRows(asking, `SELECT SLEEP(${longerThanLimitSeconds})`);
    // MySQL ends it without an error.
    return answer?.[0] === '1' ? passed(evidence) : warned('SERVER_SETTING_UNUSUAL', { evidence });
  } catch (fault) {
    const errno = serverErrno(fault);
    if (errno === 1969 || errno === 3024) return passed(evidence);
    throw fault;
  } finally {
    await set(statementMs).catch(() => undefined);
  }
}

/** A replica further behind is told of. */
const maxLagSeconds = 30;

/** How far a server is behind those it follows; the privilege to see that is one that only looks. */
export async function checkReplicaLag(asking: Asking): Promise<Found> {
  const { session, flavour, signal } = asking;
  const isRunning = (await countReplication(asking)) > 0;
  let sources: readonly ReadonlyMap<string, string | null>[];
  try {
    const question = flavour === 'mariadb' ? 'SHOW ALL SLAVES STATUS' : 'SHOW REPLICA STATUS';
    sources = await session.namedRows(question, { signal, maxRows: 1_000 });
  } catch (fault) {
    if (!isServerRefusal(fault)) throw fault;
    if (!isRunning) return skipped({ replicaRunning: false, mayLook: false });
    const privilege = flavour === 'mariadb' ? 'SLAVE MONITOR' : 'REPLICATION CLIENT';
    const { account } = await privilegesOf(asking);
    const evidence = { replicaRunning: true, mayLook: false };
    return warned('CATALOG_VIEW_MISSING', { evidence, statements: [`GRANT ${privilege} ON *.* TO ${account.text}`] });
  }
  return judgeReplicas(sources);
}

/** @param sources  Rows of `SHOW … STATUS`, one for each server that is followed. */
export function judgeReplicas(sources: readonly ReadonlyMap<string, string | null>[]): Found {
  if (sources.length === 0) return passed({ replica: false });
  let lagSeconds = 0;
  let stopped = 0;
  for (const source of sources) {
    const value = (name: string) => source.get(`${name}_Source`) ?? source.get(`${name}_Master`) ?? null;
    const isUp = (thread: string) => (source.get(`Replica_${thread}`) ?? source.get(`Slave_${thread}`)) === 'Yes';
    // Nothing, where it does not run.
    const seconds = value('Seconds_Behind');
    if (!isUp('IO_Running') || !isUp('SQL_Running') || seconds === null) stopped += 1;
    else lagSeconds = Math.max(lagSeconds, Number(seconds) || 0);
  }
  const evidence = { replica: true, follows: sources.length, stopped, lagSeconds };
  return stopped > 0 || lagSeconds > maxLagSeconds ? warned('REPLICA_BEHIND', { evidence }) : passed(evidence);
}
