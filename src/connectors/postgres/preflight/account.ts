/** Checks of the account and of the connections it may have. @module */
import { type Found, failed, passed, warned } from '../../check-findings.js';
import { quoteIdentifier } from '../quote.js';
import { type Asking, flagAt, nameAt, numberAt, readRow, textAt } from './ask.js';

const soonDays = 14;
/** How long the statement shown makes an account last. */
const renewedDays = 90;

/**
 * How long the account lasts. A password that has expired is never told apart from a wrong one while logging in (both
 * are 28P01): this is the check that sees it coming.
 */
export async function checkAccountState(asking: Asking): Promise<Found> {
  const row = await readRow(
    asking,
    `SELECT r.rolname, r.rolsuper,
       CASE WHEN isfinite(r.rolvaliduntil)
         THEN round(extract(epoch FROM r.rolvaliduntil - clock_timestamp())::numeric / 86400, 1) END,
       to_char(clock_timestamp() AT TIME ZONE 'UTC' + interval '${renewedDays} days', 'YYYY-MM-DD')
     FROM pg_roles r WHERE r.rolname = session_user`,
  );
  const role = quoteIdentifier(nameAt(row, 0));
  const isSuperuser = flagAt(row, 1);
  const daysLeft = textAt(row, 2) === null ? null : numberAt(row, 2);
  const evidence = { superuser: isSuperuser, ...(daysLeft === null ? {} : { daysLeft }) };
  if (daysLeft !== null && daysLeft <= soonDays) {
    const until = nameAt(row, 3);
    const statements = /^\d{4}-\d\d-\d\d$/.test(until) ? [`ALTER ROLE ${role} VALID UNTIL '${until} 00:00:00+00'`] : [];
    const details = { evidence, objects: [role], statements };
    return daysLeft <= 0 ? failed('AUTH_PASSWORD_EXPIRED', details) : warned('ACCOUNT_EXPIRES_SOON', details);
  }
  if (!isSuperuser) return passed(evidence);
  return warned('PRIV_EXCESSIVE', { evidence, objects: [role], statements: [`ALTER ROLE ${role} NOSUPERUSER`] });
}

/** A source uses so many connections unless it is told otherwise. */
const wanted = 4;

/** Connections that are left, of the server, the database and the role; the one that asks does not count. */
export async function checkConnectionHeadroom(asking: Asking): Promise<Found> {
  const row = await readRow(
    asking,
    `SELECT r.rolname, d.datname, r.rolsuper, r.rolconnlimit, d.datconnlimit,
       current_setting('max_connections'),
       current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true)::int, 0),
       count(*), count(*) FILTER (WHERE a.usesysid = r.oid), count(*) FILTER (WHERE a.datid = d.oid)
     FROM pg_roles r JOIN pg_database d ON d.datname = current_database()
       LEFT JOIN pg_stat_activity a ON a.usesysid IS NOT NULL AND a.datid IS NOT NULL
         AND a.pid <> pg_backend_pid()
     WHERE r.rolname = session_user
     GROUP BY r.oid, r.rolname, d.oid, d.datname, r.rolsuper, r.rolconnlimit, d.datconnlimit`,
  );
  const isSuperuser = flagAt(row, 2);
  const max = numberAt(row, 5);
  const used = numberAt(row, 7);
  const left = max - used - (isSuperuser ? 0 : numberAt(row, 6));
  const leftOf = (limitPlace: number, usedPlace: number) => {
    const limit = numberAt(row, limitPlace);
    return limit < 0 || isSuperuser ? null : limit - numberAt(row, usedPlace);
  };
  const roleLeft = leftOf(3, 8);
  const databaseLeft = leftOf(4, 9);
  const evidence = {
    max,
    used,
    left: Math.max(0, left),
    ...(roleLeft === null ? {} : { roleLeft: Math.max(0, roleLeft) }),
    ...(databaseLeft === null ? {} : { databaseLeft: Math.max(0, databaseLeft) }),
  };
  const role = quoteIdentifier(nameAt(row, 0));
  const database = quoteIdentifier(nameAt(row, 1));
  const tight: { readonly object: string; readonly statement: string }[] = [];
  if (roleLeft !== null && roleLeft < wanted) {
    const limit = numberAt(row, 8) + 2 * wanted;
    tight.push({ object: role, statement: `ALTER ROLE ${role} CONNECTION LIMIT ${limit}` });
  }
  const isRoleTight = tight.length > 0;
  if (databaseLeft !== null && databaseLeft < wanted) {
    const limit = numberAt(row, 9) + 2 * wanted;
    tight.push({ object: database, statement: `ALTER DATABASE ${database} CONNECTION LIMIT ${limit}` });
  }
  // Takes a restart of the server.
  const more = left < wanted ? [`ALTER SYSTEM SET max_connections = ${max + 2 * wanted - left}`] : [];
  if (tight.length === 0 && more.length === 0) return passed(evidence);
  return warned(isRoleTight ? 'USER_CONNECTION_LIMIT' : 'TOO_MANY_CONNECTIONS', {
    evidence: { ...evidence, ...(more.length > 0 ? { needsRestart: true } : {}) },
    objects: tight.map((one) => one.object),
    statements: [...tight.map((one) => one.statement), ...more],
  });
}
