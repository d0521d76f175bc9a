/**
 * Everything a door may ask of identity, in one interface. {@link createIdentity} in `index.ts` makes it.
 *
 * @module
 */
import type { Action, Principal } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import type { Eventual } from '../kernel/eventual.js';
import type { Page, PageRequest } from '../kernel/page.js';
import type { Secret } from '../kernel/secret.js';
import type { ClientInput } from './client-credentials.js';
import type { Introspection } from './introspect-token.js';
import type {
  Actor,
  ApiKey,
  ApiKeyChange,
  ApiKeyDetail,
  ApiKeyRotation,
  ApiKeyRotationOrder,
  ApiKeyWithValue,
  AuthenticateInput,
  CurrentSession,
  Expiring,
  ExpiringCounts,
  ListedRole,
  ListedSession,
  ListedUser,
  LoginInput,
  NewApiKeyInput,
  NewUser,
  Organisation,
  Profile,
  RevocationOrder,
  Revoked,
  Role,
  RoleChange,
  RoleReference,
  SessionQuestion,
  SignIn,
  UserChange,
  UserQuestion,
} from './model.js';
import type { Names } from './names.js';
import type { NativeToken, NativeTokenRequest } from './native-token-issue.js';
import type { PasswordStrength } from './password-strength.js';
import type { DirectoryCounts } from './ports.js';
import type { KeyRotation, RotationOrder, SigningKeyFacts } from './rotate-signing-keys.js';
import type { SigningFamily } from './signing-keys-life.js';
import type { PublishedKeys } from './signing-keys-publish.js';
import type { Required, Vouched } from './vouch.js';

export interface Identity {
  /**
   * The one password door. Unknown, wrong, disabled and locked cost the same work and the same writes and throw the
   * same error; "expired" is told only after the password was verified.
   *
   * @throws `identity.invalid_credentials` unknown name, wrong password, disabled, locked, no password.
   * @throws `identity.password_expired`    right password, past its expiry.
   * @throws `identity.hash_queue_full`     too many logins at once; details.retryAfterSeconds.
   * @throws `identity.password_too_long`   over 1,024 bytes; nothing was hashed.
   * @throws `identity.password_malformed`  lone surrogates; nothing was hashed.
   */
  login(input: LoginInput): Promise<SignIn>;

  /**
   * The one gate. Exactly one credential, of a kind the route takes, live, with its csrf where its kind needs one. The
   * principal of a credential that is held is there at once; refusals are rejections, never thrown.
   *
   * @throws `identity.unauthenticated`  nothing presented, or not valid here, whatever the reason.
   * @throws `identity.token_expired`    a token of an accepted kind, genuine, past its expiry.
   * @throws `identity.csrf_mismatch`    the token is good and its csrf is missing or another session's.
   */
  authenticate(input: AuthenticateInput): Eventual<Principal>;

  /**
   * A service account by name and password, for this request. The one password door, as {@link login}.
   * @throws `identity.invalid_credentials` · what {@link login} throws before the verdict.
   */
  authenticateClient(input: ClientInput): Promise<Principal>;

  /** A principal without an account: the terminal, or a caller on loopback where the operator allows it. */
  localPrincipal(kind: 'cli' | 'loopback'): Principal;

  /**
   * Asks the law, and records it when it says no: once a minute for the same action of the same credential.
   * @throws `access.denied`
   */
  assertAllowed(principal: Principal, action: Action, origin: AuditOrigin): Promise<void>;

  /**
   * Who the principal is, told to a proxy in front of something else, if it has what is required there.
   * @throws `access.denied`, recorded · `identity.unauthenticated` no account.
   */
  vouch(principal: Principal, required: Required, origin: AuditOrigin): Eventual<Vouched>;

  /**
   * A new session of the same line for a live token of the same family; the old one lives to its own end.
   * @throws `identity.renewal_exhausted` the line began 24 h ago or earlier.
   * @throws `identity.password_expired`  the password has expired since; `identity.unauthenticated` the session ended since.
   */
  renew(principal: Principal, origin: AuditOrigin): Promise<SignIn>;

  /** Ends the principal's session, durably, before it resolves. */
  logout(principal: Principal, origin: AuditOrigin): Promise<void>;

