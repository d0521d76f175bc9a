/**
 * PostgreSQL's faults as reasons: by SQLSTATE, and where one SQLSTATE means several things by the server function that
 * raised it, which is never translated. Message texts are: they follow the server's locale.
 *
 * @module
 */
import { classifyConnectFault, classifyTlsFault, cleanText, StreamGuardFault } from '../../network/index.js';
import type { Reason, Stage } from '../../sources/index.js';
import { ClosedByPeer } from '../first-bytes.js';
import { judgeStreamGuard } from '../guard-verdict.js';
import { OtherService } from '../service-identity.js';
import type { Verdict } from '../stage-walk.js';
import { AuthenticationDeclined, isServerError } from './connect.js';
import { judgePoolerFault } from './pooler-errors.js';

/** What was said about who we are before the fault. */
export interface LoginFacts {
  readonly wasAskedForProof: boolean;
  /** The server asked for a proof of identity and accepted it. */
  readonly hasProved: boolean;
  /** A client's certificate was shown. */
  readonly hasCertificate: boolean;
}

export const nothingSaid: LoginFacts = { wasAskedForProof: false, hasProved: false, hasCertificate: false };

/**
 * Reads what a stage threw.
 *
 * @param stage  The stage that was waited for.
 */
export function judgePostgresFault(fault: unknown, stage: Stage, login: LoginFacts): Verdict {
  if (fault instanceof OtherService) {
    return { reason: 'PROTOCOL_MISMATCH', stage: 'handshake', evidence: { speaks: fault.service } };
  }
  if (fault instanceof AuthenticationDeclined) {
    const reason = fault.kind === 'no_password' ? 'AUTH_PASSWORD_REQUIRED' : 'AUTH_PLUGIN_UNSUPPORTED';
    return { reason, evidence: { asked: fault.kind } };
  }
  if (isServerError(fault)) {
    const state = fault.code;
    if (state === undefined || !/^[0-9A-Z]{5}$/.test(state)) {
      return { reason: stage === 'handshake' ? 'PROTOCOL_MISMATCH' : 'UNCLASSIFIED', evidence: { native: 'NO_STATE' } };
    }
    const byPooler = judgePoolerFault(fault, stage, login.hasProved);
    if (byPooler !== null) return byPooler;
    const routine = toldRoutines.has(fault.routine ?? '') ? (fault.routine ?? '') : '';
    const evidence = {
      native: state,
      ...(routine === '' ? {} : { routine }),
      // The server gives all of these one code, so that nobody learns which accounts there are.
      ...(state === '28P01' ? { mayMean: meaningsOfRefusal } : {}),
    };
    return { ...reasonOf(state, routine, fault.message, stage, login), evidence };
  }
  if (fault instanceof StreamGuardFault) return judgeGuard(fault, stage);
  const tls = classifyTlsFault(fault);
  if (tls !== null) return { reason: tls.reason, stage: 'tls', evidence: { native: tls.native } };
  if (!(fault instanceof Error)) return { reason: 'UNCLASSIFIED' };
  // The driver's own words, in English wherever it runs.
  if (fault.message.startsWith('SASL: ')) {
    return { reason: 'AUTH_PLUGIN_UNSUPPORTED', stage: 'authenticate', evidence: { asked: 'sasl' } };
  }
  const isHungUp = fault instanceof ClosedByPeer || hungUpWords.some((words) => fault.message.startsWith(words));
  const net = classifyConnectFault(fault);
  if (isHungUp || net.reason === 'TCP_RESET') {
    return { reason: isLoggedIn(stage) ? 'CONNECTION_LOST' : 'TCP_RESET', evidence: { native: net.native } };
  }
  // What the driver makes of words that no PostgreSQL server says at this point.
  if (stage === 'handshake' && net.reason === 'UNCLASSIFIED') return { reason: 'PROTOCOL_MISMATCH' };
  return { reason: net.reason, evidence: { native: cleanText(net.native, 48) } };
}

/** The driver's words for a connection that is no more. */
const hungUpWords = ['Connection terminated', 'Client has encountered a connection error', 'Client was closed'];

function isLoggedIn(stage: Stage): boolean {
  return stage === 'query' || stage === 'privilege' || stage === 'catalog';
}

