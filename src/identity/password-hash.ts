/**
 * Stored password hashes: PHC strings of argon2id (RFC 9106), and the decoys that stand in for the hash of an account
 * that does not exist, so that looking for one costs what finding one costs.
 *
 * @module
 */
import { createHmac } from 'node:crypto';
import type { Clock } from '../kernel/clock.js';
import type { Secret } from '../kernel/secret.js';
import type { IdentityStore, PasswordParameters } from './ports.js';

const phc = /^(\$argon2id\$v=19\$m=\d{1,8},t=\d{1,4},p=\d{1,3})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,171}$/;
const phcPrefix = /^\$argon2id\$v=19\$m=\d{1,8},t=\d{1,4},p=\d{1,3}$/;
/** How old the known mix of parameters may be. */
const mixLifetimeMs = 60_000;

/** `$argon2id$v=19$m=65536,t=3,p=1` of a stored hash; `null` when it is none we can verify. */
export function parameterPrefixOf(hash: string): string | null {
  return phc.exec(hash)?.[1] ?? null;
}

export function parameterPrefix({ memoryKib, passes, lanes }: PasswordParameters): string {
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}`;
}

export function needsRehash(hash: string, wanted: PasswordParameters): boolean {
  return parameterPrefixOf(hash) !== parameterPrefix(wanted);
}

export interface Decoys {
  /**
   * A hash nobody knows a password of, the same for the same name every time. Over all names the parameters are
   * spread as those of the stored hashes are, so an account that still has older, cheaper parameters does not stand out.
   */
  hashFor(name: string): Promise<string>;
  /**
   * A name some account has, to be looked up when the one asked for was nobody's: finding a row takes longer than
   * finding none, by enough to be measured.
   */
  existingName(): Promise<string>;
}

/** Looked up where nothing may be found: no canonical name holds a colon. */
export const nobodysName = ':';

export function createDecoys(deps: {
  readonly store: Pick<IdentityStore, 'passwordParameterMix' | 'listUsers'>;
  readonly clock: Clock;
  readonly decoyKey: Secret<Uint8Array>;
  readonly parameters: PasswordParameters;
}): Decoys {
  let mix: readonly WeightedPrefix[] = [];
  let existingName = nobodysName;
  let loadedAtMs = Number.NEGATIVE_INFINITY;
  let loading: Promise<void> | null = null;

  const load = async () => {
    const stored = await deps.store.passwordParameterMix();
    const [somebody] = (await deps.store.listUsers({}, { limit: 1 })).items;
    const usable = stored.filter((one) => one.count > 0 && phcPrefix.test(one.prefix));
    mix = usable.length > 0 ? usable : [{ prefix: parameterPrefix(deps.parameters), count: 1 }];
    existingName = somebody?.canonicalName ?? nobodysName;
    loadedAtMs = deps.clock.nowMs();
  };
  const refresh = async () => {
    const ageMs = deps.clock.nowMs() - loadedAtMs;
    if (ageMs < mixLifetimeMs && ageMs >= 0) return;
    loading ??= load().finally(() => {
      loading = null;
    });
    await loading;
  };
  const derive = (purpose: string, name: string) =>
    createHmac('sha256', deps.decoyKey.reveal()).update(`${purpose}\0${name}`).digest();

  return {
    async hashFor(name) {
      await refresh();
      const prefix = choose(mix, derive('parameters', name).readUIntBE(0, 6) / 2 ** 48);
      const salt = unpadded(derive('salt', name).subarray(0, 16));
      return `${prefix}$${salt}$${unpadded(derive('hash', name))}`;
    },
    async existingName() {
      await refresh();
      return existingName;
    },
  };
}

interface WeightedPrefix {
  readonly prefix: string;
  readonly count: number;
}

/** @param place  In [0, 1). */
function choose(mix: readonly WeightedPrefix[], place: number): string {
  // In a fixed order, so that a name keeps its parameters while the counts drift.
  const ordered = [...mix].sort((one, other) => (one.prefix < other.prefix ? -1 : 1));
  let rest = place * ordered.reduce((sum, one) => sum + one.count, 0);
  for (const one of ordered) {
    rest -= one.count;
    if (rest < 0) return one.prefix;
  }
  return ordered.at(-1)?.prefix ?? '';
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}
