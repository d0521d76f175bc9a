/**
 * Between rows and the nouns of identity: snake_case to camelCase, JSON text to lists, sealed text to secrets.
 *
 * @module
 */
import { type Action, actions, type UserKind } from '../access/index.js';
import type { ApiKey, Organisation, Role, Session, SigningKey, TokenFamily, User } from '../identity/index.js';
import { Secret } from '../kernel/secret.js';
import type { KeyRing, SealedPlace } from '../secrets/index.js';
import type { ApiKeyRow, OrganisationRow, RoleRow, SessionRow, SigningKeyRow, SourceRow, UserRow } from './schema.js';

const knownActions: ReadonlySet<string> = new Set(actions);

export function toOrganisation(row: OrganisationRow): Organisation {
  return { id: row.id, number: row.number, uid: row.uid, name: row.name, createdAtMs: row.created_at_ms };
}

export function toRole(row: RoleRow): Role {
  return {
    id: row.id,
    number: row.number,
    organisationId: row.organisation_id,
    name: row.name,
    allowed: readActions(row.allowed),
    createdAtMs: row.created_at_ms,
  };
}

export function actionsText(allowed: readonly Action[]): string {
  return JSON.stringify(allowed);
}

/** A name that this version does not know grants nothing; text that is no list grants nothing at all. */
export function readActions(text: string): readonly Action[] {
  return readTexts(text).filter((name): name is Action => knownActions.has(name));
}

/** Text that is no list of texts is an empty one: of what may be reached, nothing. */
function readTexts(text: string): readonly string[] {
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    return [];
  }
  return Array.isArray(entries) ? entries.filter((entry) => typeof entry === 'string') : [];
}

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    organisationId: row.organisation_id,
    kind: row.kind as UserKind,
    username: row.username,
    canonicalName: row.canonical_name,
    displayName: row.display_name,
    email: row.email,
    firstName: row.first_name,
    lastName: row.last_name,
    createdAtMs: row.created_at_ms,
    passwordChangedAtMs: row.password_changed_at_ms,
    passwordExpiresAtMs: row.password_expires_at_ms,
    passwordLapsesAtMs: row.password_lapses_at_ms,
    disabledAtMs: row.disabled_at_ms,
    lockedUntilMs: row.locked_until_ms,
    claims: readClaims(row.claims),
  };
}

export function fromUser(user: User, passwordHash: string | null): UserRow {
  return {
    id: user.id,
    organisation_id: user.organisationId,
    kind: user.kind,
    username: user.username,
    canonical_name: user.canonicalName,
    display_name: user.displayName,
    email: user.email,
    first_name: user.firstName,
    last_name: user.lastName,
    password_hash: passwordHash,
    password_parameters: passwordHash === null ? null : passwordParameters(passwordHash),
    created_at_ms: user.createdAtMs,
    password_changed_at_ms: user.passwordChangedAtMs,
    password_expires_at_ms: user.passwordExpiresAtMs,
    password_lapses_at_ms: user.passwordLapsesAtMs,
    disabled_at_ms: user.disabledAtMs,
    locked_until_ms: user.lockedUntilMs,
    claims: claimsText(user.claims),
  };
}

const noClaims: ReadonlyMap<string, string> = new Map();

/** What is no object of texts says nothing of the user. */
function readClaims(text: string | null): ReadonlyMap<string, string> {
  if (text === null) return noClaims;
  try {
    const entries = Object.entries(JSON.parse(text) as object);
    return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return noClaims;
  }
}

export function claimsText(claims: ReadonlyMap<string, string>): string | null {
  return claims.size === 0 ? null : JSON.stringify(Object.fromEntries(claims));
}

/** `$argon2id$v=19$m=65536,t=3,p=1` of a PHC string: everything before the salt. */
export function passwordParameters(phc: string): string {
  return phc.split('$').slice(0, 4).join('$');
}

export function toSession(row: Omit<SessionRow, 'token_digest' | 'csrf' | 'ended_at_ms' | 'address'>): Session {
  return {
    id: row.id,
    family: row.family as TokenFamily,
    userId: row.user_id,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    idleMs: row.idle_ms,
    lastSeenAtMs: row.last_seen_at_ms,
    lineStartedAtMs: row.line_started_at_ms,
  };
}

