/**
 * What an API key is narrowed to: read from what somebody asks for, compared with what it has, and judged at every use.
 * Narrowing takes away and never gives: what a key may do is what its owner may, within this.
 *
 * @module
 */
import { type Action, actions } from '../access/index.js';
import { identityErrors } from './errors.js';
import type { ApiKey, ApiKeyChange, KeyNarrowing } from './model.js';
import { isPlainText } from './plain-text.js';
import type { Networks } from './ports.js';

const maxSources = 100;
const maxCidrs = 50;
const sourceId = /^[0-9a-z-]{1,64}$/;
const dayMs = 86_400_000;
/** Year 9999: later instants have no spelling that everybody reads. */
const lastInstantMs = 253_402_300_799_999;

const known: ReadonlySet<string> = new Set(actions);

export interface NarrowingRules {
  readonly networks: Networks;
  readonly nowMs: number;
  /** The longest life of a key; `null`: for ever. */
  readonly maxLifetimeMs: number | null;
}

/**
 * @returns what is asked for, each list sorted and without repetition; what is not asked for narrows nothing.
 * @throws `identity.api_key_field_invalid` details.field, details.fix.
 */
export function readNarrowing(
  asked: Pick<ApiKeyChange, 'scopes' | 'sources' | 'cidrs'>,
  networks: Networks,
): KeyNarrowing {
  return { scopes: readScopes(asked.scopes), sources: readSources(asked.sources), cidrs: readCidrs(asked, networks) };
}

/**
 * When a key that is made now ends.
 *
 * @returns the end asked for, or the latest the install allows; `null` for never.
 * @throws `identity.api_key_field_invalid` both ways of asking at once, an end that has passed, or one too late.
 */
export function readEnd(asked: Pick<ApiKeyChange, 'expiresAtMs' | 'lifetimeMs'>, rules: NarrowingRules): number | null {
  const { nowMs, maxLifetimeMs } = rules;
  const latestMs = maxLifetimeMs === null ? null : nowMs + maxLifetimeMs;
  const endMs = askedEnd(asked, nowMs);
  if (endMs === null) return latestMs;
  if (latestMs !== null && endMs > latestMs) {
    throw fieldInvalid('expiresAtMs', `A key lives for ${Math.floor((maxLifetimeMs ?? 0) / dayMs)} days at most here.`);
  }
  return endMs;
}

/**
 * A key as it stands after something was taken from it.
 *
 * @throws `identity.api_key_only_narrows`  details.field: what is asked for goes beyond what the key has.
 * @throws `identity.api_key_field_invalid`
 */
export function narrowKey(key: ApiKey, asked: ApiKeyChange, rules: NarrowingRules): ApiKey {
  const next = readNarrowing(asked, rules.networks);
  const { contains } = rules.networks;
  const isListed = (list: readonly string[], one: string) => list.includes(one);
  const lies = (ranges: readonly string[], one: string) => ranges.some((range) => contains(range, one));
  const endMs = asked.expiresAtMs === null || asked.lifetimeMs === null ? null : askedEnd(asked, rules.nowMs);
  const isEndAsked = asked.expiresAtMs !== undefined || asked.lifetimeMs !== undefined;
  if (isEndAsked && key.expiresAtMs !== null && (endMs === null || endMs > key.expiresAtMs))
    throw widened('expiresAtMs');
  return {
    ...key,
    scopes: within('scopes', key.scopes, asked.scopes === undefined ? key.scopes : next.scopes, isListed),
    sources: within('sources', key.sources, asked.sources === undefined ? key.sources : next.sources, isListed),
    cidrs: within('cidrs', key.cidrs, asked.cidrs === undefined ? key.cidrs : next.cidrs, lies),
    expiresAtMs: isEndAsked ? endMs : key.expiresAtMs,
  };
}

/**
 * Why this key is not good here and now; `null` when it is.
 *
 * @param address  The client's, as the door tells it; a key that is bound to ranges is good from nowhere else.
 */
export function judgeKeyItself(key: ApiKey, address: string | null, nowMs: number, networks: Networks): string | null {
  if (key.expiresAtMs !== null && nowMs >= key.expiresAtMs) {
    return key.successorId === null ? 'key_expired' : 'key_replaced';
  }
  if (key.cidrs === null) return null;
  const isWithin = address !== null && key.cidrs.some((range) => networks.contains(range, address));
  return isWithin ? null : 'address_not_allowed';
}

/** @throws `identity.api_key_field_invalid` */
export function readPurpose(purpose: string | null | undefined): string | null {
  if (purpose === undefined || purpose === null) return null;
  if (!isPlainText(purpose)) throw fieldInvalid('purpose', 'Send one line of at most 255 characters.');
  return purpose;
}

function readScopes(asked: readonly string[] | null | undefined): readonly Action[] | null {
  if (asked === undefined || asked === null) return null;
  const isAction = (name: string): name is Action => known.has(name);
  if (!asked.every(isAction)) throw fieldInvalid('scopes', `Send some of: ${actions.join(', ')}.`);
  return sorted(asked);
}

function readSources(asked: readonly string[] | null | undefined): readonly string[] | null {
  if (asked === undefined || asked === null) return null;
  if (asked.length > maxSources || !asked.every((id) => sourceId.test(id))) {
    throw fieldInvalid('sources', `Send at most ${maxSources} ids of sources.`);
  }
  return sorted(asked);
}

function readCidrs({ cidrs }: Pick<ApiKeyChange, 'cidrs'>, networks: Networks): readonly string[] | null {
  if (cidrs === undefined || cidrs === null) return null;
  const ranges = cidrs.slice(0, maxCidrs + 1).map((text) => networks.canonical(text));
  const spelled = ranges.filter((range) => range !== null);
  if (ranges.length > maxCidrs || spelled.length < ranges.length) {
    throw fieldInvalid('cidrs', `Send at most ${maxCidrs} addresses or ranges such as 10.0.0.0/8 or 2001:db8::/32.`);
  }
  return sorted(spelled);
}

function askedEnd({ expiresAtMs, lifetimeMs }: ApiKeyChange, nowMs: number): number | null {
  if (expiresAtMs != null && lifetimeMs != null) throw fieldInvalid('expiresAtMs', 'Send one end, not two.');
  const endMs = expiresAtMs ?? (lifetimeMs == null ? null : nowMs + lifetimeMs);
  if (endMs === null) return null;
  if (!Number.isSafeInteger(endMs) || endMs <= nowMs || endMs > lastInstantMs) {
    throw fieldInvalid('expiresAtMs', 'Send an instant that lies ahead.');
  }
  return endMs;
}

function within<T extends string>(
  field: string,
  has: readonly T[] | null,
  asked: readonly T[] | null,
  holds: (all: readonly string[], one: string) => boolean,
): readonly T[] | null {
  if (has === null) return asked;
  if (asked === null || !asked.every((one) => holds(has, one))) throw widened(field);
  return asked;
}

function sorted<T extends string>(list: readonly T[]): readonly T[] {
  return [...new Set(list)].sort();
}

function widened(field: string) {
  return identityErrors.api_key_only_narrows({ details: { field } });
}

function fieldInvalid(field: string, fix: string) {
  return identityErrors.api_key_field_invalid({ details: { field, fix } });
}
