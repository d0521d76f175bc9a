/**
 * What identity needs from the outside. The store obeys; identity never learns which database it is.
 *
 * Every write happens inside {@link IdentityStore.transaction}: state and its audit event are durable together, before
 * the promise resolves, or neither is.
 *
 * @module
 */
import type { AuditEvent } from '../audit/index.js';
import type { Page, PageRequest } from '../kernel/page.js';
import type { Secret } from '../kernel/secret.js';
import type {
  ApiKey,
  ApiKeyUse,
  ApiKeyWithValue,
  Expiring,
  ListedRole,
  ListedSession,
  ListedUser,
  Organisation,
  Profile,
  Role,
  RoleReference,
  Session,
  TokenFamily,
  User,
} from './model.js';

/** Ranges of addresses, judged by who knows addresses. */
export interface Networks {
  /** The one spelling of a range (`10.0.0.0/8`) or of one address; `null` for what is neither. */
  canonical(text: string): string | null;
  /** Whether all of `inner`, a range or an address, lies in the range `outer`. */
  contains(outer: string, inner: string): boolean;
}

/** A user with what is needed to check its password. */
export interface UserWithPassword {
  readonly user: User;
  /** PHC string (argon2id); `null` when the account has no password. */
  readonly passwordHash: string | null;
}

/** A live credential with its owner, read in one look-up. */
export interface SessionView {
  readonly session: Session;
  readonly csrf: Secret | null;
  readonly profile: Profile;
}

export interface ApiKeyView {
  readonly key: ApiKey;
  readonly profile: Profile;
}

/** Names of RFC 7518 §3.1 and RFC 8037 §3.1. */
export type SigningAlgorithm = 'HS256' | 'HS512' | 'EdDSA' | 'ES256' | 'RS256';

export interface SigningKey {
  readonly id: string;
  readonly family: TokenFamily;
  readonly algorithm: SigningAlgorithm;
  /** The bytes themselves of a symmetric key; PKCS #8 in DER (RFC 5958) of a private one. */
  readonly secret: Secret<Uint8Array>;
  readonly createdAtMs: number;
  /** Verifies from the moment it is kept and signs from here on, when every process of the install knows it. */
  readonly signsFromMs: number;
  /** Verifies but no longer signs from here on, which may lie ahead; `null` for the newest of its family. */
  readonly retiredAtMs: number | null;
}

export interface NewSession {
  readonly session: Session;
  /** SHA-256 of the token, hex. Unique: the same bytes are the same credential. */
  readonly tokenDigest: string;
  readonly csrf: Secret | null;
  /** Where it begins. */
  readonly address?: string | null;
  /** The session it is issued on, with which it ends. */
  readonly issuedOnId?: string | null;
}

export interface NewApiKey {
  readonly key: ApiKey;
  /** HMAC-SHA-256 of the value under the install's digest key, hex. */
  readonly digest: string;
  /** Kept sealed; `null` keeps no value at all. */
  readonly value: Secret | null;
  readonly request?: ApiKeyRequest | null;
}

/** The request a key was made by, so that it makes one key however often it is sent. */
export interface ApiKeyRequest {
  /** Who asked for what, by which name: HMAC-SHA-256, hex. */
  readonly digest: string;
  /** What it asked for: HMAC-SHA-256, hex. */
  readonly content: string;
}

export interface UserListFilter {
  readonly kind?: User['kind'];
  readonly organisationId?: string;
  /** A part of the name, the name to show or the e-mail address, in lower case. */
  readonly search?: string;
  readonly roleId?: string;
}

export interface DirectoryCounts {
  /** People and API users. */
  readonly users: number;
  readonly serviceAccounts: number;
  readonly organisations: number;
  /** That are good. */
  readonly apiKeys: number;
  readonly sessions: number;
}

export interface SessionListFilter {
  readonly userId?: string;
  readonly organisationId?: string;
  readonly family?: TokenFamily;
  /** Only those that began after this instant. */
  readonly createdAfterMs?: number;
  /** Only those that are good at this instant; one whose idle time may just have been prolonged is. */
  readonly liveAtMs?: number;
}

