/**
 * Between rows and the nouns of sources. A value of a closed list that this version does not know stays what it is:
 * what cannot be served shows as such where it is used.
 *
 * @module
 */
import { Secret } from '../kernel/secret.js';
import type { KeyRing, SealedPlace } from '../secrets/index.js';
import {
  type CredentialReference,
  type Notice,
  type Snapshot,
  type Source,
  type SourceHealth,
  type SourceLimits,
  type SourceSecrets,
  standardLimits,
} from '../sources/index.js';
import { openPlainText, openText, places } from './codecs.js';
import type { SourceNoticeRow, SourceRow, SourceSnapshotRow } from './schema.js';

/** A row with the uid of its organisation. */
export type SourceView = SourceRow & { readonly organisation_uid: string };

export function toSource(row: SourceView, keyRing: KeyRing): Source {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    organisationId: row.organisation_id,
    organisationUid: row.organisation_uid,
    engine: row.engine as Source['engine'],
    host: row.host,
    port: row.port,
    database: row.database,
    username: row.username,
    authType: row.auth_type as Source['authType'],
    tls: {
      mode: row.tls_mode as Source['tls']['mode'],
      ca: row.tls_ca,
      clientCertificate: row.tls_client_certificate,
      hasClientKey: row.client_key !== null,
    },
    credential: toCredential(row),
    credentialSetAtMs: row.credential_set_at_ms,
    purpose: row.purpose as Source['purpose'],
    limits: readLimits(row.limits),
    checkEveryMinutes: row.check_every_minutes,
    nextCheckAtMs: row.next_check_at_ms,
    webhookUrl: openPlainText(keyRing, row.webhook_url, places.sourceWebhookUrl(row.id)),
    health: {
      state: row.health as SourceHealth['state'],
      sinceMs: row.health_since_ms,
      checkedAtMs: row.checked_at_ms,
      stage: row.check_stage as SourceHealth['stage'],
      reason: row.check_reason as SourceHealth['reason'],
      failuresInRow: row.failures_in_row,
      passesInRow: row.passes_in_row,
    },
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    revision: row.revision,
  };
}

type HealthColumns =
  | 'health'
  | 'health_since_ms'
  | 'checked_at_ms'
  | 'check_stage'
  | 'check_reason'
  | 'failures_in_row'
  | 'passes_in_row';

export function fromHealth(health: SourceHealth): Pick<SourceRow, HealthColumns> {
  return {
    health: health.state,
    health_since_ms: health.sinceMs,
    checked_at_ms: health.checkedAtMs,
    check_stage: health.stage,
    check_reason: health.reason,
    failures_in_row: health.failuresInRow,
    passes_in_row: health.passesInRow,
  };
}

type SecretColumns = 'password' | 'client_key' | 'webhook_key';

/** Everything a change may write: no health, no secrets. */
export function fromSource(source: Source, keyRing: KeyRing): Omit<SourceRow, HealthColumns | SecretColumns> {
  const { credential, webhookUrl } = source;
  return {
    id: source.id,
    name: source.name,
    description: source.description,
    organisation_id: source.organisationId,
    engine: source.engine,
    host: source.host,
    port: source.port,
    database: source.database,
    username: source.username,
    auth_type: source.authType,
    tls_mode: source.tls.mode,
    tls_ca: source.tls.ca,
    tls_client_certificate: source.tls.clientCertificate,
    credential_kind: credential.kind,
    credential_reference:
      credential.kind === 'stored' ? null : credential.kind === 'env' ? credential.name : credential.path,
    credential_set_at_ms: source.credentialSetAtMs,
    purpose: source.purpose,
    limits: JSON.stringify(source.limits),
    check_every_minutes: source.checkEveryMinutes,
    next_check_at_ms: source.nextCheckAtMs,
    webhook_url: webhookUrl === null ? null : keyRing.seal(new Secret(webhookUrl), places.sourceWebhookUrl(source.id)),
    created_at_ms: source.createdAtMs,
    updated_at_ms: source.updatedAtMs,
    revision: source.revision,
  };
}

/** Only what is named, sealed; the password for nobody but the target of `row`. */
export function sealSecrets(
  secrets: Partial<SourceSecrets>,
  row: Omit<SourceRow, HealthColumns | SecretColumns>,
  keyRing: KeyRing,
): Partial<Pick<SourceRow, SecretColumns>> {
  const { password, clientKey, webhookKey } = secrets;
  const sealed = (secret: Secret | null, place: SealedPlace) => (secret === null ? null : keyRing.seal(secret, place));
  return {
    ...(password === undefined ? {} : { password: sealed(password, places.sourcePassword(row)) }),
    ...(clientKey === undefined ? {} : { client_key: sealed(clientKey, places.sourceClientKey(row.id)) }),
    ...(webhookKey === undefined ? {} : { webhook_key: sealed(webhookKey, places.sourceWebhookKey(row.id)) }),
  };
}

/** @throws `secrets.envelope_invalid` the row was changed from outside, so that its password is not for its target. */
export function openSecrets(row: SourceRow, keyRing: KeyRing): SourceSecrets {
  return {
    password: openText(keyRing, row.password, places.sourcePassword(row)),
    clientKey: openText(keyRing, row.client_key, places.sourceClientKey(row.id)),
    webhookKey: openText(keyRing, row.webhook_key, places.sourceWebhookKey(row.id)),
  };
}

export function toSnapshot(row: SourceSnapshotRow): Snapshot {
  return { id: row.id, sourceId: row.source_id, takenAtMs: row.taken_at_ms, objects: row.objects };
}

export function toNotice(row: SourceNoticeRow): Notice {
  return {
    id: row.id,
    sourceId: row.source_id,
    type: row.type,
    body: row.body,
    createdAtMs: row.created_at_ms,
    attempts: row.attempts,
    nextAttemptAtMs: row.next_attempt_at_ms,
  };
}

function toCredential(row: SourceRow): CredentialReference {
  const { credential_kind: kind, credential_reference: reference } = row;
  if (kind === 'env' && reference !== null) return { kind, name: reference };
  if (kind === 'file' && reference !== null) return { kind, path: reference };
  return { kind: 'stored' };
}

export function readLimits(text: string): SourceLimits {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return standardLimits;
  }
  const values = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};
  const numberOf = (name: keyof SourceLimits) => {
    const value = values[name];
    return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : standardLimits[name];
  };
  return {
    connections: numberOf('connections'),
    connectMs: numberOf('connectMs'),
    statementMs: numberOf('statementMs'),
    catalogTables: numberOf('catalogTables'),
  };
}