export function toApiKey(row: Omit<ApiKeyRow, 'digest' | 'value' | 'request_digest' | 'request_content'>): ApiKey {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    purpose: row.purpose,
    prefix: row.prefix,
    last4: row.last4,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    lastUsedAtMs: row.last_used_at_ms,
    lastUsedAddress: row.last_used_address,
    successorId: row.successor_id,
    scopes: row.scopes === null ? null : readActions(row.scopes),
    sources: row.sources === null ? null : readTexts(row.sources),
    cidrs: row.cidrs === null ? null : readTexts(row.cidrs),
  };
}

/** What a key is narrowed to, as its row holds it. */
export function narrowingColumns(key: ApiKey): Pick<ApiKeyRow, 'scopes' | 'sources' | 'cidrs'> {
  const text = (list: readonly string[] | null) => (list === null ? null : JSON.stringify(list));
  return { scopes: text(key.scopes), sources: text(key.sources), cidrs: text(key.cidrs) };
}

export function toSigningKey(row: SigningKeyRow, keyRing: KeyRing): SigningKey {
  return {
    id: row.id,
    family: row.family as TokenFamily,
    algorithm: row.algorithm as SigningKey['algorithm'],
    secret: keyRing.open(row.secret, places.signingKey(row.id)),
    createdAtMs: row.created_at_ms,
    signsFromMs: row.signs_from_ms,
    retiredAtMs: row.retired_at_ms,
  };
}

/** Where each sealed value stands; changing one makes everything sealed there unreadable. */
export const places = {
  csrf: (sessionId: string): SealedPlace => ({ table: 'sessions', column: 'csrf', recordId: sessionId }),
  apiKeyValue: (keyId: string): SealedPlace => ({ table: 'api_keys', column: 'value', recordId: keyId }),
  signingKey: (keyId: string): SealedPlace => ({ table: 'signing_keys', column: 'secret', recordId: keyId }),
  installSecret: (name: string): SealedPlace => ({ table: 'install_secrets', column: 'secret', recordId: name }),
  /**
   * A source's password is bound to everything that decides who gets to see it: a row that was pointed elsewhere,
   * through us or behind our back, has no password.
   */
  sourcePassword: (source: PasswordRecipient): SealedPlace => ({
    table: 'sources',
    column: 'password',
    recordId: JSON.stringify([
      ...[source.id, source.engine, source.host, source.port, source.auth_type],
      ...[source.tls_mode, source.tls_ca, source.tls_client_certificate],
    ]),
  }),
  sourceClientKey: (sourceId: string): SealedPlace => ({
    table: 'sources',
    column: 'client_key',
    recordId: sourceId,
  }),
  sourceWebhookUrl: (sourceId: string): SealedPlace => ({
    table: 'sources',
    column: 'webhook_url',
    recordId: sourceId,
  }),
  sourceWebhookKey: (sourceId: string): SealedPlace => ({
    table: 'sources',
    column: 'webhook_key',
    recordId: sourceId,
  }),
  writeReceipt: (keyDigest: string): SealedPlace => ({
    table: 'write_receipts',
    column: 'body',
    recordId: keyDigest,
  }),
};

/** Whoever is shown the password of a source. */
export type PasswordRecipient = Pick<
  SourceRow,
  'id' | 'engine' | 'host' | 'port' | 'auth_type' | 'tls_mode' | 'tls_ca' | 'tls_client_certificate'
>;

export function openText(keyRing: KeyRing, envelope: string | null, place: SealedPlace): Secret | null {
  if (envelope === null) return null;
  return new Secret(Buffer.from(keyRing.open(envelope, place).reveal()).toString('utf8'));
}

/** For what is sealed at rest and no secret to whoever may read the record. */
export function openPlainText(keyRing: KeyRing, envelope: string | null, place: SealedPlace): string | null {
  return openText(keyRing, envelope, place)?.reveal() ?? null;
}
