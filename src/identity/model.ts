/**
 * The nouns of identity as the rest of the house sees them. Times are milliseconds since the epoch; `null` means
 * never or not set.
 *
 * @module
 */
import type { Action, CredentialKind, Principal, UserKind } from '../access/index.js';
import type { AuditOrigin } from '../audit/index.js';
import type { Secret } from '../kernel/secret.js';

/** Families that issue session tokens. Every family has its own signing keys. */
export const tokenFamilies = ['precrime', 'cloudio', 'onedb', 'native', 'console'] as const;
export type TokenFamily = (typeof tokenFamilies)[number];

export interface Organisation {
  readonly id: string;
  /** Small integer for families whose organisations have integer ids (precrime `Company.Id`). */
  readonly number: number;
  /** Short unique name, lower case: `cloudio`. */
  readonly uid: string;
  readonly name: string;
  readonly createdAtMs: number;
}

export interface Role {
  readonly id: string;
  readonly number: number;
  readonly organisationId: string;
  readonly name: string;
  readonly allowed: readonly Action[];
  readonly createdAtMs: number;
}

/** A role as whoever administers sees it. */
export interface ListedRole extends Role {
  /** Uid of its organisation. */
  readonly organisation: string;
  /** How many users have it. */
  readonly users: number;
}

export type RoleReference =
  | { readonly id: string }
  /** @property organisation  Its uid. */
  | { readonly organisation: string; readonly name: string };

/** Only what is named changes. */
export interface RoleChange {
  readonly name?: string;
  /** Names of actions: all that it allows. */
  readonly allowed?: readonly string[];
  /** Names of actions that are added to what it allows, and taken from it. */
  readonly allow?: readonly string[];
  readonly disallow?: readonly string[];
}

export interface User {
  readonly id: string;
  readonly organisationId: string;
  readonly kind: UserKind;
  /** As it was given; shown back. */
  readonly username: string;
  /** PRECIS UsernameCaseMapped form (RFC 8265 §3.3); unique over the install. */
  readonly canonicalName: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly createdAtMs: number;
  readonly passwordChangedAtMs: number | null;
  /** After this instant a right password is answered with "expired". */
  readonly passwordExpiresAtMs: number | null;
  /** After this instant a temporary password is answered like a wrong one; `null`: it is not temporary. */
  readonly passwordLapsesAtMs: number | null;
  readonly disabledAtMs: number | null;
  /** Until this instant every login is refused like a wrong password. */
  readonly lockedUntilMs: number | null;
  /** What row filters of grants may know of the user besides: at most 20. */
  readonly claims: ReadonlyMap<string, string>;
}

/** A user in a list. */
export interface ListedUser extends User {
  /** Uid of its organisation. */
  readonly organisation: string;
}

/** Which users are asked for. */
export interface UserQuestion {
  readonly kind?: UserKind;
  /** Uid. */
  readonly organisation?: string;
  /** A part of the name, the name to show or the e-mail address; letters of ASCII in either case. */
  readonly search?: string;
  /** Id of a role they have. */
  readonly role?: string;
}

export interface Session {
  readonly id: string;
  readonly family: TokenFamily;
  readonly userId: string;
  readonly createdAtMs: number;
  /** Absolute end. */
  readonly expiresAtMs: number;
  /** Ends earlier when unused for this long; `null` for no idle limit. */
  readonly idleMs: number | null;
  readonly lastSeenAtMs: number;
  /** When the first session of a renewed line began: renewal ends 24 h after it. */
  readonly lineStartedAtMs: number;
}

/** A session as its owner and administrators see it; its token is nobody's to see. */
export interface ListedSession extends Session {
  readonly username: string;
  /** Uid of its owner's organisation. */
  readonly organisation: string;
  /** Where it began, as far as it is known. */
  readonly address: string | null;
  readonly endedAtMs: number | null;
}

/** Which sessions are asked for; nothing named: the asker's own, and everybody's where the asker has no account. */
export interface SessionQuestion {
  readonly username?: string;
  /** Uid. */
  readonly organisation?: string;
  readonly family?: TokenFamily;
  readonly everybody?: boolean;
  /** Those that are over, too. */
  readonly withEnded?: boolean;
}

/** What a key may at most do, below what its owner may; `null` narrows nothing. */
export interface KeyNarrowing {
  readonly scopes: readonly Action[] | null;
  /** Ids of the stored sources it reaches, and then no other database. */
  readonly sources: readonly string[] | null;
  /** Ranges of addresses it may be used from, as {@link Networks.canonical} spells them. */
  readonly cidrs: readonly string[] | null;
}

export interface ApiKey extends KeyNarrowing {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  /** What it is for, in its owner's words. */
  readonly purpose: string | null;
  /** First characters of the value, safe to show. */
  readonly prefix: string;
  /** Last four characters of the value. */
  readonly last4: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly lastUsedAtMs: number | null;
  /** Where its last use came from; known of keys that are being replaced. */
  readonly lastUsedAddress: string | null;
  /** The key that replaces it: this one is good until `expiresAtMs` and no longer. */
  readonly successorId: string | null;
}

/** An API key with its value, where it was just made or is kept sealed for its owner. */
export interface ApiKeyWithValue extends ApiKey {
  /** `null` when the install keeps no values (`apiKeys.listTokens: masked`). */
  readonly value: Secret | null;
}

/** A key to be made. Absent narrows nothing; the install may still set an end. */
export interface NewApiKeyInput {
  readonly name: string;
  readonly purpose?: string | null;
  /** Names of actions. */
  readonly scopes?: readonly string[] | null;
  /** Ids of sources; that they exist is the door's to see to. */
  readonly sources?: readonly string[] | null;
  readonly cidrs?: readonly string[] | null;
  /** At most one of the two. */
  readonly expiresAtMs?: number | null;
  readonly lifetimeMs?: number | null;
  /** The caller's name for this request: for 24 h the same name makes no second key. */
  readonly idempotencyKey?: string | null;
}

