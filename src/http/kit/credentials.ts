/**
 * The one parser of presented credentials. It looks at the raw header lines, so that a header sent twice is seen; it
 * knows shapes, never validity. Whether a credential is good is for the gate of identity alone to say.
 *
 * Every family is looked at through the same slots: a credential in a slot that a route does not take still counts as
 * presented, so that it can be in conflict with another and is never mistaken for "nothing presented". The console's
 * cookie is the exception: a browser sends it to every path of the host, whoever's request it is, so it counts where a
 * route takes it and is nothing anywhere else.
 *
 * @module
 */
import type { PresentedCredential } from '../../identity/index.js';
import { Secret } from '../../kernel/secret.js';
import { httpErrors } from '../errors.js';
import { consoleCookiesIn } from './console-cookie.js';

/** Headers that carry credentials. `authentication` is the name one family's published table uses. */
const headerSlots = ['authorization', 'authentication', 'x-authorization'] as const;
export type CredentialSlot = (typeof headerSlots)[number] | 'cookie';

/** How a header value carries a credential. */
export type Carriage =
  | 'bare_jwt'
  | 'bearer_jwt'
  | 'bare_api_key'
  | 'bearer_api_key'
  | 'token'
  | 'basic'
  | 'console_cookie'
  | 'other';

/** Which carriages a route takes in which slot. */
export type SlotTable = { readonly [Slot in CredentialSlot]?: readonly Carriage[] };

export interface FoundCredential {
  readonly slot: CredentialSlot;
  readonly carriage: Carriage;
  /** The credential without its scheme. */
  readonly value: Secret;
}

const maxJwtLength = 8_192;
const beyondJwt = /[^A-Za-z0-9_.-]/;
const apiKey = /^[A-Za-z0-9_-]{16,256}$/;
const cookie = /^[A-Za-z0-9_-]{16,256}$/;
const bearer = /^bearer +(\S+)$/i;
const token = /^token +(\S+)$/i;
const basic = /^basic +(\S+)$/i;

/**
 * Finds what the request presents.
 *
 * The same credential in two places is one. Of those places the one this route takes is returned, else the first.
 *
 * @param rawHeaders  `IncomingMessage.rawHeaders`: names and values in turn.
 * @returns           `null` when no slot holds anything.
 * @throws `http.credentials_conflict` when two different credentials are there, in whatever slots.
 */
export function findCredential(rawHeaders: readonly string[], slots: SlotTable): FoundCredential | null {
  let first: Found | null = null;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    // Of all headers of all requests: most are told from ours by their length.
    const slot = slotsByLength[name.length];
    const header = rawHeaders[at + 1] ?? '';
    if (slot === undefined || header === '' || name.toLowerCase() !== slot) continue;
    if (slot !== 'cookie') first = oneOf(first, classify(slot, header), slots);
    else if (slots.cookie !== undefined) {
      for (const found of consoleSessionsIn(header)) first = oneOf(first, found, slots);
    }
  }
  return first === null ? null : { slot: first.slot, carriage: first.carriage, value: new Secret(first.value) };
}

function oneOf(first: Found | null, next: Found, slots: SlotTable): Found {
  if (first === null) return next;
  if (first.value !== next.value) throw httpErrors.credentials_conflict();
  return isTaken(first, slots) ? first : next;
}

/** No two of them are equally long. */
const slotsByLength: readonly (CredentialSlot | undefined)[] = [...headerSlots, 'cookie' as const].reduce(
  (table: (CredentialSlot | undefined)[], slot) => Object.assign(table, { [slot.length]: slot }),
  [],
);

interface Found {
  readonly slot: CredentialSlot;
  readonly carriage: Carriage;
  readonly value: string;
}

function consoleSessionsIn(header: string): readonly Found[] {
  const values = consoleCookiesIn(header).filter((value) => value !== '');
  return values.map((value) => ({
    ...{ slot: 'cookie' as const, carriage: cookie.test(value) ? ('console_cookie' as const) : ('other' as const) },
    value,
  }));
}

/** Whether the route takes this carriage in this slot. */
export function isTaken(found: Pick<FoundCredential, 'slot' | 'carriage'>, slots: SlotTable): boolean {
  return slots[found.slot]?.includes(found.carriage) ?? false;
}

/** What identity's gate is given; a credential where the route takes none is of unknown shape, hence refused. */
export function presentedCredential(
  found: FoundCredential,
  slots: SlotTable,
  csrf: string | undefined,
  isReadOnly: boolean,
): PresentedCredential {
  return {
    isReadOnly,
    shape: isTaken(found, slots) ? shapeOf(found.carriage) : 'unknown',
    value: found.value,
    csrf: csrf === undefined || csrf === '' ? null : new Secret(csrf),
  };
}

/**
 * Compact JWS (RFC 7515 §3.1): three base64url parts, none of them empty. Said without a pattern of the whole, which
 * would go back and forth over every token of every request.
 */
function isJwt(text: string): boolean {
  const first = text.indexOf('.');
  const last = text.lastIndexOf('.');
  if (first < 1 || last < first + 2 || last === text.length - 1 || text.length > maxJwtLength) return false;
  return text.indexOf('.', first + 1) === last && !beyondJwt.test(text);
}

const usualBearer = 'Bearer ';

function classify(slot: CredentialSlot, header: string): Found {
  // As nearly everybody sends it, read once and not three times.
  if (header.startsWith(usualBearer)) {
    const value = header.slice(usualBearer.length);
    if (isJwt(value)) return { slot, carriage: 'bearer_jwt', value };
  }
  const borne = bearer.exec(header)?.[1];
  if (borne !== undefined) {
    if (isJwt(borne)) return { slot, carriage: 'bearer_jwt', value: borne };
    return { slot, carriage: apiKey.test(borne) ? 'bearer_api_key' : 'other', value: borne };
  }
  const login = token.exec(header)?.[1];
  if (login !== undefined) return { slot, carriage: 'token', value: login };
  const client = basic.exec(header)?.[1];
  if (client !== undefined) return { slot, carriage: 'basic', value: client };
  if (isJwt(header)) return { slot, carriage: 'bare_jwt', value: header };
  return { slot, carriage: apiKey.test(header) ? 'bare_api_key' : 'other', value: header };
}

function shapeOf(carriage: Carriage): PresentedCredential['shape'] {
  switch (carriage) {
    case 'bare_jwt':
    case 'bearer_jwt':
      return 'jwt';
    case 'bare_api_key':
    case 'bearer_api_key':
      return 'api_key';
    case 'console_cookie':
      return 'cookie';
    case 'token':
    case 'basic':
    case 'other':
      return 'unknown';
  }
}
