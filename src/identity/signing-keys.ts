/**
 * The keys session tokens are signed with: one family, one algorithm, 64 random bytes, made on first use and kept
 * sealed in the store. Held here for a few seconds, so that a rotation by another process is seen within five.
 *
 * @module
 */
import { webcrypto } from 'node:crypto';
import type { AuditOrigin } from '../audit/index.js';
import type { Clock } from '../kernel/clock.js';
import type { Ids } from '../kernel/ids.js';
import { Secret } from '../kernel/secret.js';
import { algorithmOf, type LoadedSigningKey } from './access-token.js';
import { auditEvent } from './audit-event.js';
import type { TokenFamily } from './model.js';
import type { IdentityStore, SigningKey } from './ports.js';

export interface SigningKeys {
  /** The key that signs; made, in a transaction with its audit event, when the family has none. */
  signing(family: TokenFamily, origin: AuditOrigin): Promise<LoadedSigningKey>;
  /** Every key of the family, retired ones too: their tokens live to their own end. */
  verifying(family: TokenFamily): Promise<readonly LoadedSigningKey[]>;
}

const secretBytes = 64;
const refreshEveryMs = 4000;

export function createSigningKeys(deps: {
  readonly store: Pick<IdentityStore, 'transaction' | 'listSigningKeys'>;
  readonly clock: Clock;
  readonly ids: Ids;
}): SigningKeys {
  const held = new Map<TokenFamily, { readonly keys: readonly LoadedSigningKey[]; readonly loadedAtMs: number }>();
  const loading = new Map<TokenFamily, Promise<readonly LoadedSigningKey[]>>();

  const load = async (family: TokenFamily) => {
    // Before the read: a key made while we read is at worst seen one refresh later, never missed for longer.
    const loadedAtMs = deps.clock.nowMs();
    const known = new Map(held.get(family)?.keys.map((one) => [one.id, one]));
    const stored = await deps.store.listSigningKeys(family);
    const keys = await Promise.all(stored.map((one) => open(one, known.get(one.id))));
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
    const key: SigningKey = {
      id: deps.ids.uuid(),
      family,
      algorithm: algorithmOf(family),
      secret: new Secret(deps.ids.bytes(secretBytes)),
      createdAtMs: deps.clock.nowMs(),
      retiredAtMs: null,
    };
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
      const signer = signerOf(await verifying(family));
      if (signer !== undefined) return signer;
      await create(family, origin);
      const made = signerOf(await load(family));
      if (made === undefined) throw new TypeError('the store kept no signing key');
      return made;
    },
  };
}

function signerOf(keys: readonly LoadedSigningKey[]): LoadedSigningKey | undefined {
  return keys.find((one) => one.retiredAtMs === null);
}

async function open(stored: SigningKey, known: LoadedSigningKey | undefined): Promise<LoadedSigningKey> {
  const { id, family, algorithm, retiredAtMs } = stored;
  if (known !== undefined) return { ...known, retiredAtMs };
  const bytes = stored.secret.reveal();
  // RFC 7518 §3.2 asks for the hash's length at least; all of ours have 64 bytes, so anything less is damage.
  if (bytes.length < secretBytes || algorithm !== algorithmOf(family)) {
    throw new TypeError('a stored signing key is not one of ours');
  }
  const hash = algorithm === 'HS512' ? 'SHA-512' : 'SHA-256';
  const key = await webcrypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash }, false, ['sign', 'verify']);
  return { id, family, algorithm, retiredAtMs, key };
}