/**
 * Longest time for which a process may believe what it holds in memory of credentials, from before it last asked the
 * store what changed. Whoever revokes waits so long for others to know, so it is what a revocation costs where there
 * are several; and it is several polls, so that one slow answer costs nothing.
 */
export const verificationLeaseMs = 250;

/** Whose credentials are worth something else now: users by id, or anybody's. */
export type CredentialChange = 'everybody' | ReadonlySet<string>;

/**
 * What became of credentials after they were looked up. Every transaction that changed what some are worth is told
 * here, whichever verb it was of.
 */
export interface CredentialChanges {
  /**
   * Told of changes by this process as soon as they may be committed, before they are acknowledged; sometimes of one
   * that was undone. @returns what ends it.
   */
  watch(listener: (change: CredentialChange) => void): () => void;
  /**
   * What any process committed since, and up to a moment after this was called.
   *
   * @param cursor  As the last call gave it; `null` asks for nothing but a cursor.
   */
  since(cursor: string | null): Promise<{ readonly cursor: string; readonly change: CredentialChange }>;
  /** From when it resolves on other processes wait for this verifier; once in ten minutes keeps it so. */
  present(verifierId: string): Promise<void>;
  leave(verifierId: string): Promise<void>;
}

/** When a session or a key was used. */
export interface CredentialUse {
  readonly id: string;
  readonly atMs: number;
}

/** Everything that was issued to a user, in an organisation, or in the install. */
export type IssuedTo = { readonly userId: string } | { readonly organisationId: string } | 'anybody';

export interface IdentityStore {
  /**
   * When it resolves, no process takes a credential for what it was before: what changed is told to verifiers of this
   * process, and those of others were waited for.
   */
  transaction<T>(work: (tx: IdentityTransaction) => Promise<T>): Promise<T>;

  readonly credentialChanges: CredentialChanges;

  findUserByName(canonicalName: string): Promise<UserWithPassword | null>;
  findProfile(userId: string): Promise<Profile | null>;
  /** Hashes of the passwords the user had before the present one, newest first. */
  listFormerPasswords(userId: string, limit: number): Promise<readonly string[]>;
  /** By canonical name. */
  listUsers(filter: UserListFilter, page: PageRequest): Promise<Page<ListedUser>>;
  /**
   * How many stored password hashes use which parameter prefix (`$argon2id$v=19$m=65536,t=3,p=1`), so that the decoy
   * for unknown names costs what real accounts cost.
   */
  passwordParameterMix(): Promise<readonly { readonly prefix: string; readonly count: number }[]>;

  findOrganisation(uid: string): Promise<Organisation | null>;
  listOrganisations(page: PageRequest): Promise<Page<Organisation>>;
  findRole(organisationId: string, name: string): Promise<Role | null>;
  listRoles(organisationId: string): Promise<readonly Role[]>;
  findListedRole(reference: RoleReference): Promise<ListedRole | null>;
  /** By id, without those that are not there; users of one organisation where it is named. */
  findNames(ids: {
    readonly users: readonly string[];
    readonly organisations: readonly string[];
    readonly organisationId?: string;
  }): Promise<{ readonly users: ReadonlyMap<string, string>; readonly organisations: ReadonlyMap<string, string> }>;
  /** Of one organisation, or of all. */
  countDirectory(question: {
    readonly organisationId: string | null;
    readonly nowMs: number;
  }): Promise<DirectoryCounts>;
  /** In the order of their numbers. */
  listListedRoles(filter: { readonly organisationId?: string }, page: PageRequest): Promise<Page<ListedRole>>;
  /** Whether any enabled user holds a role that allows `directory.manage`. */
  hasAdministrator(): Promise<boolean>;

  /**
   * When an account last signed in from a place, as far as it is written down. Costs the same whether it ever did.
   *
   * @param digest  Of the account's name and the place, hex.
   */
  findKnownSource(digest: string): Promise<number | null>;

