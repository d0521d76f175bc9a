/**
 * What {@link createIdentity} is made from, and the settings that shape it. Everything a verb of identity touches
 * comes through here, so tests compose it the same way with other parts.
 *
 * @module
 */
import type { Clock } from '../kernel/clock.js';
import type { Ids } from '../kernel/ids.js';
import type { Secret } from '../kernel/secret.js';
import type { Expiring } from './model.js';
import type { IdentityStore, Networks, PasswordHasher, PasswordParameters, SharedGuessCounters } from './ports.js';

export interface IdentityPolicy {
  /** New hashes use these; a login rehashes what uses others. */
  readonly passwordParameters: PasswordParameters;
  /** Shortest password of a person, in code points. */
  readonly minPersonLength: number;
  /** Shortest password of anything else; never below it for people either. */
  readonly minLength: number;
  /** Words no password may contain: the product, the host. Organisation and user name are added per user. */
  readonly contextWords: readonly string[];
  /** How long a new password lives; `null`: for ever (NIST SP 800-63B-4 §3.1.1.2: no periodic change). */
  readonly passwordLifetimeMs: number | null;
  /** So many of the last passwords of an account, the present one included, are not taken again; 0: any is. */
  readonly passwordHistory: number;
  /** How long a password that an administrator chose for somebody is good for changing it. */
  readonly temporaryPasswordMs: number;
  /** Wrong passwords that are judged at all; further ones are refused unseen. */
  readonly guesses: {
    /** Of one account from one source, in 15 minutes. */
    readonly perSource: number;
    /** Of one account from all sources it never signed in from, in a day. */
    readonly perAccountDay: number;
    /** From one source, whoever is meant, in an hour. */
    readonly perAddressHour: number;
  };
  /** Beyond this many live sessions of one user the oldest ends. */
  readonly maxSessionsPerUser: number;
  /** Whether values of API keys are kept sealed for their owner's list (`apiKeys.listTokens: full`). */
  readonly keepKeyValues: boolean;
  readonly cloudio: { readonly idleMs: number; readonly absoluteMs: number };
  /** Beyond a day the absolute end is a day. */
  readonly console: { readonly idleMs: number; readonly absoluteMs: number };
  readonly signing: {
    /** A key that was made longer ago is rotated; `null`: only by hand. */
    readonly rotateEveryMs: number | null;
    /** What new keys of the native family sign with. */
    readonly nativeAlgorithm: 'EdDSA' | 'ES256' | 'RS256';
  };
  readonly apiKeys: {
    /** No key lives longer than this after it was made; `null`: for ever. */
    readonly maxLifetimeMs: number | null;
    /** Keys one user may have at a time. */
    readonly perUser: number;
  };
  /** The demo's sample passwords. No length, no lists; never outside `latchkey demo`. */
  readonly allowWeakPasswords: boolean;
}

export const defaultIdentityPolicy: IdentityPolicy = Object.freeze({
  passwordParameters: Object.freeze({ memoryKib: 65_536, passes: 3, lanes: 1 }),
  minPersonLength: 15,
  minLength: 12,
  contextWords: Object.freeze(['latchkey']),
  passwordLifetimeMs: null,
  passwordHistory: 5,
  temporaryPasswordMs: 24 * 60 * 60_000,
  guesses: Object.freeze({ perSource: 10, perAccountDay: 100, perAddressHour: 300 }),
  maxSessionsPerUser: 50,
  keepKeyValues: true,
  cloudio: Object.freeze({ idleMs: 60 * 60_000, absoluteMs: 12 * 60 * 60_000 }),
  console: Object.freeze({ idleMs: 30 * 60_000, absoluteMs: 12 * 60 * 60_000 }),
  signing: Object.freeze({ rotateEveryMs: 90 * 24 * 60 * 60_000, nativeAlgorithm: 'EdDSA' }),
  apiKeys: Object.freeze({ maxLifetimeMs: null, perUser: 10_000 }),
  allowWeakPasswords: false,
});

/** Told about what went wrong where no caller waits for it. */
export interface IdentityObserver {
  /** A last-seen time could not be written; it is written again with the credential's next use. */
  backgroundWriteFailed(error: unknown): void;
  /** Signing keys could not be looked after; it is tried again within the hour. */
  keyRotationFailed?(error: unknown): void;
  /** The store did not say what changed: until it does, every credential is looked up. */
  verificationPollFailed?(error: unknown): void;
  /** Sessions and keys that are over could not be tidied away; it is tried again within the hour. */
  sweepFailed?(error: unknown): void;
}

export interface IdentityDeps {
  readonly store: IdentityStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly hasher: PasswordHasher;
  /** Keys digests of API keys and fingerprints of names. At least 32 bytes. */
  readonly digestKey: Secret<Uint8Array>;
  /** Chooses decoys for unknown names. At least 32 bytes. */
  readonly decoyKey: Secret<Uint8Array>;
  /** A new private key, PKCS #8 in DER; RSA of 3,072 bits at least. */
  readonly makePrivateKey: (algorithm: IdentityPolicy['signing']['nativeAlgorithm']) => Promise<Secret<Uint8Array>>;
  readonly networks: Networks;
  /** What else of the install will end, of which other rooms know. */
  readonly otherEnds?: () => Promise<readonly Expiring[]>;
  readonly policy: IdentityPolicy;
  /** Counters of wrong guesses that several nodes share; without them each counts for itself. */
  readonly sharedGuesses?: SharedGuessCounters | undefined;
  readonly observer?: IdentityObserver;
  /** Our own base URL as strangers reach it, without a slash at its end: `iss` and `aud` of native tokens. */
  readonly issuer?: () => string | null;
}
