/**
 * Signing keys rotated twenty times while two processes of an install, each over its own connection to one store, begin
 * sessions and take each other's tokens all the time: no good token is refused by either.
 *
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CredentialKind, Principal } from '../../src/access/index.js';
import {
  createIdentity,
  createPasswordPool,
  defaultIdentityPolicy,
  type Identity,
  type SigningFamily,
} from '../../src/identity/index.js';
import { Secret } from '../../src/kernel/secret.js';
import { networks } from '../../src/network/index.js';
import { createKeyRing, makePrivateKey } from '../../src/secrets/index.js';
import { openStore, type Store } from '../../src/store/open-store.js';
import { cheap, goodPassword, jwt, operator, origin, startMs, testIssuer } from './house.js';

const rotations = 20;
const ids = { uuid: () => randomUUID(), bytes: (count: number) => new Uint8Array(randomBytes(count)) };
const kinds = {
  precrime: 'precrime_token',
  cloudio: 'cloudio_session',
  onedb: 'onedb_token',
  native: 'native_token',
} as const satisfies Record<SigningFamily, CredentialKind>;

let dataDir: string;
let nowMs = startMs;
const clock = { nowMs: () => nowMs };
const stores: Store[] = [];
const processes: Identity[] = [];
const hasher = createPasswordPool({ threads: 1 });

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'latchkey-rotation-'));
  const master = new Secret(ids.bytes(32));
  const [digestKey, decoyKey] = [new Secret(ids.bytes(32)), new Secret(ids.bytes(32))];
  for (let count = 0; count < 2; count += 1) {
    const keyRing = createKeyRing({ current: master, randomBytes: ids.bytes });
    const store = await openStore({ dataDir, keyRing, clock, ids, onFatal: () => {} });
    stores.push(store);
    const policy = { ...defaultIdentityPolicy, passwordParameters: cheap, maxSessionsPerUser: 100_000 };
    const own = { store: store.identity, clock, ids, hasher, digestKey, decoyKey, makePrivateKey, networks, policy };
    processes.push(createIdentity({ ...own, issuer: () => testIssuer }));
  }
  const [first] = processes as [Identity, Identity];
  await first.organisations.add(operator, { uid: 'acme', name: 'Acme Corp' });
  const password = new Secret(goodPassword);
  await first.users.add(operator, { kind: 'api', username: 'api', organisationUid: 'acme', password });
});
afterAll(async () => {
  for (const one of processes) await one.settle();
  for (const store of stores) await store.close();
  await hasher.close();
  await rm(dataDir, { recursive: true, force: true });
});

interface Issued {
  readonly token: Secret;
  readonly csrf: Secret | null;
  readonly expiresAtMs: number;
}

it.each(['precrime', 'cloudio', 'onedb', 'native'] as const)(
  'twenty rotations of %s refuse no good token',
  async (family) => {
    const [here, there] = processes as [Identity, Identity];
    const take = async (by: Identity, { token, csrf }: Issued): Promise<Principal> =>
      by.authenticate({ presented: jwt(token, csrf), accepts: [kinds[family]], origin });
    const login = async (by: Identity, of: SigningFamily): Promise<Issued> => {
      const signIn = await by.login({ family: of, username: 'api', password: new Secret(goodPassword), origin });
      return { ...signIn, expiresAtMs: signIn.session.expiresAtMs };
    };
    const base = await login(here, 'precrime');
    const presented = { presented: jwt(base.token), accepts: ['precrime_token'], origin } as const;
    const caller = await here.authenticate(presented);
    const issue = async (by: Identity): Promise<Issued> => {
      if (family !== 'native') return login(by, family);
      const issued = await by.nativeTokens.issue(caller, { scopes: null }, origin);
      return { token: issued.token, csrf: null, expiresAtMs: issued.session.expiresAtMs };
    };
    const live: Issued[] = [await issue(here)];
    const refused: unknown[] = [];
    let [taken, issued, isDone] = [0, 0, false];

    const worker = async (issuer: Identity, taker: Identity) => {
      while (!isDone) {
        const made = await issue(issuer);
        issued += 1;
        live.push(made);
        const good = live.filter((one) => one.expiresAtMs > nowMs);
        const older = good[Math.floor(Math.random() * good.length)] ?? made;
        // At the other process at once, and one of any age at both.
        for (const [by, one] of [
          [taker, made],
          [taker, older],
          [issuer, older],
        ] as const) {
          try {
            await take(by, one);
            taken += 1;
          } catch (error) {
            // The clock may have passed its end meanwhile; that is no good token.
            if (nowMs < one.expiresAtMs) refused.push(error);
          }
        }
      }
    };
    const kidsBefore = (await here.keys.list(operator)).filter((key) => key.family === family).length;
    const workers = [worker(here, there), worker(there, here), worker(here, there), worker(there, here)];
    for (let round = 0; round < rotations; round += 1) {
      await [here, there][round % 2]?.keys.rotate(operator, family, { revokeOld: false });
      // Through the time in which it is known and does not sign, its first signature, and on.
      for (let step = 0; step < 8; step += 1) {
        const before = issued;
        nowMs += family === 'native' ? 50_000 : 1_700;
        while (issued < before + 4 && refused.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    isDone = true;
    await Promise.all(workers);
    const keys = (await here.keys.list(operator)).filter((key) => key.family === family);
    process.stderr.write(`${family}: ${issued} tokens issued, ${taken} taken, ${keys.length} keys at the end\n`);
    expect(refused).toEqual([]);
    expect(taken).toBeGreaterThan(rotations * 8 * 4);
    // Native keys outlive their tokens within the test, and go.
    if (family === 'native') expect(keys.length).toBeLessThan(kidsBefore + rotations);
    else expect(keys).toHaveLength(kidsBefore + rotations);
  },
  180_000,
);