  /** Whether {@link IdentityTransaction.consumeSetupCode} would succeed; uses nothing up. */
  hasSetupCode(digest: string, nowMs: number): Promise<boolean>;

  /** Only sessions that were not ended or revoked; expiry is the caller's to judge. */
  findSessionById(id: string): Promise<SessionView | null>;
  findSessionByTokenDigest(digest: string): Promise<SessionView | null>;
  /** Newest first. */
  listSessions(filter: SessionListFilter, page: PageRequest): Promise<Page<ListedSession>>;

  /** Only keys that were not revoked, here and in every other look-up. */
  findApiKeyByDigest(digest: string): Promise<ApiKeyView | null>;
  /** Oldest first. */
  listApiKeys(userId: string, page: PageRequest): Promise<Page<ApiKeyWithValue>>;
  findApiKeyById(id: string): Promise<ApiKey | null>;
  /** API keys and passwords of who is not disabled; the soonest of each first, `limit` of each. */
  listExpiring(within: {
    readonly fromMs: number;
    readonly untilMs: number;
    /** `null`: of every organisation. */
    readonly organisationId?: string | null;
    readonly limit: number;
  }): Promise<readonly Expiring[]>;
  /** Newest day first, at most 40. */
  listApiKeyUses(keyId: string): Promise<readonly ApiKeyUse[]>;

  /** Newest first, retired ones included. */
  listSigningKeys(family: TokenFamily): Promise<readonly SigningKey[]>;
}

export interface IdentityTransaction {
  appendAudit(event: AuditEvent): Promise<void>;

  /** Assigns the next number. @throws `identity.organisation_exists` */
  insertOrganisation(organisation: Omit<Organisation, 'number'>): Promise<Organisation>;
  /** Assigns the next number. @throws `identity.role_exists` */
  insertRole(role: Omit<Role, 'number'>): Promise<Role>;
  /** Reads inside the transaction, locked against other writers where the database has row locks. */
  findRoleForChange(roleId: string): Promise<Role | null>;
  /** Writes name and actions. */
  updateRole(role: Role): Promise<'ok' | 'gone' | 'taken'>;
  /** Removes the role with its grants. @returns how many users had it; `null`: there is none. */
  deleteRole(roleId: string): Promise<number | null>;
  findOrganisation(uid: string): Promise<Organisation | null>;
  /**
   * Removes the organisation with its roles, and its users with everything of theirs.
   *
   * @returns how many users; `null`, and nothing is removed, while it owns sources.
   */
  deleteOrganisation(organisationId: string): Promise<number | null>;
  findRole(organisationId: string, name: string): Promise<Role | null>;
  hasAdministrator(): Promise<boolean>;
  /**
   * Waits until no other transaction that called this is open. What is read afterwards holds what those wrote, and what
   * this one writes is known to the next.
   */
  awaitLossOfAdministrators(): Promise<void>;

  /** @throws `identity.username_taken` when the canonical name is in use. */
  insertUser(user: User, passwordHash: string | null): Promise<void>;
  /** Reads inside the transaction, locked against other writers where the database has row locks. */
  findUserForChange(userId: string): Promise<UserWithPassword | null>;
  /**
   * Whether the user is there and, where it is given as it was seen, is not disabled and has the password of then.
   * Locked as {@link findUserForChange} does it.
   */
  isUserAsSeen(userId: string, seen: User | null): Promise<boolean>;
  /** Writes every mutable column of the user. */
  updateUser(user: User): Promise<void>;
  /** @param lapsesAtMs  Not given: the password is not temporary. */
  updatePassword(
    userId: string,
    passwordHash: string,
    changedAtMs: number,
    expiresAtMs: number | null,
    lapsesAtMs?: number | null,
  ): Promise<void>;
  /** Keeps a hash that is being replaced, and of all such of the user the newest `keep`; 0 keeps none. */
  keepFormerPassword(userId: string, passwordHash: string, replacedAtMs: number, keep: number): Promise<void>;
  /** Replaces a hash by one of the same password under newer parameters, only if it is still the old one. */
  rehashPassword(userId: string, oldHash: string, newHash: string): Promise<void>;
  /** Removes the user with its sessions, keys and role memberships. */
  deleteUser(userId: string): Promise<void>;
  assignRole(userId: string, roleId: string): Promise<void>;
  unassignRole(userId: string, roleId: string): Promise<void>;

