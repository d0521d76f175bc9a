/**
 * What MySQL and MariaDB say to a statement of ours, as refusals of sources: by error number alone, and never with a
 * word of the server's outside the cause.
 *
 * @module
 */
import { AppError } from '../../kernel/errors.js';
import { StreamGuardFault } from '../../network/index.js';
import { sourcesErrors } from '../../sources/index.js';
import { serverErrno } from './errors.js';

export function readStatementFault(fault: unknown): AppError {
  if (fault instanceof AppError) return fault;
  const context = { cause: fault };
  if (fault instanceof StreamGuardFault && fault.code === 'BYTE_BUDGET') return sourcesErrors.result_too_large(context);
  const errno = serverErrno(fault);
  if (errno === null) return sourcesErrors.connection_lost(context);
  return sourcesErrors[kindByErrno.get(errno) ?? 'query_refused'](context);
}

/** Whether the session has ended with it. A refusal we made up ourselves says nothing about the session. */
export function endsSession(fault: unknown): boolean {
  if (fault instanceof AppError) return false;
  const errno = serverErrno(fault);
  return errno === null || kindByErrno.get(errno) === 'connection_lost';
}

/** Whether a refusal came of texts in character sets that do not go together. */
export function isMixOfCollations(refusal: unknown): boolean {
  const errno = refusal instanceof AppError ? serverErrno(refusal.cause) : null;
  return errno === 1267 || errno === 1270 || errno === 1271;
}

type Kind =
  | 'connection_lost'
  | 'constraint_violated'
  | 'query_timeout'
  | 'relation_changed'
  | 'serialization_failed'
  | 'value_refused';

/** Numbers below 3,000 are the same on both servers, from 3,000 MySQL's own and from 4,000 MariaDB's, but for a few. */
const errnos: Readonly<Record<Kind, readonly number[]>> = {
  constraint_violated: [
    ...[1022, 1048, 1062, 1169, 1216, 1217, 1364, 1369, 1451, 1452, 1557, 1586, 1748, 1761, 1762],
    ...[3819, 4025],
  ],
  value_refused: [
    ...[1264, 1265, 1292, 1300, 1365, 1366, 1367, 1406, 1411, 1416, 1425, 1441, 1525, 1690],
    ...[3140, 3141, 3156, 3157, 3158, 3854, 4038, 4078],
  ],
  // Deadlock, a lock not had in time, a row changed since it was read.
  serialization_failed: [1020, 1205, 1213, 3572],
  query_timeout: [1317, 1969, 3024],
  relation_changed: [1049, 1051, 1054, 1146, 1412],
  connection_lost: [1053, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 2006, 2013, 3169, 4031],
};

const kindByErrno = new Map(
  (Object.entries(errnos) as [Kind, readonly number[]][]).flatMap(([kind, list]) =>
    list.map((errno) => [errno, kind] as const),
  ),
);
