/**
 * Row types of our own tables, as both databases hold them. Times are integers, milliseconds since the epoch; lists and
 * facts are JSON text; sealed columns hold envelopes of the key ring.
 *
 * @module
 */
import type { Generated } from 'kysely';

export interface OrganisationRow {
  id: string;
  number: number;
  uid: string;
  name: string;
  created_at_ms: number;
}

export interface RoleRow {
  id: string;
  number: number;
  organisation_id: string;
  name: string;
  /** JSON array of action names. */
  allowed: string;
  created_at_ms: number;
}

export interface UserRow {
  id: string;
  organisation_id: string;
  kind: string;
  username: string;
  canonical_name: string;
  display_name: string;
  email: string | null;
  first_name: string | null;
  last_name: string | null;
  /** PHC string. */
  password_hash: string | null;
  /** The part of the PHC string before its salt, so that the mix can be counted by an index. */
  password_parameters: string | null;
  created_at_ms: number;
  password_changed_at_ms: number | null;
  password_expires_at_ms: number | null;
  password_lapses_at_ms: number | null;
  disabled_at_ms: number | null;
  locked_until_ms: number | null;
  /** JSON object of name to text; null: none. */
  claims: string | null;
}

export interface FormerPasswordRow {
  user_id: string;
  /** Place in the order they were replaced in. */
  number: number;
  /** PHC string. */
  password_hash: string;
  replaced_at_ms: number;
}

export interface UserRoleRow {
  user_id: string;
  role_id: string;
}

export interface SessionRow {
  id: string;
  token_digest: string;
  family: string;
  user_id: string;
  /** Sealed. */
  csrf: string | null;
  created_at_ms: number;
  expires_at_ms: number;
  idle_ms: number | null;
  last_seen_at_ms: number;
  line_started_at_ms: number;
  ended_at_ms: number | null;
  /** Where it began. */
  address: string | null;
}

export interface ApiKeyRow {
  id: string;
  digest: string;
  user_id: string;
  name: string;
  prefix: string;
  last4: string;
  /** Sealed; null when the install keeps no values. */
  value: string | null;
  created_at_ms: number;
  expires_at_ms: number | null;
  last_used_at_ms: number | null;
  last_used_address: string | null;
  purpose: string | null;
  /** JSON array of action names; null narrows nothing. */
  scopes: string | null;
  /** JSON array of ids. */
  sources: string | null;
  /** JSON array of ranges. */
  cidrs: string | null;
  successor_id: string | null;
  /** Of the request that made it: who asked by which name, and for what. */
  request_digest: string | null;
  request_content: string | null;
}

/** Uses of a key that is being replaced. */
export interface ApiKeyUseRow {
  key_id: string;
  /** Whole days since the epoch, UTC. */
  day: number;
  uses: number;
  last_used_at_ms: number;
  last_used_address: string | null;
}

export interface SigningKeyRow {
  id: string;
  family: string;
  algorithm: string;
  /** Sealed. */
  secret: string;
  created_at_ms: number;
  signs_from_ms: number;
  retired_at_ms: number | null;
}

/** A place an account has signed in from. */
export interface KnownSourceRow {
  /** Keyed, of the account's name and the place. */
  digest: string;
  user_id: string;
  seen_at_ms: number;
}

/** At most one row, whose id is 1. */
export interface SetupCodeRow {
  id: number;
  digest: string;
  expires_at_ms: number;
}

export interface AuditEventRow {
  chain: number;
  seq: number;
  mac: string;
  name: string;
  at_ms: number;
  door: string;
  request_id: string | null;
  address: string | null;
  actor_id: string | null;
  credential_kind: string | null;
  credential_id: string | null;
  organisation_id: string | null;
  subject: string | null;
  outcome: string;
  reason: string | null;
  /** JSON object, keys sorted. */
  facts: string;
}

export interface AuditChainRow {
  chain: number;
  /** How many chains the trail has; the same in every row. */
  chains: number;
  seq: number;
  mac: string;
  proof: string;
}

export interface InstallSecretRow {
  name: string;
  /** Sealed. */
  secret: string;
  created_at_ms: number;
}