  /**
   * A session whose token digest is known already is the same session: its row is kept.
   *
   * @returns the session as it stands, new or kept; `null` when those token bytes belong to a session that was ended,
   *          which must not come back to life.
   */
  insertSession(session: NewSession): Promise<Session | null>;
  /**
   * Ends the user's oldest live sessions (by creation, ties by id) until at most `keep` are left. Live: not ended and
   * not past `expiresAtMs` at `nowMs`. `spareSessionId` counts among the kept and is never ended.
   *
   * @returns the ids of those it ended.
   */
  endOldestSessions(userId: string, keep: number, spareSessionId: string, nowMs: number): Promise<readonly string[]>;
  /** Whether a session of that family stands; where it does, nobody ends or revokes it before the transaction ends. */
  isSessionStanding(sessionId: string, family: TokenFamily): Promise<boolean>;
  /** With every session that was issued on it. @returns false when it was ended already. */
  endSession(sessionId: string, atMs: number): Promise<boolean>;
  /** Ends every live session of the user. @returns how many. */
  endSessionsOfUser(userId: string, atMs: number): Promise<number>;
  /**
   * Refuses everything that was issued before, whatever it is, in one step.
   *
   * @param atMs  Only what is good then is counted.
   * @returns     How much was good; `apiKeys` is 0 where keys stay.
   */
  revokeIssued(
    to: IssuedTo,
    which: { readonly apiKeys: boolean; readonly atMs: number },
  ): Promise<{ readonly sessions: number; readonly apiKeys: number }>;
  /** Marks sessions that were revoked as ended. @returns how many; fewer than `limit` when none is left. */
  endRevokedSessions(atMs: number, limit: number): Promise<number>;
  /** Removes keys that were revoked. @returns as {@link endRevokedSessions}. */
  removeRevokedApiKeys(limit: number): Promise<readonly { readonly id: string; readonly userId: string }[]>;
  /** Forgets sessions whose absolute end was before. @returns as {@link endRevokedSessions}. */
  removeOldSessions(expiredBeforeMs: number, limit: number): Promise<number>;
  /** An earlier use than is known changes nothing. */
  touchSessions(uses: readonly CredentialUse[]): Promise<void>;

  /**
   * Writes down that the user signed in from a place, and forgets the places seen before `forgetBeforeMs` and, beyond
   * `keep`, those seen longest ago.
   */
  rememberSource(
    userId: string,
    digest: string,
    seenAtMs: number,
    limits: { readonly keep: number; readonly forgetBeforeMs: number },
  ): Promise<void>;

  insertApiKey(key: NewApiKey): Promise<void>;
  /** @returns false when there is no such key of that user. */
  deleteApiKey(userId: string, keyId: string): Promise<boolean>;
  /** An earlier use than is known changes nothing. */
  touchApiKeys(uses: readonly CredentialUse[]): Promise<void>;
  /** Reads inside the transaction, locked against other writers where the database has row locks. */
  findApiKeyForChange(keyId: string): Promise<ApiKey | null>;
  /** The key that a request made since then. */
  findApiKeyByRequest(
    userId: string,
    digest: string,
    sinceMs: number,
  ): Promise<{ readonly key: ApiKey; readonly content: string } | null>;
  /**
   * Whether the user has fewer keys than `limit`, of now or of before, and none that ended before `endedBeforeMs`. Costs
   * less than {@link countApiKeys}.
   */
  hasRoomForApiKey(userId: string, limit: number, endedBeforeMs: number): Promise<boolean>;
  /**
   * Keys of the user that are good at `nowMs`: those that are being replaced, and the others; and how many, of now or
   * of before, ended before `endedBeforeMs`.
   */
  countApiKeys(
    userId: string,
    nowMs: number,
    endedBeforeMs: number,
  ): Promise<{ readonly current: number; readonly retiring: number; readonly ended: number }>;
  /** Removes keys of the user that ended before. @returns their ids. */
  removeEndedApiKeys(userId: string, endedBeforeMs: number): Promise<readonly string[]>;
  /** Writes narrowing, end and successor; nothing else of a key ever changes. */
  updateApiKey(key: ApiKey): Promise<void>;
  /** Adds to the uses of that day, and is the key's last use where it is the latest. */
  addApiKeyUses(keyId: string, uses: ApiKeyUse): Promise<void>;

