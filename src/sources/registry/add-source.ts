/** Adds a source: checks everything that can be checked without touching the network, then keeps it. @module */
import { authorize, isAllowed, type Principal } from '../../access/index.js';
import { Secret } from '../../kernel/secret.js';
import { sourcesErrors } from '../errors.js';
import type { ConnectionTarget, Engine } from '../model.js';
import { firstCheckAtMs } from '../schedule/next-check.js';
import { type Source, type SourceSecrets, standardLimits } from '../source.js';
import type { Actor, NewSource, ParsedTarget, RawTarget } from '../use-cases.js';
import { sourceEvent } from './audit-event.js';
import type { RegistryDeps } from './deps.js';
import { assertReachesAny } from './law.js';
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
export async function addSource(
  deps: RegistryDeps,
  actor: Actor,
  input: NewSource,
): Promise<{ readonly source: Source; readonly webhookKey: Secret | null }> {
  authorize(actor.principal, 'sources.manage');
  assertReachesAny(actor.principal);
  const name = readSourceName(input.name);
  const description = readDescription(input.description);
  const reference = input.credential === undefined ? null : readCredential(deps, input.credential);
  const { target, engine, timeoutMs } = readNewTarget(deps, input.target, reference !== null);
  const purpose = input.purpose === undefined ? 'read' : readPurpose(input.purpose);
  const connectMs = clamp(timeoutMs ?? standardLimits.connectMs, 1_000, 30_000);
  const limits = readLimits(input.limits ?? {}, { ...standardLimits, connectMs });
  const checkEveryMinutes = readCheckEvery(input.checkEveryMinutes);
  const webhookUrl = readWebhookUrl(deps, input.webhookUrl);
  const organisation = await findOwner(deps, actor.principal, input.organisation);

  const isFile = isFileEngine(deps, engine);
  if (isFile && reference !== null) throw fieldInvalid('credential', 'Leave it out: a file has no password.');
  const nowMs = deps.clock.nowMs();
  const source: Source = {
    id: deps.ids.uuid(),
    name,
    description,
    organisationId: organisation.id,
    organisationUid: organisation.uid,
    engine,
    host: target.host,
    port: target.port,
    database: target.database,
    username: target.username,
    authType: target.authType,
    tls: {
      mode: target.tls.mode,
      ca: target.tls.ca ?? null,
      clientCertificate: target.tls.clientCertificate ?? null,
      hasClientKey: target.tls.clientKey !== undefined,
    },
    credential: reference ?? { kind: 'stored' },
    credentialSetAtMs: nowMs,
    purpose,
    limits,
    checkEveryMinutes,
    nextCheckAtMs: checkEveryMinutes === null ? null : firstCheckAtMs(nowMs, deps.ids),
    webhookUrl,
    health: {
      state: 'unknown',
      sinceMs: nowMs,
      checkedAtMs: null,
      stage: null,
      reason: null,
      failuresInRow: 0,
      passesInRow: 0,
    },
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    revision: 1,
  };
  const webhookKey = webhookUrl === null ? null : makeWebhookKey(deps.ids);
  const secrets: SourceSecrets = {
    password: reference === null && !isFile ? target.password : null,
    clientKey: target.tls.clientKey ?? null,
    webhookKey,
  };
  await deps.store.transaction(async (tx) => {
    if (!(await tx.insertSource(source, secrets))) throw sourcesErrors.name_taken({ details: { field: 'name' } });
    await tx.appendAudit(sourceEvent('source.created', nowMs, actor, source, { organisation: organisation.uid }));
  });
  return { source, webhookKey };
}

/** Stands where a password would while a target with a reference is read; never kept. */
export const placeholder = new Secret('-');

function readNewTarget(
  deps: RegistryDeps,
  raw: RawTarget,
  hasReference: boolean,
): { readonly target: ConnectionTarget; readonly engine: Engine; readonly timeoutMs?: number } {
  if (hasReference && raw.password !== null && !raw.password.isEmpty) throw eitherOr();
  const complete = hasReference ? { ...raw, password: placeholder } : raw;
  const first = expectTarget(deps.parseTarget(complete));
  const byPort = deps.connectors.find((one) => one.wellKnownPorts.includes(first.target.port));
  const engine = first.target.engine ?? byPort?.engine;
  if (engine === undefined) throw fieldInvalid('engine', 'Name the engine: this port is not a usual one.');
  // Again, now that the engine is known: what it cannot carry is refused here and not at its first test.
  const parsed = first.target.engine === null ? expectTarget(deps.parseTarget({ ...complete, engine })) : first;
  // A token in `extra` would have won over the placeholder.
  if (hasReference && parsed.target.password !== placeholder) throw eitherOr();
  return { ...parsed, engine };
}

export function eitherOr() {
  return fieldInvalid('credential', 'Send either a password or a reference to one.');
}

/** @throws `sources.field_invalid` for the first field that is wrong. */
export function expectTarget(parsed: ParsedTarget): Extract<ParsedTarget, { readonly ok: true }> {
  if (parsed.ok) return parsed;
  const [first] = parsed.rejections;
  throw fieldInvalid(first?.field ?? 'target', first?.fix ?? 'Send a target.');
}

export function isFileEngine(deps: Pick<RegistryDeps, 'connectors'>, engine: Engine): boolean {
  return deps.connectors.some((one) => one.engine === engine && one.isFileEngine);
}

async function findOwner(
  { store }: RegistryDeps,
  principal: Principal,
  uid: string | undefined,
): Promise<{ readonly id: string; readonly uid: string }> {
  const { organisationId, organisationUid } = principal;
  const refused = () => sourcesErrors.organisation_not_found({ details: { field: 'organisation' } });
  if (uid === undefined || uid === organisationUid) {
    if (organisationId === null || organisationUid === null) throw refused();
    return { id: organisationId, uid: organisationUid };
  }
  const id = isAllowed(principal, 'directory.manage') ? await store.findOrganisationId(uid) : null;
  if (id === null) throw refused();
  return { id, uid };
}

function clamp(value: number, from: number, to: number): number {
  return Math.min(Math.max(value, from), to);
}
