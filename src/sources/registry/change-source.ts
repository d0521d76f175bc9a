/**
 * Changes a source. What decides who is shown its stored password (host, port, TLS, how the password is presented)
 * changes only together with that password: who may change a source must not learn what is stored in it by having it
 * sent somewhere else.
 *
 * @module
 */
import { authorize } from '../../access/index.js';
import type { Secret } from '../../kernel/secret.js';
import { sourcesErrors } from '../errors.js';
import type { ConnectionTarget } from '../model.js';
import { firstCheckAtMs } from '../schedule/next-check.js';
import type { Source, SourceSecrets, SourceTls } from '../source.js';
import type { Actor, SourceChange } from '../use-cases.js';
import { eitherOr, expectTarget, isFileEngine, placeholder } from './add-source.js';
import { sourceEvent } from './audit-event.js';
import type { RegistryDeps } from './deps.js';
import { ownSource } from './law.js';
import {
  fieldInvalid,
  readCheckEvery,
  readCredential,
  readDescription,
  readLimits,
  readPurpose,
  readSourceName,
  readWebhookUrl,
} from './read-fields.js';
import { makeWebhookKey } from './webhook-key.js';

/** See `use-cases.ts`. */
export async function changeSource(
  deps: RegistryDeps,
  actor: Actor,
  reference: string,
  change: SourceChange,
): Promise<{ readonly source: Source; readonly webhookKey: Secret | null }> {
  authorize(actor.principal, 'sources.manage');
  return deps.store.transaction(async (tx) => {
    const before = ownSource(actor.principal, await tx.findSource(reference));
    if (change.revision !== undefined && change.revision !== before.revision) throw sourcesErrors.changed_meanwhile();
    const nowMs = deps.clock.nowMs();
    const planned = planChange(deps, before, change, nowMs);
    if (planned === null) return { source: before, webhookKey: null };
    const { source, secrets, fields, isTargetNew } = planned;

    const outcome = await tx.updateSource(source, secrets);
    if (outcome === 'gone') throw sourcesErrors.not_found();
    if (outcome === 'stale') throw sourcesErrors.changed_meanwhile();
    if (outcome === 'taken') throw sourcesErrors.name_taken({ details: { field: 'name' } });
    if (isTargetNew) await tx.writeHealth(source.id, source.revision, source.health, source.nextCheckAtMs);
    await tx.appendAudit(sourceEvent('source.changed', nowMs, actor, source, { fields: fields.join(' ') }));
    return { source, webhookKey: secrets.webhookKey ?? null };
  });
}

interface PlannedChange {
  readonly source: Source;
  readonly secrets: Partial<SourceSecrets>;
  /** Names of what changed. */
  readonly fields: readonly string[];
  /** Earlier checks say nothing about what it is now. */
  readonly isTargetNew: boolean;
}

/** @returns `null` when nothing would be different. */
function planChange(deps: RegistryDeps, before: Source, change: SourceChange, nowMs: number): PlannedChange | null {
  const place = planTarget(deps, before, change);
  const credential = planCredential(deps, before, change);
  // Judged last of all, so that whoever sends the password again is told first what else is wrong.
  const plain = planPlainFields(deps, before, change);

  const isRepointed = place.fields.some((field) => repointing.has(field));
  const keepsPassword = before.credential.kind === 'stored' && credential.secrets.password === undefined;
  if (isRepointed && keepsPassword && !isFileEngine(deps, before.engine)) {
    throw sourcesErrors.password_required({ details: { field: 'password', fix: 'Send password with the change.' } });
  }

  const fields = [...place.fields, ...credential.fields, ...plain.fields];
  if (fields.length === 0) return null;
  const isTargetNew = place.fields.length + credential.fields.length > 0;
  const { checkEveryMinutes } = plain.values;
  const isRescheduled = isTargetNew || checkEveryMinutes !== before.checkEveryMinutes;
  const source: Source = {
    ...before,
    ...plain.values,
    ...place.values,
    credential: credential.reference,
    credentialSetAtMs: credential.fields.length > 0 ? nowMs : before.credentialSetAtMs,
    nextCheckAtMs:
      checkEveryMinutes === null ? null : isRescheduled ? firstCheckAtMs(nowMs, deps.ids) : before.nextCheckAtMs,
    health: isTargetNew
      ? {
          ...{ state: 'unknown', sinceMs: nowMs, checkedAtMs: null, stage: null, reason: null },
          ...{ failuresInRow: 0, passesInRow: 0 },
        }
      : before.health,
    updatedAtMs: nowMs,
    revision: before.revision + 1,
  };
  return { source, secrets: { ...place.secrets, ...credential.secrets, ...plain.secrets }, fields, isTargetNew };
}

/** Fields that decide who is shown the password, or how openly; `database` is one where it is a file. */
const repointing: ReadonlySet<string> = new Set(['host', 'port', 'authType', 'tls']);

interface Planned<Values> {
  readonly values: Values;
  readonly secrets: Partial<SourceSecrets>;
  readonly fields: readonly string[];
}

type TargetFields = Pick<Source, 'host' | 'port' | 'database' | 'username' | 'authType' | 'tls'>;