  /**
   * At most one key of a family is not retired, however many processes make one at once.
   *
   * @returns false, and writes nothing, when `key` is not retired and another of its family is not either.
   */
  insertSigningKey(key: SigningKey): Promise<boolean>;
  /**
   * Retires the key if it is not retired yet.
   *
   * @param atMs  May lie ahead.
   * @returns     false when it was retired already or is gone.
   */
  retireSigningKey(keyId: string, atMs: number): Promise<boolean>;
  /** Removes keys of the family; nothing they signed verifies any more. @returns the ids of those it removed. */
  removeSigningKeys(
    family: TokenFamily,
    which: { readonly retiredUntilMs: number } | { readonly otherThanId: string },
  ): Promise<readonly string[]>;
  /**
   * Ends every session of the family that is not ended, with every session that was issued on one of them.
   *
   * @returns how many of them were not past their end at `atMs`.
   */
  endSessionsOfFamily(family: TokenFamily, atMs: number): Promise<number>;

  /** Keeps one unused setup code at a time, by its SHA-256. */
  replaceSetupCode(digest: string, expiresAtMs: number): Promise<void>;
  /** Uses it up. @returns false when it is unknown, used or expired. */
  consumeSetupCode(digest: string, nowMs: number): Promise<boolean>;
}

/** One sliding window of wrong guesses. */
export interface GuessWindow {
  /** A keyed digest; says nothing to who does not have the key. */
  readonly key: string;
  /** Guesses that are wrong or not judged yet, together. */
  readonly limit: number;
  /** A multiple of 60. */
  readonly windowMs: number;
}

export type GuessVerdict =
  /** `atMs`: by the clock of who counts. */
  | { readonly verdict: 'taken'; readonly atMs: number }
  /** No place, but guesses that are not judged yet may still give theirs back. */
  | { readonly verdict: 'busy'; readonly key: string }
  /** Used up by wrong ones. */
  | { readonly verdict: 'spent'; readonly retryAfterMs: number };

/** Windows that all nodes of an install count in. Never throws: without it every node counts for itself. */
export interface SharedGuessCounters {
  /**
   * Takes a place in every window, or in none; atomic over all nodes.
   *
   * @returns `null` when it cannot be told now; such a place needs no settling.
   */
  take(id: string, windows: readonly GuessWindow[]): Promise<GuessVerdict | null>;
  /**
   * Ends what {@link take} began: the places are given back, or kept until the window that began at `failedAtMs` ends.
   * One that is never settled gives its places back by itself.
   */
  settle(id: string, windows: readonly GuessWindow[], failedAtMs: number | null): void;
}

/** The bounded pool of threads that hash passwords; nothing else of the process runs there. */
export interface PasswordHasher {
  /**
   * For whoever has work to do before the hash that a full queue would make vain.
   * @throws `identity.hash_queue_full`
   */
  assertRoom(): void;
  /** @throws `identity.hash_queue_full` */
  hash(password: Secret, parameters: PasswordParameters): Promise<string>;
  /**
   * @param hash  A PHC string of argon2id.
   * @throws `identity.hash_queue_full`
   */
  verify(hash: string, password: Secret): Promise<boolean>;
  close(): Promise<void>;
}

/** argon2id (RFC 9106). */
export interface PasswordParameters {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}
