/**
 * Who is asking, proved. A principal is made by `identity` from exactly one credential and never changes; everything
 * behind the doors decides on it and on nothing else a request says about itself.
 *
 * @module
 */

/** What a role may allow. Closed: an unknown name in the store grants nothing. */
export const actions = [
  /** Test a database's credentials, preflight, metadata of a database one has the credentials of. */
  'connections.test',
  /** See the full verdict of a refused connection, not only its class. */
  'connections.diagnose',
  /** List, show, test, preflight and describe the sources of one's own organisation. */
  'sources.inspect',
  /** Add, change, remove, schedule and snapshot them. With `directory.manage`: those of every organisation. */
  'sources.manage',
  /** Read the metrics of the service. */
  'metrics.read',
  /** Add, list and delete one's own API keys. */
  'api_keys.manage_own',
  /** Query and write data sources under grants. */
  'data.use',
  /** Tokenize and detokenize. */
  'vault.use',
  /** Organisations, users, roles, keys, sources of everybody. */
  'directory.manage',
  /** Read and verify the audit trail. */
  'audit.read',
  /** Ask whether tokens and keys of others are good. */
  'tokens.introspect',
] as const;

export type Action = (typeof actions)[number];

/** The closed list of things a caller can present. `cli` and `loopback` are minted for local callers without one. */
export const credentialKinds = [
  'precrime_token',
  'cloudio_session',
  'onedb_token',
  'native_token',
  'api_key',
  'console_session',
  /** Name and password of a service account, with the request itself. */
  'client_secret',
  'cli',
  'loopback',
] as const;

export type CredentialKind = (typeof credentialKinds)[number];

export type UserKind = 'person' | 'service' | 'api';

declare const minted: unique symbol;

export interface Principal {
  readonly [minted]: true;
  /** `null` for `cli` and `loopback`: the machine's own operator, no account. */
  readonly userId: string | null;
  readonly username: string;
  readonly userKind: UserKind | null;
  readonly organisationId: string | null;
  readonly organisationUid: string | null;
  readonly credential: {
    readonly kind: CredentialKind;
    /** Session id or API key id; `null` for `cli` and `loopback`. */
    readonly id: string | null;
    /** Milliseconds since the epoch; `null` when it does not expire. */
    readonly expiresAtMs: number | null;
    /** Of a token that was issued on an API key: that key, which it can do no more than. */
    readonly issuedOnKeyId?: string;
  };
  readonly roleIds: readonly string[];
  readonly allowed: ReadonlySet<Action>;
  /** Ids of the stored sources the credential reaches, and then no other database; `null` narrows nothing. */
  readonly sources: readonly string[] | null;
  /** What an administrator wrote down of the user, for row filters: `$claims.region`. */
  readonly claims: ReadonlyMap<string, string>;
}
