/**
 * The keys session tokens are signed with, made on first use and kept sealed in the store. Held here for a few seconds,
 * so that a rotation by another process is seen within five; a key is known for longer than that before it signs.
 *
 * @module
 */
import type { AuditOrigin } from '../audit/index.js';
import type { LoadedSigningKey } from './access-token.js';
import { auditEvent } from './audit-event.js';
import type { TokenFamily } from './model.js';
import type { IdentityStore } from './ports.js';
import { type KeyMaker, loadSigningKey, makeSigningKey } from './signing-keys-load.js';

export interface SigningKeys {
  /**
   * The key that signs now, as the store has it at this moment; made, in a transaction with its audit event, when the
   * family has none.
   */
  signing(family: TokenFamily, origin: AuditOrigin): Promise<LoadedSigningKey>;
  /** Every key of the family, those that do not sign yet and retired ones too, newest first. */
  verifying(family: TokenFamily): Promise<readonly LoadedSigningKey[]>;
  /**
   * For a token that no held key verifies: what the store has now. It is asked at most once a second for a family,
   * whatever is thrown at it; in between, what it said last.
   */
  lookAgain(family: TokenFamily): Promise<readonly LoadedSigningKey[]>;
  /** What is held is old from here on: this process changed the family's keys. */
  forget(family: TokenFamily): void;
}

const refreshEveryMs = 4000;
const lookAgainEveryMs = 1000;

export function createSigningKeys(
  deps: KeyMaker & { readonly store: Pick<IdentityStore, 'transaction' | 'listSigningKeys'> },
): SigningKeys {
  const held = new Map<TokenFamily, { readonly keys: readonly LoadedSigningKey[]; readonly loadedAtMs: number }>();
  const loading = new Map<TokenFamily, Promise<readonly LoadedSigningKey[]>>();
  /** When, by a clock that nobody sets, and what came of it. */
  const lookedAgain = new Map<
    TokenFamily,
    { readonly atMs: number; readonly keys: Promise<readonly LoadedSigningKey[]> }
  >();

  const load = async (family: TokenFamily) => {
    // Before the read: a key made while we read is at worst seen one refresh later, never missed for longer.
    const loadedAtMs = deps.clock.nowMs();
    const known = new Map(held.get(family)?.keys.map((one) => [one.id, one]));
    const stored = await deps.store.listSigningKeys(family);
    const keys = await Promise.all(
      stored.map(async (one) => {
        const same = known.get(one.id);
        return same === undefined ? loadSigningKey(one) : { ...same, retiredAtMs: one.retiredAtMs };
      }),
    );
    held.set(family, { keys, loadedAtMs });
    return keys;
  };
  const reload = (family: TokenFamily) => {
    const running = loading.get(family) ?? load(family).finally(() => loading.delete(family));
    loading.set(family, running);
    return running;
  };
  const verifying = async (family: TokenFamily) => {
    const current = held.get(family);
    const ageMs = current === undefined ? Number.NaN : deps.clock.nowMs() - current.loadedAtMs;
    return current !== undefined && ageMs >= 0 && ageMs < refreshEveryMs ? current.keys : reload(family);
  };
  const create = async (family: TokenFamily, origin: AuditOrigin) => {
    const key = await makeSigningKey(deps, family);
    await deps.store.transaction(async (tx) => {
      // False: another process was faster, and its key is as good as ours.
      if (!(await tx.insertSigningKey(key))) return;
      const facts = { family, algorithm: key.algorithm };
      await tx.appendAudit(
        auditEvent(deps.clock, 'signing_key.created', origin, { subject: `signing_key:${key.id}`, facts }),
      );
    });
  };

  return {
    verifying,
    async signing(family, origin) {
      // Not what is held: a key that was revoked a moment ago must not sign once more.
      const signer = signerOf(await load(family), deps.clock.nowMs());
      if (signer !== undefined) return signer;
      await create(family, origin);
      const made = signerOf(await load(family), deps.clock.nowMs());
      if (made === undefined) throw new TypeError('the store kept no signing key');
      return made;
    },
    lookAgain(family) {
      const nowMs = performance.now();
      const last = lookedAgain.get(family);
      if (last !== undefined && nowMs - last.atMs < lookAgainEveryMs) return last.keys;
      const keys = load(family);
      lookedAgain.set(family, { atMs: nowMs, keys });
      return keys;
    },
    forget(family) {
      held.delete(family);
    },
  };
}

/**
 * One key signs at any instant, for each takes over where the one before it retires. A clock that stands before the
 * newest began, or keys of which the last is gone, leave the one that is not retired.
 */
export function signerOf<Key extends Pick<LoadedSigningKey, 'signsFromMs' | 'retiredAtMs'>>(
  keys: readonly Key[],
  nowMs: number,
): Key | undefined {
  const signs = (one: Key) => one.signsFromMs <= nowMs && (one.retiredAtMs === null || nowMs < one.retiredAtMs);
  return keys.find(signs) ?? keys.find((one) => one.retiredAtMs === null);
}