function planTarget(deps: RegistryDeps, before: Source, change: SourceChange): Planned<TargetFields> {
  const { target } = expectTarget(
    deps.parseTarget({
      engine: before.engine,
      host: change.host === undefined ? before.host : change.host,
      port: change.port === undefined ? before.port : change.port,
      database: change.database === undefined ? before.database : change.database,
      username: change.username === undefined ? before.username : change.username,
      authType: change.authType === undefined ? before.authType : change.authType,
      password: change.password ?? placeholder,
      extra: change.tls === undefined ? null : tlsExtra(change.tls),
      strict: true,
    }),
  );
  const tls = change.tls === undefined ? keptTls(before, target) : tlsOf(target);
  const values = {
    host: target.host,
    port: target.port,
    database: target.database,
    username: target.username,
    authType: target.authType,
    tls,
  };
  const names = ['host', 'port', 'database', 'username', 'authType'] as const;
  const fields: string[] = names.filter((name) => values[name] !== before[name]);
  const isTlsNew =
    tls.mode !== before.tls.mode ||
    tls.ca !== before.tls.ca ||
    tls.clientCertificate !== before.tls.clientCertificate ||
    // Two keys cannot be compared without opening one.
    target.tls.clientKey !== undefined;
  if (!isTlsNew) return { values, secrets: {}, fields };
  return {
    values,
    secrets: change.tls === undefined ? {} : { clientKey: target.tls.clientKey ?? null },
    fields: [...fields, 'tls'],
  };
}

const tlsKeys: ReadonlySet<string> = new Set([
  ...['ssl_mode', 'sslmode', 'ssl_cert', 'ssl_root_cert', 'ssl_client_cert', 'ssl_client_key'],
]);

/** Of `extra` only what says how the connection is secured: a token, say, has a field of its own. */
function tlsExtra(tls: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (Object.keys(tls).every((key) => tlsKeys.has(key))) return tls;
  throw fieldInvalid('tls', `Leave out what is not one of these: ${[...tlsKeys].join(', ')}.`);
}

function tlsOf({ tls }: ConnectionTarget): SourceTls {
  return {
    mode: tls.mode,
    ca: tls.ca ?? null,
    clientCertificate: tls.clientCertificate ?? null,
    hasClientKey: tls.clientKey !== undefined,
  };
}

const opportunistic: ReadonlySet<string> = new Set(['allow', 'prefer']);

/**
 * The settings stay as they are, but a mode that is good enough for this machine does not move to another host unsaid.
 */
function keptTls(before: Source, target: ConnectionTarget): SourceTls {
  const isMoved = target.host !== before.host;
  if (!isMoved || !opportunistic.has(before.tls.mode)) return before.tls;
  return { ...before.tls, mode: target.tls.mode };
}

function planCredential(
  deps: RegistryDeps,
  before: Source,
  change: SourceChange,
): Omit<Planned<never>, 'values'> & { readonly reference: Source['credential'] } {
  const isFile = isFileEngine(deps, before.engine);
  if (change.credential !== undefined) {
    if (change.password !== undefined) throw eitherOr();
    if (isFile) throw fieldInvalid('credential', 'Leave it out: a file has no password.');
    const reference = readCredential(deps, change.credential);
    const isSame = JSON.stringify(reference) === JSON.stringify(before.credential);
    return { reference, secrets: { password: null }, fields: isSame ? [] : ['credential'] };
  }
  if (change.password === undefined || isFile) return { reference: before.credential, secrets: {}, fields: [] };
  // Its shape was judged with the target, whose secret it is.
  return { reference: { kind: 'stored' }, secrets: { password: change.password }, fields: ['password'] };
}

type PlainFields = Pick<Source, 'name' | 'description' | 'purpose' | 'limits' | 'checkEveryMinutes' | 'webhookUrl'>;

function planPlainFields(deps: RegistryDeps, before: Source, change: SourceChange): Planned<PlainFields> {
  const values: PlainFields = {
    name: change.name === undefined ? before.name : readSourceName(change.name),
    description: change.description === undefined ? before.description : readDescription(change.description),
    purpose: change.purpose === undefined ? before.purpose : readPurpose(change.purpose),
    limits: readLimits(change.limits ?? {}, before.limits),
    checkEveryMinutes:
      change.checkEveryMinutes === undefined ? before.checkEveryMinutes : readCheckEvery(change.checkEveryMinutes),
    webhookUrl: change.webhookUrl === undefined ? before.webhookUrl : readWebhookUrl(deps, change.webhookUrl),
  };
  const names = ['name', 'description', 'purpose', 'limits', 'checkEveryMinutes', 'webhookUrl'] as const;
  const fields = names.filter((name) => JSON.stringify(values[name]) !== JSON.stringify(before[name]));
  if (!fields.includes('webhookUrl')) return { values, secrets: {}, fields };
  // A new one for each place that is told: the one before could otherwise speak for us there.
  const webhookKey = values.webhookUrl === null ? null : makeWebhookKey(deps.ids);
  return { values, secrets: { webhookKey }, fields };
}