  profile(principal: Principal): Promise<Profile>;

  /**
   * The way out of an expired password; needs no session. Ends every session of the user.
   *
   * @throws `identity.invalid_credentials` as {@link login}; an expired password is accepted as `old`.
   * @throws `identity.password_rejected`   the new one breaks the policy; details.field and details.fix.
   */
  changePassword(input: {
    readonly username: string;
    readonly old: Secret;
    readonly next: Secret;
    readonly origin: AuditOrigin;
  }): Promise<void>;

  readonly apiKeys: {
    /**
     * Its value is `null` when the same request (`idempotencyKey`) was answered within a day.
     *
     * @throws `access.denied`                   also to every API key: a key never makes one.
     * @throws `identity.api_key_name_invalid`   · `identity.api_key_field_invalid`
     * @throws `identity.api_key_limit_reached`  details.limit
     * @throws `identity.idempotency_key_reused` for a request that asks for something else.
     */
    add(principal: Principal, input: NewApiKeyInput, origin: AuditOrigin): Promise<ApiKeyWithValue>;
    /** The principal's own keys. */
    list(principal: Principal, page: PageRequest): Promise<Page<ApiKeyWithValue>>;
    /**
     * Deletes one of the principal's own keys by its value, its masked form or its id.
     * @throws `identity.api_key_not_found` unknown and foreign alike.
     */
    remove(principal: Principal, reference: Secret, origin: AuditOrigin): Promise<void>;
    /** Administration: keys of any user. @throws `access.denied` */
    addFor(actor: Actor, username: string, input: NewApiKeyInput): Promise<ApiKeyWithValue>;
    listOf(actor: Actor, username: string, page: PageRequest): Promise<Page<ApiKey>>;
    /**
     * Of one's own keys, and with `directory.manage` of anybody's.
     * @throws `identity.api_key_not_found` unknown and, without that right, foreign alike.
     */
    removeById(actor: Actor, keyId: string): Promise<void>;
    show(actor: Actor, keyId: string): Promise<ApiKeyDetail>;
    /**
     * Takes from what the key may do; it counts from the next use on.
     * @throws `identity.api_key_only_narrows` details.field · `identity.api_key_field_invalid`
     */
    narrow(actor: Actor, keyId: string, change: ApiKeyChange): Promise<ApiKey>;
    /**
     * Makes a successor that may do the same and lives as long as the old one would have; the old one is good until the
     * overlap ends. However often and at once it is asked for, one successor is made.
     *
     * @throws `access.denied` also to every API key.
     * @throws `identity.api_key_not_live`       it has ended, or another request has replaced it.
     * @throws `identity.api_key_limit_reached`  too many are being replaced · `identity.api_key_field_invalid`
     * @throws `identity.idempotency_key_reused`
     */
    rotate(actor: Actor, keyId: string, order: ApiKeyRotationOrder): Promise<ApiKeyRotation>;
  };

  readonly sessions: {
    /**
     * Who is signed in, and what a page needs to know of it.
     * @throws `identity.unauthenticated` no account, or the session ended since · `identity.token_expired`
     */
    current(principal: Principal): Eventual<CurrentSession>;
    /**
     * Newest first, never with their tokens. One's own; with `directory.manage` anybody's.
     * @throws `access.denied` · `identity.user_not_found` · `identity.organisation_not_found`
     */
    list(actor: Actor, question: SessionQuestion, page: PageRequest): Promise<Page<ListedSession>>;
    /**
     * Ends one, durably, before it resolves.
     * @throws `identity.session_not_found` unknown, over and, without `directory.manage`, foreign alike.
     */
    revoke(actor: Actor, sessionId: string): Promise<void>;
    /**
     * Ends every session of the principal's account, the one at hand too.
     * @throws `access.denied` also to an API key that may not manage the directory.
     */
    logoutEverywhere(principal: Principal, origin: AuditOrigin): Promise<{ readonly sessionsEnded: number }>;
  };

  readonly expiring: {
    /**
     * Everything that ends from now on and within this time, the soonest first; at most 1,000 of each kind. Who does
     * not manage the directory is told of their own organisation.
     * @throws `access.denied` unless `audit.read` is allowed · `identity.period_invalid`
     */
    list(actor: Actor, withinMs: number): Promise<readonly Expiring[]>;
    /** For metrics: names nobody, and looks at most once a minute. */
    count(): Promise<ExpiringCounts>;
  };

