/**
 * The fields of a source that no target has, as a caller sends them: each is right, or refused by name with what would
 * be. Nothing that was sent is repeated.
 *
 * @module
 */
import type { AppError } from '../../kernel/errors.js';
import { sourcesErrors } from '../errors.js';
import { type CredentialReference, type Purpose, purposes, type SourceLimits } from '../source.js';
import type { RegistryDeps } from './deps.js';

/** A credential that is kept elsewhere. */
export type KeptReference = Exclude<CredentialReference, { readonly kind: 'stored' }>;

const namePattern = /^[a-z][a-z0-9_-]{0,62}$/;
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const variablePattern = /^[A-Za-z_][A-Za-z0-9_]{0,126}$/;
const maxDescriptionCharacters = 1_000;
const maxPathCharacters = 4_096;
const maxUrlCharacters = 2_048;
const maxMinutes = 10_080;

/** From and to, both allowed. */
const limitRanges: Readonly<Record<keyof SourceLimits, readonly [number, number]>> = {
  connections: [1, 50],
  connectMs: [1_000, 30_000],
  statementMs: [100, 3_600_000],
  catalogTables: [1, 10_000_000],
};

export function fieldInvalid(field: string, fix: string): AppError {
  return sourcesErrors.field_invalid({ details: { field, fix } });
}

/** @throws `sources.name_invalid` */
export function readSourceName(name: unknown): string {
  // An id names a source too, so no name may look like one.
  if (typeof name === 'string' && namePattern.test(name) && !uuidPattern.test(name)) return name;
  const fix = 'Begin with a lower-case letter, go on with letters, digits, _ and -, at most 63 in all.';
  throw sourcesErrors.name_invalid({ details: { field: 'name', fix } });
}

/** @throws `sources.field_invalid` */
export function readDescription(text: unknown): string | null {
  if (text === null || text === undefined || text === '') return null;
  // Line ends are all of the control characters a description may have.
  const isPlain =
    typeof text === 'string' && !/\p{Cs}/u.test(text) && !/\p{Cc}/u.test(text.replaceAll(/[\n\t]|\r\n/g, ' '));
  if (isPlain && text.length <= maxDescriptionCharacters) return text;
  throw fieldInvalid('description', `Send text of at most ${maxDescriptionCharacters} characters.`);
}

/** @throws `sources.field_invalid` */
export function readPurpose(purpose: unknown): Purpose {
  const found = purposes.find((one) => one === purpose);
  if (found === undefined) throw fieldInvalid('purpose', `Send one of ${purposes.join(', ')}.`);
  return found;
}

/**
 * @param limits  Only those named change.
 * @throws `sources.field_invalid`
 */
export function readLimits(limits: Partial<SourceLimits>, before: SourceLimits): SourceLimits {
  const read = (name: keyof SourceLimits): number => {
    const value: unknown = limits[name];
    if (value === undefined) return before[name];
    const [from, to] = limitRanges[name];
    if (typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to) return value;
    throw fieldInvalid(`limits.${name}`, `Send a whole number from ${from} to ${to}.`);
  };
  return {
    connections: read('connections'),
    connectMs: read('connectMs'),
    statementMs: read('statementMs'),
    catalogTables: read('catalogTables'),
  };
}

/** @throws `sources.field_invalid` */
export function readCheckEvery(minutes: unknown): number | null {
  if (minutes === null || minutes === undefined) return null;
  if (typeof minutes === 'number' && Number.isInteger(minutes) && minutes >= 1 && minutes <= maxMinutes) {
    return minutes;
  }
  throw fieldInvalid('checkEveryMinutes', `Send a whole number from 1 to ${maxMinutes}, or null for none.`);
}

/** @throws `sources.field_invalid` */
export function readWebhookUrl(deps: Pick<RegistryDeps, 'poster'>, url: unknown): string | null {
  if (url === null || url === undefined) return null;
  if (typeof url === 'string' && url.length <= maxUrlCharacters && deps.poster.isUrl(url)) return url;
  throw fieldInvalid('webhookUrl', 'Send an absolute http or https URL without user name, password and fragment.');
}

/**
 * @param text  `env:NAME` or `file:/absolute/path`.
 * @throws `sources.field_invalid` · `sources.credential_not_allowed`
 */
export function readCredential(deps: Pick<RegistryDeps, 'credentials'>, text: unknown): KeptReference {
  const reference = typeof text === 'string' ? parseReference(text) : null;
  if (reference === null) throw fieldInvalid('credential', 'Send env:NAME or file:/absolute/path.');
  if (deps.credentials.isAllowed(reference)) return reference;
  throw sourcesErrors.credential_not_allowed({ details: { field: 'credential' } });
}

function parseReference(text: string): KeptReference | null {
  if (text.startsWith('env:')) {
    const name = text.slice('env:'.length);
    return variablePattern.test(name) ? { kind: 'env', name } : null;
  }
  if (!text.startsWith('file:')) return null;
  const path = text.slice('file:'.length);
  const isNormal =
    path.startsWith('/') &&
    path
      .slice(1)
      .split('/')
      .every((part) => part !== '' && part !== '.' && part !== '..');
  const isPlain = path.length <= maxPathCharacters && !/[\p{Cc}\p{Cs}]/u.test(path);
  return isNormal && isPlain ? { kind: 'file', path } : null;
}
