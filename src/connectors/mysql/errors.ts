/**
 * Faults of MySQL and MariaDB as reasons: by error number, which both servers share up to 3,999; above, each has its
 * own. Message texts follow the server's language and are never read.
 *
 * @module
 */
import { classifyConnectFault, classifyTlsFault, cleanText, StreamGuardFault } from '../../network/index.js';
import type { Reason, Stage } from '../../sources/index.js';
import { ClosedByPeer } from '../first-bytes.js';
import { judgeStreamGuard } from '../guard-verdict.js';
import { OtherService } from '../service-identity.js';
import type { Verdict } from '../stage-walk.js';
import { ServerRequestDeclined } from './connect.js';
import { RefusedAtGreeting } from './greeting.js';

/** Reads what a stage threw. @param stage  The stage that was waited for. */
export function judgeMysqlFault(fault: unknown, stage: Stage): Verdict {
  if (fault instanceof OtherService) {
    return { reason: 'PROTOCOL_MISMATCH', stage: 'handshake', evidence: { speaks: fault.service } };
  }
  if (fault instanceof RefusedAtGreeting) return judgeErrno(fault.errno, 'handshake');
  const declined = fault instanceof ServerRequestDeclined ? fault : causeOf(fault);
  if (declined instanceof ServerRequestDeclined) {
    const reason = declined.asked === 'cleartext' ? 'AUTH_PLUGIN_UNSUPPORTED' : 'QUERY_FAILED';
    return { reason, evidence: { asked: declined.asked } };
  }
  const errno = serverErrno(fault);
  if (errno !== null) return judgeErrno(errno, stage);
  if (fault instanceof StreamGuardFault) return judgeStreamGuard(fault, stage);
  const tls = classifyTlsFault(fault);
  if (tls !== null) return { reason: tls.reason, stage: 'tls', evidence: { native: tls.native } };
  if (!(fault instanceof Error)) return { reason: 'UNCLASSIFIED' };
  const code = 'code' in fault && typeof fault.code === 'string' ? fault.code : '';
  // The driver has no such plugin, or the server's conversation with it makes no sense.
  if (code === 'AUTH_SWITCH_PLUGIN_ERROR') return { reason: 'AUTH_PLUGIN_UNSUPPORTED' };
  const net = classifyConnectFault(fault);
  const isHungUp = fault instanceof ClosedByPeer || code === 'PROTOCOL_CONNECTION_LOST';
  if (isHungUp || net.reason === 'TCP_RESET') {
    return { reason: stage === 'query' ? 'CONNECTION_LOST' : 'TCP_RESET', evidence: { native: net.native } };
  }
  // What the driver makes of packets that no server sends at this point, or that it cannot read.
  const isDrivers = net.native === 'UNKNOWN' || /^(?:PROTOCOL|HANDSHAKE)_/.test(code);
  if (net.reason === 'UNCLASSIFIED' && isDrivers) return judgeStreamGuard(new StreamGuardFault('DRIVER_FAULT'), stage);
  return { reason: net.reason, evidence: { native: cleanText(net.native, 48) } };
}

function judgeErrno(errno: number, stage: Stage): Verdict {
  const known = verdictByErrno.get(errno);
  return { reason: known?.reason ?? 'UNCLASSIFIED', stage: known?.stage ?? stage, evidence: { native: errno } };
}

