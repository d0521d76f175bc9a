/**
 * Row types of our own tables, as both databases hold them. Times are integers, milliseconds since the epoch; lists and
 * facts are JSON text; sealed columns hold envelopes of the key ring.
 *
 * @module
 */

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
  disabled_at_ms: number | null;
  locked_until_ms: number | null;
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
}

export interface SigningKeyRow {
  id: string;
  family: string;
  algorithm: string;
  /** Sealed. */
  secret: string;
  created_at_ms: number;
  retired_at_ms: number | null;
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

/** The last number given out, per kind of thing. */
export interface CounterRow {
  name: string;
  value: number;
}

export interface MigrationRow {
  name: string;
  applied_at_ms: number;
}

export interface StoreTables {
  organisations: OrganisationRow;
  roles: RoleRow;
  users: UserRow;
  user_roles: UserRoleRow;
  sessions: SessionRow;
  api_keys: ApiKeyRow;
  signing_keys: SigningKeyRow;
  setup_codes: SetupCodeRow;
  audit_events: AuditEventRow;
  audit_chains: AuditChainRow;
  install_secrets: InstallSecretRow;
  counters: CounterRow;
  migrations: MigrationRow;
}
