/** Checks of the account: whether its password ends soon, and whether it has connections left. @module */
import { type Found, passed, warned } from '../../check-findings.js';
import { isServerRefusal } from '../errors.js';
import { type Asking, numberAt, readRow, readRows, textAt } from './ask.js';

const dayMs = 86_400_000;
const soonDays = 14;

/** An account that logged in is neither locked nor expired; what is left is how long its password still lasts. */
export async function checkAccountState(asking: Asking): Promise<Found> {
  const defaultDays = await readLifetime(asking);
  const own = await readOwnLifetime(asking);
  const lifetimeDays = own ?? defaultDays;
  if (lifetimeDays === 0) return passed({ passwordExpires: false });
  const changedAtMs = await readChange(asking);
  const evidence = { passwordExpires: true, lifetimeDays };
  // Only who may read the accounts of the server can say since when.
  if (changedAtMs === null) return passed({ ...evidence, since: 'unknown' });
  const daysLeft = Math.floor((changedAtMs + lifetimeDays * dayMs - asking.clock.nowMs()) / dayMs);
  const told = { ...evidence, daysLeft };
  return daysLeft <= soonDays ? warned('ACCOUNT_EXPIRES_SOON', { evidence: told }) : passed(told);
}

async function readLifetime(asking: Asking): Promise<number> {
  const rows = await readRows(asking, "SHOW GLOBAL VARIABLES LIKE 'default_password_lifetime'");
  return Number(rows[0]?.[1] ?? 0) || 0;
}

/** Days; 0 for never; `null` for the server's default. The statement shows digests: nothing else of it is kept. */
async function readOwnLifetime(asking: Asking): Promise<number | null> {
  let text: string;
  try {
    text = textAt(await readRow(asking, 'SHOW CREATE USER CURRENT_USER()'), 0);
  } catch (fault) {
    if (!isServerRefusal(fault)) throw fault;
    return null;
  }
  const bare = text.replace(/`(?:[^`]|``)*`|'(?:[^'\\]|\\.|'')*'/gs, '');
  const days = /\bPASSWORD EXPIRE INTERVAL (\d{1,5}) DAY\b/.exec(bare)?.[1];
  if (days !== undefined) return Number(days);
  return /\bPASSWORD EXPIRE NEVER\b/.test(bare) ? 0 : null;
}

async function readChange(asking: Asking): Promise<number | null> {
  const sql =
    asking.flavour === 'mariadb'
      ? `SELECT JSON_VALUE(Priv, '$.password_last_changed') FROM mysql.global_priv
         WHERE CONCAT(User, '@', Host) = CURRENT_USER()`
      : `SELECT UNIX_TIMESTAMP(password_last_changed) FROM mysql.user WHERE CONCAT(User, '@', Host) = CURRENT_USER()`;
  try {
    const [row] = await readRows(asking, sql);
    const seconds = Number(row?.[0] ?? Number.NaN);
    return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : null;
  } catch (fault) {
    if (isServerRefusal(fault)) return null;
    throw fault;
  }
}

/** Metadata is read over at most so many connections. */
const wantedConnections = 4;

/** Made while only one connection of ours is there. */
export async function checkConnectionHeadroom(asking: Asking): Promise<Found> {
  const [, connected] = await readRow(asking, "SHOW GLOBAL STATUS LIKE 'Threads_connected'");
  const limits = await readRow(asking, 'SELECT @@global.max_connections, @@session.max_user_connections');
  const own = await readRow(
    asking,
    `SELECT COUNT(*) FROM information_schema.PROCESSLIST
     WHERE USER = (SELECT p.USER FROM information_schema.PROCESSLIST p WHERE p.ID = CONNECTION_ID())`,
  );
  const serverLimit = numberAt(limits, 0);
  // Of the account or, where it has none, the server's for every account; 0 is none at all.
  const accountLimit = numberAt(limits, 1);
  const serverUsed = Number(connected ?? 0);
  const accountUsed = numberAt(own, 0);
  const serverLeft = Math.max(0, serverLimit - serverUsed);
  const evidence = {
    serverLimit,
    serverUsed,
    serverLeft,
    accountUsed,
    ...(accountLimit > 0 ? { accountLimit, accountLeft: Math.max(0, accountLimit - accountUsed) } : {}),
  };
  if (accountLimit > 0 && accountLimit - accountUsed < wantedConnections - 1) {
    return warned('USER_CONNECTION_LIMIT', { evidence });
  }
  const isScarce = serverLeft < wantedConnections - 1 || serverLeft < serverLimit / 20;
  return isScarce ? warned('TOO_MANY_CONNECTIONS', { evidence }) : passed(evidence);
}
