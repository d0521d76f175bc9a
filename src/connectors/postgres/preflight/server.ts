/** Checks of the server as a whole: version, round trip, time limits, read-only and replica state. @module */

import { cleanText } from '../../../network/index.js';
import { type Found, failed, passed, warned } from '../../check-findings.js';
import { judgeRoundTrip } from '../../round-trip.js';
import { isServerError, type Session } from '../connect.js';
import { quoteIdentifier } from '../quote.js';
import { type Asking, flagAt, nameAt, numberAt, readRow, readRows, textAt } from './ask.js';

/** Oldest version whose catalogues are as they are read here and by the catalogue. */
const oldestVersion = 100_000;
/** Oldest version that its makers still mend, as this was written. */
const oldestMaintained = 140_000;

export async function checkServerVersion(asking: Asking): Promise<Found> {
  const row = await readRow(
    asking,
    "SELECT current_setting('server_version_num'), split_part(version(), ' ', 1), pg_backend_pid()",
  );
  const version = numberAt(row, 0);
  const evidence = {
    version: `${Math.trunc(version / 10_000)}.${version % 10_000}`,
    product: cleanText(textAt(row, 1) ?? '', 32),
    // A pooler gives out process numbers of its own.
    pooled: isPooled(asking.session, numberAt(row, 2)),
  };
  if (version < oldestVersion) return failed('ENGINE_VERSION_UNSUPPORTED', { evidence });
  if (version < oldestMaintained) return warned('ENGINE_VERSION_UNSUPPORTED', { evidence });
  return passed(evidence);
}

/** @param processId  Of the process that answers, by its own word. */
export function isPooled(session: Session, processId: number): boolean {
  const key = session.cancelKey();
  return key !== null && key.processId !== processId;
}

export function checkRoundTrip({ session, request }: Asking): Promise<Found> {
  return judgeRoundTrip(() => session.ask('SELECT 1'), request.roundTripMs);
}

export async function checkReadOnlyState(asking: Asking): Promise<Found> {
  const row = await readRow(
    asking,
    "SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on', current_database(), session_user",
  );
  const isStandby = flagAt(row, 0);
  const isReadOnly = flagAt(row, 1);
  const evidence = { standby: isStandby, readOnlyByDefault: isReadOnly };
  if (asking.request.purpose === 'read' || !(isStandby || isReadOnly)) return passed(evidence);
  if (isStandby) return failed('SERVER_READ_ONLY', { evidence });
  // Where the setting may come from, the strongest first: each hides those behind it.
  const settings = await readRows(
    asking,
    `SELECT s.setrole <> 0, s.setdatabase <> 0
     FROM pg_db_role_setting s
     WHERE s.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user))
       AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
       AND EXISTS (SELECT FROM unnest(s.setconfig) c WHERE c ~ '^default_transaction_read_only=')
     LIMIT 4`,
  );
  const database = quoteIdentifier(nameAt(row, 2));
  const role = quoteIdentifier(nameAt(row, 3));
  const statements = settings.map((setting) => {
    const [isRole, isDatabase] = [flagAt(setting, 0), flagAt(setting, 1)];
    if (isRole) return `ALTER ROLE ${role}${isDatabase ? ` IN DATABASE ${database}` : ''} ${reset}`;
    return `ALTER ${isDatabase ? `DATABASE ${database}` : 'ROLE ALL'} ${reset}`;
  });
  if (statements.length === 0) {
    statements.push('ALTER SYSTEM SET default_transaction_read_only = off', 'SELECT pg_reload_conf()');
  }
  // Who mends it may be read-only by the same setting.
  statements.unshift('SET default_transaction_read_only = off');
  return failed('SERVER_READ_ONLY', { evidence, statements });
}

const reset = 'RESET default_transaction_read_only';

const limitMs = 50;
const longerThanLimitSeconds = 1;

/** Sets a limit and asks something that takes longer. */
export async function checkStatementTimeout(asking: Asking): Promise<Found> {
  const { session } = asking;
  const [row] = await session.rows("SELECT setting FROM pg_catalog.pg_settings WHERE name = 'statement_timeout'");
  const evidence = { serverDefaultMs: row === undefined ? 0 : numberAt(row, 0) };
  await session.ask(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${limitMs}`);
  try {
    await session.ask(`SELECT pg_catalog.pg_sleep(${longerThanLimitSeconds})`);
    return warned('SERVER_SETTING_UNUSUAL', { evidence });
  } catch (fault) {
    if (isServerError(fault) && fault.code === '57014') return passed(evidence);
    throw fault;
  } finally {
    await session.ask('ROLLBACK').catch(() => undefined);
  }
}

/** A replica further behind is told of. */
const maxLagSeconds = 30;

export async function checkReplicaLag(asking: Asking): Promise<Found> {
  const row = await readRow(
    asking,
    `SELECT pg_is_in_recovery(),
       CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
         ELSE coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), -1) END,
       CASE WHEN pg_is_in_recovery() THEN coalesce(pg_is_wal_replay_paused(), false) ELSE false END`,
  );
  if (!flagAt(row, 0)) return passed({ replica: false });
  return judgeReplicaLag(numberAt(row, 1), flagAt(row, 2));
}

/** @param lagSeconds  Since the last change that was replayed, while more has come; negative: none was ever. */
export function judgeReplicaLag(lagSeconds: number, isPaused: boolean): Found {
  const evidence = {
    replica: true,
    paused: isPaused,
    ...(lagSeconds < 0 ? {} : { lagSeconds: Math.round(lagSeconds * 10) / 10 }),
  };
  if (!isPaused && lagSeconds <= maxLagSeconds) return passed(evidence);
  return warned('REPLICA_BEHIND', { evidence, statements: isPaused ? ['SELECT pg_wal_replay_resume()'] : [] });
}