function reasonOf(
  state: string,
  routine: string,
  message: string,
  stage: Stage,
  login: LoginFacts,
): { readonly reason: Reason; readonly stage?: Stage } {
  const isIn = isLoggedIn(stage);
  switch (state) {
    case '28000':
      if (routine === 'ClientAuthentication') {
        // The file's name stands untranslated in every "no entry" and "rejects" message; the other message of this
        // place is about the client's certificate.
        return message.includes('pg_hba.conf')
          ? { reason: 'CLIENT_HOST_NOT_PERMITTED' }
          : { reason: 'TLS_CLIENT_CERT_REQUIRED', stage: 'tls' };
      }
      // Raised for a role that may not log in and for one that is not there; the second never gets past a proof.
      if (routine === 'InitializeSessionUserId' && login.hasProved) {
        return { reason: 'AUTH_ROLE_NOT_LOGIN', stage: 'authenticate' };
      }
      // A method that asks us for nothing was not content: it is of the kind we do not have (ident, peer), or it
      // wants the certificate to name the role.
      if (routine === 'auth_failed' && !login.wasAskedForProof) {
        return login.hasCertificate
          ? { reason: 'TLS_CLIENT_CERT_INVALID', stage: 'tls' }
          : { reason: 'AUTH_PLUGIN_UNSUPPORTED', stage: 'authenticate' };
      }
      return { reason: 'AUTH_INVALID_CREDENTIALS', stage: 'authenticate' };
    case '28P01':
      return { reason: 'AUTH_INVALID_CREDENTIALS', stage: 'authenticate' };
    case '53300':
      return { reason: routine === 'InitializeSessionUserId' ? 'USER_CONNECTION_LIMIT' : 'TOO_MANY_CONNECTIONS' };
    case '57014':
      return { reason: isIn ? 'QUERY_TIMEOUT' : 'STAGE_TIMEOUT' };
    case '42501':
    case '55000':
      return { reason: isIn ? 'QUERY_FAILED' : 'DATABASE_ACCESS_DENIED' };
    case '0A000':
      return { reason: isIn ? 'QUERY_FAILED' : 'ENGINE_VERSION_UNSUPPORTED' };
    case '08P01':
      // Somebody in between, of whom nothing is known here, refuses the login.
      return { reason: isIn ? 'CONNECTION_LOST' : 'UNCLASSIFIED' };
    default:
      return {
        reason:
          reasonByState.get(state) ??
          (isIn ? reasonByClassOfQuery : reasonByClassOfLogin).get(state.slice(0, 2)) ??
          'UNCLASSIFIED',
      };
  }
}

/** Places of the server's source that say more than the code. Any other text there is the server's to choose. */
const toldRoutines = new Set([
  ...['ClientAuthentication', 'auth_failed', 'InitializeSessionUserId', 'InitPostgres', 'CheckMyDatabase'],
  ...['ProcessStartupPacket', 'BackendStartup', 'BackendInitialize', 'ProcessInterrupts', 'aclcheck_error'],
]);

const reasonByState = new Map<string, Reason>([
  ['3D000', 'DATABASE_NOT_FOUND'],
  ['57P03', 'SERVER_STARTING'],
  ['57P01', 'SERVER_SHUTTING_DOWN'],
  ['57P02', 'SERVER_SHUTTING_DOWN'],
  ['25006', 'SERVER_READ_ONLY'],
  ['57P04', 'DATABASE_NOT_FOUND'],
  ['57P05', 'CONNECTION_LOST'],
  ['25P03', 'CONNECTION_LOST'],
  ['25P04', 'CONNECTION_LOST'],
]);

/** Classes of SQLSTATE (PostgreSQL, appendix A) that a question can end with. */
const reasonByClassOfQuery = new Map<string, Reason>([
  ['08', 'CONNECTION_LOST'],
  ...['0A', '21', '22', '23', '25', '26', '28', '2B', '34', '38', '39', '3D', '3F', '40', '42', '44'].map(failing),
  ...['53', '54', '55', '57', '58', '72', 'F0', 'HV', 'P0', 'XX'].map(failing),
]);

/** And a login: what is left is a server in trouble, or code of the database that has a say in logins. */
const reasonByClassOfLogin = new Map<string, Reason>([
  ['08', 'CONNECTION_LOST'],
  ['42', 'DATABASE_ACCESS_DENIED'],
  ['P0', 'DATABASE_ACCESS_DENIED'],
  ...['53', '58', 'F0', 'XX'].map(failing),
]);

function failing(state: string): [string, Reason] {
  return [state, 'QUERY_FAILED'];
}

const meaningsOfRefusal = 'wrong password, unknown role, role without a password, or VALID UNTIL has passed';

function judgeGuard(fault: StreamGuardFault, stage: Stage): Verdict {
  const evidence = { native: fault.code };
  // The driver throws on authentication requests it has no name for (GSS, SSPI and the like).
  if (fault.cause instanceof Error && fault.cause.message.startsWith('Unknown authenticationOk message type')) {
    return { reason: 'AUTH_PLUGIN_UNSUPPORTED', evidence };
  }
  return judgeStreamGuard(fault, stage);
}
