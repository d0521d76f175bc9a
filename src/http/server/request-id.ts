/** What a request is called, in answers, audit events and logs alike. @module */
import type { IncomingMessage } from 'node:http';
import type { Ids } from '../../kernel/ids.js';
import { type Family, familyOf } from '../kit/family.js';

const maxLength = 128;
const printable = /^[\x20-\x7e]+$/;

/**
 * An own UUID; where the family lets callers name their requests, theirs: printable ASCII, cut at 128 characters.
 */
export function requestIdOf(request: IncomingMessage, families: readonly Family[], ids: Ids): string {
  const given = request.headers['x-request-id'];
  if (typeof given !== 'string' || !printable.test(given)) return ids.uuid();
  return familyOf(families, request.url ?? null).takesRequestId === true
    ? given.slice(0, maxLength).trim()
    : ids.uuid();
}