export interface SourceRow {
  id: string;
  name: string;
  description: string | null;
  organisation_id: string;
  engine: string;
  host: string;
  port: number;
  database: string;
  username: string;
  auth_type: string;
  tls_mode: string;
  tls_ca: string | null;
  tls_client_certificate: string | null;
  /** Sealed. */
  client_key: string | null;
  /** `stored`, `env` or `file`. */
  credential_kind: string;
  /** Name of the variable or path of the file; null when stored. */
  credential_reference: string | null;
  /** Sealed, and bound to where it may be sent. */
  password: string | null;
  credential_set_at_ms: number;
  purpose: string;
  /** JSON object. */
  limits: string;
  check_every_minutes: number | null;
  next_check_at_ms: number | null;
  /** Sealed: such URLs often carry a key in their path. */
  webhook_url: string | null;
  /** Sealed. */
  webhook_key: string | null;
  health: string;
  health_since_ms: number;
  checked_at_ms: number | null;
  check_stage: string | null;
  check_reason: string | null;
  failures_in_row: number;
  passes_in_row: number;
  created_at_ms: number;
  updated_at_ms: number;
  revision: number;
}

/** Outlives its source for a moment: its parts are taken away in small steps. */
export interface SourceSnapshotRow {
  id: string;
  source_id: string;
  taken_at_ms: number;
  objects: number;
  parts: number;
  /** `writing`, `complete` or `gone`. */
  state: string;
}

export interface SourceSnapshotPartRow {
  snapshot_id: string;
  /** From 0, without gaps. */
  part: number;
  /** JSON array of `[schema, section, name, arguments, body]`. */
  entries: string;
}

export interface SourceNoticeRow {
  id: string;
  source_id: string;
  /** Place in the order they were written in. */
  number: number;
  type: string;
  body: string;
  created_at_ms: number;
  attempts: number;
  next_attempt_at_ms: number;
}

/** A table, a view or a named query of a source. */
export interface DatasetRow {
  id: string;
  organisation_id: string;
  name: string;
  source_id: string;
  /** `table` or `query`. */
  kind: string;
  table_schema: string | null;
  table_name: string | null;
  /** `schema.table`. */
  place: string | null;
  /** Text of the named query. */
  query: string | null;
  created_at_ms: number;
}

export interface GrantRow {
  id: string;
  role_id: string;
  dataset_id: string;
  /** JSON array of operations. */
  operations: string;
  /** JSON array of column names; null: every column. */
  readable: string | null;
  writable: string | null;
  /** JSON as `query/parse-filter.ts` reads it; null: every row. */
  filter: string | null;
  /** JSON array of `{column, mask}`. */
  masks: string;
  created_at_ms: number;
}

export interface WriteReceiptRow {
  key_digest: string;
  content_digest: string;
  /** `pending` or `done`. */
  state: string;
  status: number | null;
  /** Sealed. */
  body: string | null;
  at_ms: number;
}

/** The last number given out, per kind of thing. */
export interface CounterRow {
  name: string;
  value: number;
}

/** Raised to refuse everything that was issued before; see `epochs.ts`. */
export interface EpochColumns {
  session_epoch: Generated<number>;
  key_epoch: Generated<number>;
}

/** The sum of the epochs of install, organisation and user when it was issued. */
export interface IssuedColumns {
  epoch: Generated<number>;
}

export interface IssuedOnColumn {
  /** The session it was issued on, with which it ends. */
  issued_on_id: Generated<string | null>;
}

/** A committed change of what credentials are worth, for verifiers of other processes; the newest are kept. */
export interface CredentialChangeRow {
  shard: number;
  /** Place in the order of the shard, without gaps. */
  number: number;
  /** Whose credentials; null: anybody's. */
  user_id: string | null;
}

/** A process that verifies credentials from memory. */
export interface VerifierRow {
  id: string;
  seen_at_ms: number;
}

export interface MigrationRow {
  name: string;
  applied_at_ms: number;
}

export interface StoreTables {
  organisations: OrganisationRow & EpochColumns;
  roles: RoleRow;
  users: UserRow & EpochColumns;
  former_passwords: FormerPasswordRow;
  user_roles: UserRoleRow;
  sessions: SessionRow & IssuedColumns & IssuedOnColumn;
  api_keys: ApiKeyRow & IssuedColumns;
  api_key_uses: ApiKeyUseRow;
  signing_keys: SigningKeyRow;
  known_sources: KnownSourceRow;
  setup_codes: SetupCodeRow;
  audit_events: AuditEventRow;
  audit_chains: AuditChainRow;
  install_secrets: InstallSecretRow;
  sources: SourceRow;
  source_snapshots: SourceSnapshotRow;
  source_snapshot_parts: SourceSnapshotPartRow;
  source_notices: SourceNoticeRow;
  datasets: DatasetRow;
  grants: GrantRow;
  write_receipts: WriteReceiptRow;
  counters: CounterRow;
  credential_changes: CredentialChangeRow;
  verifiers: VerifierRow;
  migrations: MigrationRow;
}
