/**
 * From what a caller names to what can be dialled: asks the law, finds the source and, at this moment and no sooner,
 * its secrets. A credential that cannot be found is no error: it is the first failed stage of the report.
 *
 * @module
 */
import { type Action, authorize, type Principal } from '../access/index.js';
import { Secret } from '../kernel/secret.js';
import { sourcesErrors } from './errors.js';
import type { ConnectionTarget } from './model.js';
import type { CredentialFinder, SourceStore } from './ports.js';
import { assertReachesAny, ownSource } from './registry/law.js';
import { type CredentialReference, type Purpose, type Source, type SourceLimits, standardLimits } from './source.js';
import type { Subject } from './use-cases.js';

export interface ReachDeps {
  readonly store: Pick<SourceStore, 'findSource' | 'findSourceSecrets'>;
  readonly credentials: Pick<CredentialFinder, 'find'>;
}

/** What is to be reached, with everything that reaching it needs. */
export interface ReachableSubject {
  /** `null` for a bare target. */
  readonly source: Source | null;
  /** With an empty password when there is a `fault`. */
  readonly target: ConnectionTarget;
  readonly purpose: Purpose;
  readonly limits: SourceLimits;
  readonly credential: {
    /** `given`: by the caller, with the target. */
    readonly kind: CredentialReference['kind'] | 'given';
    /** When it was last set, or its file last changed; `null` when nobody knows. */
    readonly changedAtMs: number | null;
  };
  /** Why there is no credential; `null` when there is one. */
  readonly fault: 'CREDENTIAL_REF_UNRESOLVED' | 'SECRET_STORE_UNAVAILABLE' | null;
}

/**
 * @throws `access.denied` unless `connections.test` (a target, to a credential that is not narrowed to some sources) or
 *         `sources.inspect` (a source) is allowed.
 * @throws `sources.not_found` unknown and foreign sources alike.
 */
export async function reachSubject(
  deps: ReachDeps,
  principal: Principal,
  subject: Subject,
  action: Action = 'sources.inspect',
): Promise<ReachableSubject> {
  if ('source' in subject) return targetOfSource(deps, await findSourceFor(deps, principal, subject.source, action));
  authorize(principal, 'connections.test');
  assertReachesAny(principal);
  return {
    source: null,
    target: subject.target,
    purpose: 'read',
    limits: standardLimits,
    credential: { kind: 'given', changedAtMs: null },
    fault: null,
  };
}

/**
 * The source a principal may do this to: one of its own organisation; any with `directory.manage`.
 *
 * @param reference  Id or name.
 * @throws `access.denied` when the action is not allowed at all.
 * @throws `sources.not_found` unknown and foreign sources alike.
 */
export async function findSourceFor(
  { store }: Pick<ReachDeps, 'store'>,
  principal: Principal,
  reference: string,
  action: Action,
): Promise<Source> {
  authorize(principal, action);
  return ownSource(principal, await store.findSource(reference));
}

/**
 * Fetches what a source keeps sealed, or looks its reference up. Asks no law: for the schedule, and for
 * {@link reachSubject} after it asked.
 *
 * @throws `sources.not_found` when the source went away meanwhile.
 */
export async function targetOfSource({ store, credentials }: ReachDeps, source: Source): Promise<ReachableSubject> {
  const secrets = await store.findSourceSecrets(source.id, source.revision);
  if (secrets === null) throw sourcesErrors.not_found();
  const reference = source.credential;
  const found =
    reference.kind === 'stored'
      ? { ok: true as const, secret: secrets.password, changedAtMs: source.credentialSetAtMs }
      : await credentials.find(reference);
  const { mode, ca, clientCertificate } = source.tls;
  return {
    source,
    target: {
      engine: source.engine,
      host: source.host,
      port: source.port,
      username: source.username,
      authType: source.authType,
      password: (found.ok ? found.secret : null) ?? new Secret(''),
      database: source.database,
      tls: {
        mode,
        ...(ca === null ? {} : { ca }),
        ...(clientCertificate === null ? {} : { clientCertificate }),
        ...(secrets.clientKey === null ? {} : { clientKey: secrets.clientKey }),
      },
    },
    purpose: source.purpose,
    limits: source.limits,
    credential: { kind: reference.kind, changedAtMs: found.ok ? found.changedAtMs : null },
    fault: found.ok ? null : found.reason,
  };
}
