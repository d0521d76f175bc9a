/**
 * One list of everything of this install that will end, so that nobody learns of it from an outage: API keys,
 * passwords, signing keys, and what other rooms know to end. How old a database's own password may grow is known to that
 * database alone and stands in the report of a connection test, not here.
 *
 * @module
 */
import { isAllowed } from '../access/index.js';
import { assertAllowed, assertMayAdminister } from './administration.js';
import { identityErrors } from './errors.js';
import type { Actor, Expiring, ExpiringCounts } from './model.js';
import type { IdentityParts } from './parts.js';
import { signingFamilies } from './signing-keys-life.js';

const dayMs = 86_400_000;
const longestMs = 3_660 * dayMs;
/** Of each kind; the soonest are told. */
const most = 1_000;
const countedDays = [1, 7, 30] as const;
const countEveryMs = 60_000;

/**
 * What ends from now on and within this time, the soonest first.
 *
 * Without `directory.manage`, of one's own organisation and of what is the install's own.
 *
 * @throws `access.denied` unless `audit.read` is allowed: it tells of others.
 * @throws `identity.period_invalid`
 */
export async function listExpiring(parts: IdentityParts, actor: Actor, withinMs: number): Promise<readonly Expiring[]> {
  const { principal, origin } = actor;
  if (principal === null) await assertMayAdminister(parts, actor);
  else await assertAllowed(parts, principal, 'audit.read', origin);
  if (!Number.isSafeInteger(withinMs) || withinMs <= 0 || withinMs > longestMs) throw identityErrors.period_invalid();
  if (principal === null || isAllowed(principal, 'directory.manage')) return findExpiring(parts, withinMs);
  const found = await findExpiring(parts, withinMs, principal.organisationId);
  return found.filter(({ organisation }) => organisation === null || organisation === principal.organisationUid);
}

/** Looks at most once a minute, for who only counts. */
export function createExpiringCounts(parts: Pick<IdentityParts, 'store' | 'clock' | 'policy' | 'otherEnds'>) {
  let last: { readonly atMs: number; readonly counts: Promise<ExpiringCounts> } | null = null;
  const count = async (): Promise<ExpiringCounts> => {
    const nowMs = parts.clock.nowMs();
    const found = await findExpiring(parts, Math.max(...countedDays) * dayMs);
    return countedDays.flatMap((days) =>
      (['api_key', 'password', 'signing_key', 'certificate'] as const).map((kind) => {
        const isWithin = (one: Expiring) => one.kind === kind && one.expiresAtMs < nowMs + days * dayMs;
        return { kind, within: `${days}d`, count: found.filter(isWithin).length };
      }),
    );
  };
  return (): Promise<ExpiringCounts> => {
    const nowMs = parts.clock.nowMs();
    if (last === null || nowMs - last.atMs >= countEveryMs || nowMs < last.atMs) {
      const counts = count();
      last = { atMs: nowMs, counts };
      // A look that failed is not an answer for a minute.
      counts.catch(() => {
        last = null;
      });
    }
    return last.counts;
  };
}

async function findExpiring(
  parts: Pick<IdentityParts, 'store' | 'clock' | 'policy' | 'otherEnds'>,
  withinMs: number,
  organisationId: string | null = null,
): Promise<readonly Expiring[]> {
  const fromMs = parts.clock.nowMs();
  const untilMs = fromMs + withinMs;
  const all = [
    ...(await parts.store.listExpiring({ fromMs, untilMs, organisationId, limit: most })),
    ...(await signingKeys(parts)),
    ...((await parts.otherEnds?.()) ?? []),
  ];
  return all
    .filter(({ expiresAtMs }) => expiresAtMs >= fromMs && expiresAtMs < untilMs)
    .sort((a, b) => a.expiresAtMs - b.expiresAtMs);
}

/** When those that sign are rotated. */
async function signingKeys({ store, policy }: Pick<IdentityParts, 'store' | 'policy'>): Promise<readonly Expiring[]> {
  const { rotateEveryMs } = policy.signing;
  if (rotateEveryMs === null) return [];
  const lists = await Promise.all(signingFamilies.map((family) => store.listSigningKeys(family)));
  return lists.flat().flatMap(({ id, family, createdAtMs, retiredAtMs }): Expiring[] => {
    if (retiredAtMs !== null) return [];
    const expiresAtMs = createdAtMs + rotateEveryMs;
    return [
      { kind: 'signing_key', id, name: family, owner: null, organisation: null, expiresAtMs, detail: 'renews_itself' },
    ];
  });
}
