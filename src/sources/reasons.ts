/**
 * The reason table of connection verdicts: why a stage failed, who can mend it, which field to look at and what to do.
 * One table for every engine and every door; connectors only name a reason. Sentences never hold values.
 *
 * @module
 */
import type { Audience, Stage } from './stages.js';

export interface ReasonDefinition {
  /** Where it usually shows; `any` for deadlines and for what is not told apart. */
  readonly stages: readonly (Stage | 'any')[];
  /** Whether the same attempt could succeed later without anybody changing anything. */
  readonly retryable: boolean;
  readonly audience: Audience;
  /** The input field to look at, in neutral names. */
  readonly field: string | null;
  /** One sentence: what to do. */
  readonly fix: string;
}

export const reasons = {
  INPUT_MISSING_FIELD: define('input', false, 'user', null, 'Fill in the named field.'),
  INPUT_INVALID_FIELD: define('input', false, 'user', null, 'Correct the named field.'),
  EXTRA_UNPARSABLE: define('input', false, 'user', 'extra', 'Send extra as a JSON object, or as the text of one.'),
  AUTH_TYPE_UNSUPPORTED_BY_ENGINE: define(
    'input',
    false,
    'user',
    'authType',
    'Choose an authentication type this engine has.',
  ),
  CREDENTIAL_REF_UNRESOLVED: define(
    'input',
    false,
    'user',
    'password',
    'Check the reference: no secret is stored under it.',
  ),
  SECRET_STORE_UNAVAILABLE: define(
    'input',
    true,
    'platform',
    'password',
    'Try again when the secret store answers again.',
  ),
  CREDENTIAL_ROTATION_DUE: define(
    'input',
    false,
    'user',
    'password',
    'Set a new password or token: this one is more than a year old.',
  ),

  TARGET_NOT_ALLOWED: define(
    'policy',
    false,
    'platform',
    'host',
    'Ask the operator of this service whether this target may be reached from it.',
  ),
  PROBE_RATE_LIMITED: define(
    'policy',
    true,
    'user',
    null,
    'Wait: this caller or this target was tested too often in a short time.',
  ),

  DNS_NOT_FOUND: define('resolve', false, 'user', 'host', 'Check the spelling of the host name: it does not exist.'),
  DNS_TEMPORARY: define('resolve', true, 'network', 'host', 'Try again: the name servers did not answer.'),

  TCP_REFUSED: define(
    'tcp',
    true,
    'network',
    'port',
    'Check that the server runs and listens on this port: the host answers, nothing accepts there.',
  ),
  TCP_TIMEOUT: define(
    'tcp',
    true,
    'network',
    'host',
    'Check firewalls and routes between this service and the host: nothing answers.',
  ),
  TCP_UNREACHABLE: define('tcp', true, 'network', 'host', 'Check the route to the host: the network reports none.'),
  TCP_RESET: define(
    'tcp',
    true,
    'network',
    'port',
    'Check proxies and load balancers in between: the connection was closed before the server spoke.',
  ),

  SSH_UNREACHABLE: define('tunnel', true, 'network', 'extra.ssh_host', 'Check that the SSH server can be reached.'),
  SSH_AUTH_FAILED: define('tunnel', false, 'user', 'extra.ssh_username', 'Check user and key of the SSH server.'),
  SSH_HOSTKEY_UNTRUSTED: define(
    'tunnel',
    false,
    'user',
    'extra.ssh_host_key',
    'Compare the host key of the SSH server with the one you were given.',
  ),
  SSH_FORWARD_DENIED: define(
    'tunnel',
    false,
    'network',
    'extra.ssh_host',
    'Ask for permission to forward ports on the SSH server.',
  ),

  TLS_NOT_SUPPORTED_BY_SERVER: define(
    'tls',
    false,
    'dba',
    'tls.mode',
    'Switch TLS on at the server, or choose a mode that allows plain text.',
  ),
  TLS_REQUIRED_BY_SERVER: define(
    'tls',
    false,
    'user',
    'tls.mode',
    'Choose a mode with TLS: the server refuses plain text.',
  ),
  TLS_UNTRUSTED_ISSUER: define(
    'tls',
    false,
    'user',
    'tls.ca',
    'Give the certificate of the authority that signed the server certificate.',
  ),
  TLS_SELF_SIGNED: define(
    'tls',
    false,
    'user',
    'tls.ca',
    'Give the self-signed certificate as trust anchor, or have the server use one signed by an authority.',
  ),
  TLS_NAME_MISMATCH: define(
    'tls',
    false,
    'dba',
    'host',
    'Connect by a name the server certificate is made out to, or have it made out to this one.',
  ),
  TLS_EXPIRED: define('tls', false, 'dba', 'host', 'Renew the server certificate: it has expired.'),
  TLS_NOT_YET_VALID: define(
    'tls',
    false,
    'dba',
    'host',
    'Check the clocks of both machines and the start date of the server certificate.',
  ),
  TLS_VERSION_OR_CIPHER: define(
    'tls',
    false,
    'dba',
    null,
    'Allow TLS 1.2 or newer at the server: both sides found no common version and cipher.',
  ),
  TLS_EXPIRES_SOON: define(
    'tls',
    false,
    'dba',
    'host',
    'Renew the server certificate soon: it ends within fourteen days.',
  ),
  TLS_CLIENT_CERT_INVALID: define(
    'tls',
    false,
    'user',
    'tls.clientCertificate',
    'Check the client certificate: the server does not accept it.',
  ),
  TLS_CLIENT_CERT_REQUIRED: define(
    'tls',
    false,
    'user',
    'tls.clientCertificate',
    'Give a client certificate and its key: the server asks for them.',
  ),
  TLS_CLIENT_CERT_KEY_MISMATCH: define(
    'tls',
    false,
    'user',
    'tls.clientKey',
    'Give the key that belongs to the client certificate.',
  ),

  PROTOCOL_MISMATCH: define(
    'handshake',
    false,
    'user',
    'port',
    'Check the port and the engine: another kind of service answers there.',
  ),
  SERVER_STARTING: define(
    'handshake',
    true,
    'dba',
    null,
    'Try again in a moment: the server does not accept logins yet.',
  ),
  SERVER_SHUTTING_DOWN: define('handshake', true, 'dba', null, 'Try again when the server is back: it is stopping.'),
  TOO_MANY_CONNECTIONS: define(
    'handshake',
    true,
    'dba',
    null,
    'Close connections that are not needed, or raise the connection limit of the server or database.',
  ),
  USER_CONNECTION_LIMIT: define(
    'handshake',
    true,
    'dba',
    null,
    'Close other connections of this user, or raise its connection limit.',
  ),
  CLIENT_HOST_NOT_PERMITTED: define(
    'handshake',
    false,
    'dba',
    null,
    'Permit this service to log in with this user and database (pg_hba.conf, or the host part of the account).',
  ),
  CLIENT_HOST_BLOCKED: define(
    'handshake',
    false,
    'dba',
    null,
    'Unblock the address of this service at the server (FLUSH HOSTS) and find out which logins failed.',
  ),
  AUTH_PLUGIN_UNSUPPORTED: define(
    ['handshake', 'authenticate'],
    false,
    'dba',
    'tls.mode',
    'Use an authentication method supported here, such as SCRAM; one that shows the password needs TLS with a verified certificate.',
  ),

  AUTH_INVALID_CREDENTIALS: define(
    'authenticate',
    false,
    'user',
    'password',
    'Check user name and password: the server refused them.',
  ),
  AUTH_PASSWORD_REQUIRED: define(
    'authenticate',
    false,
    'user',
    'password',
    'Give a password: the server asks for one.',
  ),
  AUTH_ACCOUNT_LOCKED: define('authenticate', false, 'dba', 'username', 'Unlock the account at the server.'),
  AUTH_ACCOUNT_DISABLED: define('authenticate', false, 'dba', 'username', 'Enable the account at the server.'),
  AUTH_PASSWORD_EXPIRED: define('authenticate', false, 'user', 'password', 'Set a new password: this one has expired.'),
  AUTH_PASSWORD_MUST_CHANGE: define(
    'authenticate',
    false,
    'user',
    'password',
    'Log in once by another way and change the password: the server asks for that.',
  ),
  AUTH_TOKEN_EXPIRED: define('authenticate', false, 'user', 'token', 'Get a new token: this one has expired.'),
  AUTH_TOKEN_AUDIENCE: define('authenticate', false, 'user', 'token', 'Get a token that is issued for this server.'),
  AUTH_TOKEN_SCOPE: define('authenticate', false, 'user', 'token', 'Get a token with the scope this server asks for.'),
  AUTH_ROLE_NOT_LOGIN: define(
    'authenticate',
    false,
    'dba',
    'username',
    'Give the role the right to log in, or use one that has it.',
  ),

  DATABASE_NOT_FOUND: define(
    'database',
    false,
    'user',
    'database',
    'Check the name of the database: there is none such.',
  ),
  DATABASE_ACCESS_DENIED: define('database', false, 'dba', 'database', 'Grant this user access to the database.'),
  DATABASE_FILE_MISSING: define('database', false, 'user', 'database', 'Check the path: there is no such file.'),
  DATABASE_FILE_NOT_A_DATABASE: define(
    'database',
    false,
    'user',
    'database',
    'Name an SQLite database file: this is something else, or damaged.',
  ),
  DATABASE_FILE_LOCKED: define(
    'database',
    true,
    'user',
    'database',
    'Try again when the program that holds the file has finished writing.',
  ),

  QUERY_TIMEOUT: define(
    'query',
    true,
    'dba',
    null,
    'Find out what keeps the server busy: a trivial query took too long.',
  ),
  QUERY_FAILED: define('query', false, 'dba', null, 'Look into the log of the server: a trivial query failed.'),
  SERVER_READ_ONLY: define('query', false, 'dba', null, 'Connect to the primary server: this one is read-only.'),
  CONNECTION_LOST: define('query', true, 'network', null, 'Try again: the connection broke off.'),

  ACCOUNT_EXPIRES_SOON: define(
    'authenticate',
    false,
    'dba',
    'username',
    'Renew the account or its password: it ends within fourteen days.',
  ),
  SERVER_SETTING_UNUSUAL: define(
    'query',
    false,
    'dba',
    null,
    'Look at the settings shown: text, times or limits may not come out as expected.',
  ),
  CLOCK_SKEWED: define('query', false, 'platform', null, 'Set the clocks of both machines: they do not agree.'),
  REPLICA_BEHIND: define('query', true, 'dba', null, 'Connect to the primary server, or find out why this one lags.'),

  PRIV_SCHEMA_USAGE: define('privilege', false, 'dba', null, 'Grant USAGE on the schema.'),
  PRIV_SELECT: define('privilege', false, 'dba', null, 'Grant SELECT on the tables.'),
  PRIV_WRITE_MISSING: define('privilege', false, 'dba', null, 'Grant the write privileges that were declared.'),
  PRIV_EXCESSIVE: define('privilege', false, 'dba', null, 'Revoke what the declared purpose does not need.'),

  CATALOG_EMPTY: define(
    'catalog',
    false,
    'dba',
    'schema',
    'Grant access to at least one table, or name another schema.',
  ),
  CATALOG_PARTIAL: define('catalog', false, 'dba', 'schema', 'Grant access to the objects that could not be read.'),
  CATALOG_TOO_LARGE: define(
    'catalog',
    false,
    'dba',
    'schema',
    'Narrow the schemas: there is more than the budget allows.',
  ),
  CATALOG_DRIFTED: define(
    'catalog',
    false,
    'user',
    'schema',
    'Look at what changed since the last snapshot, then take a new one.',
  ),
  CATALOG_VIEW_MISSING: define('catalog', false, 'dba', 'schema', 'Grant access to the catalogue views of the server.'),

  STAGE_TIMEOUT: define(
    'any',
    true,
    'network',
    null,
    'Check what slows this step down: the server did not go on in time.',
  ),
  TOTAL_TIMEOUT: define('any', true, 'network', null, 'Allow more time, or check what slows the server down.'),
  ENGINE_VERSION_UNSUPPORTED: define('any', false, 'dba', null, 'Upgrade the server: this version is too old.'),
  DRIVER_MISSING: define('any', false, 'platform', null, 'Install the driver of this engine beside this service.'),
  INTERNAL: define('any', true, 'platform', null, 'Try again; the log of this service says more.'),
  UNCLASSIFIED: define('any', false, 'platform', null, 'Report the native code shown: it has no name here yet.'),
} as const satisfies Record<string, ReasonDefinition>;

export type Reason = keyof typeof reasons;

function define(
  stages: Stage | 'any' | readonly Stage[],
  retryable: boolean,
  audience: Audience,
  field: string | null,
  fix: string,
): ReasonDefinition {
  return Object.freeze({ stages: typeof stages === 'string' ? [stages] : stages, retryable, audience, field, fix });
}