const verdictByErrno = new Map<number, { readonly reason: Reason; readonly stage?: Stage }>([
  [1040, { reason: 'TOO_MANY_CONNECTIONS' }],
  [1203, { reason: 'USER_CONNECTION_LIMIT' }],
  [1226, { reason: 'USER_CONNECTION_LIMIT' }],
  [1053, { reason: 'SERVER_SHUTTING_DOWN' }],
  [1129, { reason: 'CLIENT_HOST_BLOCKED' }],
  [1130, { reason: 'CLIENT_HOST_NOT_PERMITTED' }],
  [1251, { reason: 'AUTH_PLUGIN_UNSUPPORTED' }],
  [1275, { reason: 'AUTH_PLUGIN_UNSUPPORTED' }], // a password in the form before 4.1
  [1524, { reason: 'AUTH_PLUGIN_UNSUPPORTED' }],
  [2059, { reason: 'AUTH_PLUGIN_UNSUPPORTED' }],
  [3159, { reason: 'TLS_REQUIRED_BY_SERVER', stage: 'tls' }],
  [1045, { reason: 'AUTH_INVALID_CREDENTIALS', stage: 'authenticate' }],
  [1698, { reason: 'AUTH_INVALID_CREDENTIALS', stage: 'authenticate' }],
  [3118, { reason: 'AUTH_ACCOUNT_LOCKED', stage: 'authenticate' }], // MySQL
  [4151, { reason: 'AUTH_ACCOUNT_LOCKED', stage: 'authenticate' }], // MariaDB
  [4150, { reason: 'AUTH_ACCOUNT_LOCKED', stage: 'authenticate' }], // MariaDB: too many wrong passwords
  [1862, { reason: 'AUTH_PASSWORD_EXPIRED', stage: 'authenticate' }],
  [1820, { reason: 'AUTH_PASSWORD_MUST_CHANGE', stage: 'authenticate' }],
  [1044, { reason: 'DATABASE_ACCESS_DENIED', stage: 'database' }],
  [1049, { reason: 'DATABASE_NOT_FOUND', stage: 'database' }],
  [1043, { reason: 'PROTOCOL_MISMATCH', stage: 'handshake' }],
  [1835, { reason: 'PROTOCOL_MISMATCH', stage: 'handshake' }],
  [3032, { reason: 'SERVER_SHUTTING_DOWN' }], // MySQL: offline_mode
  [3955, { reason: 'AUTH_ACCOUNT_LOCKED', stage: 'authenticate' }], // MySQL: too many wrong passwords
  [1205, { reason: 'QUERY_TIMEOUT' }],
  [1317, { reason: 'QUERY_TIMEOUT' }],
  [1969, { reason: 'QUERY_TIMEOUT' }], // MariaDB: max_statement_time
  [3024, { reason: 'QUERY_TIMEOUT' }], // MySQL: max_execution_time
  [1036, { reason: 'SERVER_READ_ONLY' }],
  [1290, { reason: 'SERVER_READ_ONLY' }],
  [1792, { reason: 'SERVER_READ_ONLY' }],
  [1836, { reason: 'SERVER_READ_ONLY' }],
  [1152, { reason: 'CONNECTION_LOST' }],
  [1184, { reason: 'CONNECTION_LOST' }], // what `init_connect` says fails
  [1927, { reason: 'CONNECTION_LOST' }],
  [2013, { reason: 'CONNECTION_LOST' }],
  [3169, { reason: 'CONNECTION_LOST' }], // MySQL: killed
  [4031, { reason: 'CONNECTION_LOST' }], // MySQL: idle for too long
  ...[1046, 1054, 1064, 1109, 1142, 1143, 1146, 1213, 1227, 1305, 1356, 1370].map(
    (errno): [number, { readonly reason: Reason }] => [errno, { reason: 'QUERY_FAILED' }],
  ),
]);

/** Whether the server refused a question and the session goes on. */
export function isServerRefusal(fault: unknown): boolean {
  return serverErrno(fault) !== null && !(fault instanceof Error && 'fatal' in fault && fault.fatal === true);
}

/** The number of an error packet; `null` for what the driver or the system made up. */
export function serverErrno(fault: unknown): number | null {
  if (!(fault instanceof Error) || !('sqlState' in fault) || !('errno' in fault)) return null;
  return typeof fault.errno === 'number' && fault.errno > 0 ? fault.errno : null;
}

function causeOf(fault: unknown): unknown {
  return fault instanceof Error ? fault.cause : undefined;
}