/** What is taken from a key. Every list must lie within the one the key has. */
export type ApiKeyChange = Pick<NewApiKeyInput, 'scopes' | 'sources' | 'cidrs' | 'expiresAtMs' | 'lifetimeMs'>;

/** Uses of a key that is being replaced, on one day (UTC). */
export interface ApiKeyUse {
  /** Whole days since the epoch. */
  readonly day: number;
  readonly uses: number;
  readonly lastUsedAtMs: number;
  readonly lastUsedAddress: string | null;
}

export interface ApiKeyDetail {
  readonly key: ApiKey;
  readonly username: string;
  /** Newest day first; empty unless the key is being replaced. */
  readonly uses: readonly ApiKeyUse[];
}

export interface ApiKeyRotationOrder {
  /** How long the old key is still good: 0 to 30 days; a day where nothing is said. */
  readonly overlapMs?: number;
  /** The caller's name for this request: for 24 h the same name gives the same successor, without its value. */
  readonly idempotencyKey?: string | null;
}

export interface ApiKeyRotation {
  /** The old one, with its end. */
  readonly retiring: ApiKey;
  /** Its value is `null` when the same request was answered before. */
  readonly successor: ApiKeyWithValue;
}

/** Something that will end. */
export interface Expiring {
  readonly kind: 'api_key' | 'password' | 'signing_key' | 'certificate';
  readonly id: string | null;
  readonly name: string;
  /** Name of the user whose it is; `null`: the install's own. */
  readonly owner: string | null;
  /** Its uid. */
  readonly organisation: string | null;
  readonly expiresAtMs: number;
  /** `retiring`: its successor is there · `temporary`: has to be changed · `renews_itself`: nothing is to be done. */
  readonly detail: 'retiring' | 'temporary' | 'renews_itself' | null;
}

/** How many of a kind end within `1d`, `7d` and `30d`; counted up to 1,000. */
export type ExpiringCounts = readonly {
  readonly kind: Expiring['kind'];
  readonly within: string;
  readonly count: number;
}[];

/** A user with everything a door may want to show of it. */
export interface Profile {
  readonly user: User;
  readonly organisation: Organisation;
  readonly roles: readonly Role[];
}

/** What signing in gives. */
export interface SignIn {
  readonly profile: Profile;
  readonly session: Session;
  readonly token: Secret;
  /** The csrf value that must accompany the token, where the family has one. */
  readonly csrf: Secret | null;
}

/** Who is signed in, and what their page needs to know of the session. */
export interface CurrentSession {
  readonly profile: Profile;
  /** Of a session of the console; `null` for every other credential. */
  readonly csrf: Secret | null;
  /** As {@link Session.idleMs}; `null` for every credential that is no session of the console. */
  readonly idleMs: number | null;
}

export interface LoginInput {
  readonly family: TokenFamily;
  readonly username: string;
  /** Exactly the bytes sent, at most 1,024; never trimmed or normalised. */
  readonly password: Secret;
  /** Token of a console session that ends when this sign-in succeeds; what is none is ignored. */
  readonly replaces?: Secret | null;
  readonly origin: AuditOrigin;
}

/** One credential as a door found it; shape is all that is known of it. */
export interface PresentedCredential {
  readonly shape: 'jwt' | 'api_key' | 'cookie' | 'unknown';
  readonly value: Secret;
  /** The csrf value that came with it, where the door carries one. */
  readonly csrf: Secret | null;
  /** The request only reads (RFC 9110 §9.2.1): a cookie, which a browser sends unasked, needs no csrf value then. */
  readonly isReadOnly?: boolean;
}

export interface AuthenticateInput {
  /** `null`: nothing was presented. */
  readonly presented: PresentedCredential | null;
  /** Kinds this route takes; every other kind is refused as if it were not valid. */
  readonly accepts: readonly CredentialKind[];
  readonly origin: AuditOrigin;
}

export interface NewUser {
  readonly kind: UserKind;
  readonly username: string;
  readonly organisationUid: string;
  readonly displayName?: string;
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  /** Role names of the organisation; the default is `member`. */
  readonly roles?: readonly string[];
  readonly claims?: ReadonlyMap<string, string>;
  /** `null`: an account that cannot sign in with a password. */
  readonly password: Secret | null;
  readonly passwordExpiresAtMs?: number | null;
  /** The password is temporary: the first sign-in asks for a new one, and soon it is worth nothing. */
  readonly mustChange?: boolean;
}

export interface UserChange {
  readonly displayName?: string;
  readonly email?: string | null;
  readonly firstName?: string | null;
  readonly lastName?: string | null;
  readonly passwordExpiresAtMs?: number | null;
  readonly lockedUntilMs?: number | null;
  readonly addRoles?: readonly string[];
  readonly removeRoles?: readonly string[];
  /** By name; added or put in the place of what was there. */
  readonly setClaims?: ReadonlyMap<string, string>;
  readonly removeClaims?: readonly string[];
}

/** Who administers, for the audit trail: a proved principal or the machine's operator at the terminal. */
export interface Actor {
  readonly principal: Principal | null;
  readonly origin: AuditOrigin;
}

/** What is taken back. */
export interface RevocationOrder {
  /** Whether API keys go too; sessions and tokens always do. */
  readonly apiKeys: boolean;
  /** `restored`: an older state of the store was put back. */
  readonly reason?: 'revoked' | 'restored';
}

/** How much of what was taken back was good until then. */
export interface Revoked {
  readonly sessions: number;
  readonly apiKeys: number;
}
