/**
 * The faults that a pooler in front of PostgreSQL raises itself. PgBouncer gives most of them one SQLSTATE (08P01) and
 * tells them apart by texts of its own, which are never translated; so here, and only here, texts decide. What the
 * server behind it raises has a place in the server's source and never gets here.
 *
 * @module
 */
import type { DatabaseError } from 'pg';
import type { Reason, Stage } from '../../sources/index.js';
import type { Verdict } from '../stage-walk.js';

interface PoolerFault {
  /** Its whole text, or with `…` what it begins with. */
  readonly text: string;
  readonly reason: Reason;
  /** Absent: the one that was waited for. */
  readonly stage?: Stage;
}

/** PgBouncer 1.18, src/client.c, src/objects.c, src/janitor.c, src/admin.c. */
const faults: readonly PoolerFault[] = [
  { text: 'no such database: …', reason: 'DATABASE_NOT_FOUND', stage: 'database' },
  { text: 'not allowed', reason: 'DATABASE_ACCESS_DENIED', stage: 'database' },
  // Its console answers where a database was asked for.
  { text: 'invalid command …', reason: 'DATABASE_NOT_FOUND', stage: 'database' },
  { text: 'extended query protocol not supported by admin console…', reason: 'DATABASE_NOT_FOUND', stage: 'database' },
  { text: 'bouncer config error…', reason: 'DATABASE_ACCESS_DENIED', stage: 'database' },

  { text: 'no such user…', reason: 'AUTH_INVALID_CREDENTIALS', stage: 'authenticate' },
  { text: 'SASL authentication failed', reason: 'AUTH_INVALID_CREDENTIALS', stage: 'authenticate' },
  { text: 'password authentication failed', reason: 'AUTH_INVALID_CREDENTIALS', stage: 'authenticate' },
  { text: 'PAM authentication failed', reason: 'AUTH_INVALID_CREDENTIALS', stage: 'authenticate' },
  { text: '"trust" authentication failed', reason: 'AUTH_INVALID_CREDENTIALS', stage: 'authenticate' },
  { text: 'certificate authentication failed', reason: 'TLS_CLIENT_CERT_INVALID', stage: 'tls' },
  { text: 'SSL required', reason: 'TLS_REQUIRED_BY_SERVER', stage: 'tls' },
  { text: 'login rejected', reason: 'CLIENT_HOST_NOT_PERMITTED', stage: 'handshake' },

  { text: 'no more connections allowed…', reason: 'TOO_MANY_CONNECTIONS', stage: 'handshake' },
  { text: 'server login…', reason: 'SERVER_STARTING' },
  { text: 'client_login_timeout…', reason: 'SERVER_STARTING' },
  { text: 'query_wait_timeout', reason: 'TOO_MANY_CONNECTIONS' },
  { text: 'query_timeout', reason: 'QUERY_TIMEOUT' },
  { text: 'server conn crashed…', reason: 'CONNECTION_LOST' },
  { text: 'server connection closed…', reason: 'CONNECTION_LOST' },
  { text: 'client_idle_timeout', reason: 'CONNECTION_LOST' },
  { text: 'idle transaction timeout', reason: 'CONNECTION_LOST' },
  { text: 'database removed', reason: 'CONNECTION_LOST' },
];

/** The one whose text has a name in the middle. */
const disabled = /^database ".*" is disabled$/s;

/**
 * Reads a fault as a pooler's.
 *
 * @param hasProved  A proof of identity was asked for and accepted.
 * @returns `null` when it is the server's, or of a text that has no name here.
 */
export function judgePoolerFault(fault: DatabaseError, stage: Stage, hasProved: boolean): Verdict | null {
  // PostgreSQL always says where in its source an error was raised.
  if (fault.routine !== undefined || fault.file !== undefined || fault.line !== undefined) return null;
  const { message } = fault;
  const native = fault.code ?? '';
  if (disabled.test(message)) {
    return { reason: 'DATABASE_ACCESS_DENIED', stage: 'database', evidence: { native, pooler: 'disabled' } };
  }
  const known = faults.find(({ text }) =>
    text.endsWith('…') ? message.startsWith(text.slice(0, -1)) : message === text,
  );
  if (known !== undefined) {
    const evidence = { native, pooler: known.text.replaceAll(/[^\w ]/g, '').trim() };
    // Before the first answer it waits for the server behind it, not for its turn.
    const isBehind = known.text === 'query_wait_timeout' && stage !== 'query';
    const reason = isBehind ? 'SERVER_STARTING' : known.reason;
    return known.stage === undefined ? { reason, evidence } : { reason, stage: known.stage, evidence };
  }
  // The server behind it would not have the pooler in. It passes the text on, in the server's language, and no code.
  const isPassedOn = native === '08P01' && hasProved && (stage === 'authenticate' || stage === 'database');
  if (!isPassedOn) return null;
  return { reason: 'DATABASE_ACCESS_DENIED', stage: 'database', evidence: { native, pooler: 'passed on' } };
}
