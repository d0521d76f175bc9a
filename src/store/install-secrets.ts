/**
 * Random secrets every process of an install shares: made once, sealed, found again by name.
 *
 * @module
 */
import type { Clock } from '../kernel/clock.js';
import { Secret } from '../kernel/secret.js';
import type { KeyRing } from '../secrets/index.js';
import { places } from './codecs.js';
import type { StoreDatabase, StoreEngine } from './engine.js';

export interface InstallSecretDeps {
  readonly engine: StoreEngine;
  readonly keyRing: KeyRing;
  readonly clock: Clock;
}

/**
 * The secret of that name, made when there is none. Of several processes that make it at once, all get the one that
 * was kept.
 *
 * @param whenMade  Runs in the transaction that keeps a new secret.
 */
export async function installSecret(
  { engine, keyRing, clock }: InstallSecretDeps,
  name: string,
  makeBytes: () => Uint8Array,
  whenMade: (tx: StoreDatabase, secret: Secret<Uint8Array>) => Promise<void> = async () => {},
): Promise<Secret<Uint8Array>> {
  const place = places.installSecret(name);
  const find = async (db: StoreDatabase) => {
    const row = await db.selectFrom('install_secrets').select('secret').where('name', '=', name).executeTakeFirst();
    return row === undefined ? null : keyRing.open(row.secret, place);
  };
  const known = await find(engine.read);
  if (known !== null) return known;
  return engine.transaction(async (tx) => {
    const made = new Secret(makeBytes());
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('install_secrets')
      .values({ name, secret: keyRing.seal(made, place), created_at_ms: clock.nowMs() })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .executeTakeFirstOrThrow();
    if (numInsertedOrUpdatedRows === 0n) {
      const kept = await find(tx);
      if (kept === null) throw new TypeError('an install secret was removed while it was read');
      return kept;
    }
    await whenMade(tx, made);
    return made;
  });
}