  /** Administration. Every verb: @throws `access.denied` unless `directory.manage` is allowed. */
  readonly users: {
    /** @throws `identity.username_taken` · `identity.username_invalid` · `identity.password_rejected` · `identity.organisation_not_found` · `identity.role_not_found` */
    add(actor: Actor, user: NewUser): Promise<Profile>;
    /** By name. @throws `identity.organisation_not_found` */
    list(actor: Actor, question: UserQuestion, page: PageRequest): Promise<Page<ListedUser>>;
    /** @throws `identity.user_not_found` */
    show(actor: Actor, username: string): Promise<Profile>;
    set(actor: Actor, username: string, change: UserChange): Promise<Profile>;
    /**
     * Administrative reset: ends every session. `mustChange` makes it temporary: it is good for one change of the
     * password, for as long as the policy says.
     * @throws `identity.user_not_found` · `identity.password_rejected` · `identity.hash_queue_full`
     */
    resetPassword(
      actor: Actor,
      username: string,
      input: { readonly password: Secret; readonly mustChange: boolean },
    ): Promise<void>;
    /** Ends every session. */
    disable(actor: Actor, username: string): Promise<void>;
    enable(actor: Actor, username: string): Promise<void>;
    remove(actor: Actor, username: string): Promise<void>;
  };

  readonly passwords: {
    /** 125 random bits in a form that can be read out; to be shown once. */
    make(): Secret;
    /** Advice for whoever is choosing one; the policy decides. */
    strength(password: Secret): PasswordStrength;
  };

  /**
   * What ids are called, and who is called so. Every verb: @throws `access.denied` unless `audit.read` is allowed.
   */
  readonly names: {
    /** Who does not manage the directory is told of their own organisation. */
    find(
      principal: Principal,
      ids: { readonly users: ReadonlySet<string>; readonly organisations: ReadonlySet<string> },
      origin: AuditOrigin,
    ): Promise<Names>;
    /** A name nobody has is taken for the id of somebody who is gone. */
    userId(principal: Principal, reference: string, origin: AuditOrigin): Promise<string>;
    /** @throws `identity.organisation_not_found` */
    organisationId(principal: Principal, reference: string, origin: AuditOrigin): Promise<string>;
  };

  /**
   * How many of everything there are, of one's own organisation without `directory.manage`.
   * @throws `access.denied` unless `audit.read` is allowed.
   */
  count(principal: Principal, origin: AuditOrigin): Promise<DirectoryCounts>;

  /** Named sets of actions. Every verb: @throws `access.denied` unless `directory.manage` is allowed. */
  readonly roles: {
    /** @throws `identity.organisation_not_found` · `identity.role_exists` · `identity.role_invalid` */
    add(
      actor: Actor,
      input: { readonly organisationUid: string; readonly name: string; readonly allowed: readonly string[] },
    ): Promise<ListedRole>;
    /** Of one organisation by its uid, or of all. @throws `identity.organisation_not_found` */
    list(actor: Actor, filter: { readonly organisation?: string }, page: PageRequest): Promise<Page<ListedRole>>;
    /** @throws `identity.role_not_found` */
    show(actor: Actor, reference: RoleReference): Promise<ListedRole>;
    /**
     * Holders have what it allows with their next request.
     * @throws `identity.role_not_found` · `identity.role_exists` · `identity.role_invalid` · `identity.role_protected`
     */
    set(actor: Actor, reference: RoleReference, change: RoleChange): Promise<ListedRole>;
    /** Its users are without it and its grants are gone. @throws `identity.role_not_found` · `identity.role_protected` */
    remove(actor: Actor, reference: RoleReference): Promise<ListedRole>;
  };

  readonly organisations: {
    /** Makes it with its roles `administrator` and `member`. @throws `identity.organisation_exists` · `identity.organisation_uid_invalid` */
    add(actor: Actor, input: { readonly uid: string; readonly name: string }): Promise<Organisation>;
    list(actor: Actor, page: PageRequest): Promise<Page<Organisation>>;
    /** @throws `identity.organisation_not_found` */
    show(actor: Actor, uid: string): Promise<Organisation>;
    roles(actor: Actor, uid: string): Promise<readonly Role[]>;
    /**
     * With its users and everything of theirs.
     * @throws `identity.organisation_not_found` · `identity.organisation_has_sources`
     */
    remove(actor: Actor, uid: string): Promise<{ readonly users: number }>;
  };

  /**
   * Everything that was issued before is refused from when these resolve, in every process. Every verb:
   * @throws `access.denied` unless `directory.manage` is allowed.
   */
  readonly revocations: {
    /** @throws `identity.user_not_found` */
    revokeUser(actor: Actor, username: string, order: RevocationOrder): Promise<Revoked>;
    /** @throws `identity.organisation_not_found` */
    revokeOrganisation(actor: Actor, uid: string, order: RevocationOrder): Promise<Revoked>;
    /** The emergency, and what ends every restore from a backup. */
    revokeInstall(actor: Actor, order: RevocationOrder): Promise<Revoked>;
    /** Tidies up by the hour. @returns what ends it, when nothing of it is under way any more. */
    startSweep(): { readonly stop: () => Promise<void> };
  };

  /** Signing keys of the families. What signs is never shown. */
  readonly keys: {
    /** Newest first within each family. @throws `access.denied` */
    list(actor: Actor): Promise<readonly SigningKeyFacts[]>;
    /**
     * A new key for the family; the old one verifies until its last token has ended. With `revokeOld` every older key
     * and every session of the family ends at once.
     * @throws `access.denied` · `identity.signing_key_busy`
     */
    rotate(actor: Actor, family: SigningFamily, order: RotationOrder): Promise<KeyRotation>;
    /** The public halves of the native family's keys. */
    published(): Promise<PublishedKeys>;
    /** Rotates what is old and removes what no token needs, by the hour, until it is stopped. */
    startSchedule(): { readonly stop: () => Promise<void> };
  };

  /** What OAuth 2.0 asks of us. */
  readonly tokens: {
    /** `iss` of tokens of our own API, without a slash at its end; `null` while it is not known. */
    issuer(): string | null;
    /**
     * The client credentials grant: `scopes: null` is everything the account may do.
     * @throws `identity.invalid_credentials` · `identity.scope_not_allowed` · `identity.issuer_unknown`
     */
    grantToClient(input: ClientInput & { readonly scopes: readonly Action[] | null }): Promise<NativeToken>;
    /** `null`: worth nothing to the caller, whatever the reason. @throws `access.denied` */
    introspect(principal: Principal, token: Secret, origin: AuditOrigin): Promise<Introspection | null>;
    /** One's own, or anybody's for who manages the directory; what is no credential is revoked. @throws `access.denied` */
    revoke(principal: Principal, token: Secret, origin: AuditOrigin): Promise<void>;
  };

  readonly nativeTokens: {
    /**
     * A token of our own API for a caller who is proved: 15 minutes, narrowed to scopes.
     * @throws `identity.scope_not_allowed` · `identity.issuer_unknown`
     * @throws `identity.unauthenticated` no account, a native token, or the account was disabled meanwhile.
     */
    issue(principal: Principal, request: NativeTokenRequest, origin: AuditOrigin): Promise<NativeToken>;
  };

  readonly setup: {
    /** Whether no enabled administrator exists. */
    isNeeded(): Promise<boolean>;
    /** Makes a new one-time code (30 minutes, once); an earlier one dies. */
    issueCode(origin: AuditOrigin): Promise<{ readonly code: Secret; readonly expiresAtMs: number }>;
    /**
     * Uses the code up and makes the first administrator.
     * @throws `identity.setup_code_invalid` unknown, used, expired, or an administrator exists.
     */
    complete(
      code: Secret,
      administrator: { readonly username: string; readonly password: Secret },
      origin: AuditOrigin,
    ): Promise<Profile>;
  };

  /** For metrics: credentials held in memory, and how many uses were answered from there and by the store. */
  verification(): { readonly held: number; readonly found: number; readonly notFound: number };

  /** Resolves when nothing written behind a request (last-seen times) is waiting any more. */
  settle(): Promise<void>;
  /** Call before the store closes: settles, and other processes no longer wait for this one. */
  close(): Promise<void>;
}
