import { describe, expect, it } from 'vitest';
import { Secret } from '../kernel/secret.js';
import { createDecoys, needsRehash, parameterPrefix, parameterPrefixOf } from './password-hash.js';
import { createPasswordPool } from './password-pool.js';

const standard = { memoryKib: 65_536, passes: 3, lanes: 1 };
const standardPrefix = '$argon2id$v=19$m=65536,t=3,p=1';
const oldPrefix = '$argon2id$v=19$m=19456,t=2,p=1';
const key = new Secret(new Uint8Array(32).fill(5));

function decoysFor(mix: { prefix: string; count: number }[]) {
  let nowMs = 0;
  let reads = 0;
  const store = {
    listUsers: async () => ({ items: [] }),
    passwordParameterMix: async () => {
      reads += 1;
      return mix;
    },
  };
  const decoys = createDecoys({ store, clock: { nowMs: () => nowMs }, decoyKey: key, parameters: standard });
  return { decoys, reads: () => reads, advance: (ms: number) => (nowMs += ms) };
}

const names = Array.from({ length: 2000 }, (_, at) => `nobody-${at}`);

describe('a decoy', () => {
  it('is a hash like those of accounts, the same for the same name every time', async () => {
    const { decoys } = decoysFor([]);
    const decoy = await decoys.hashFor('nobody');
    expect(parameterPrefixOf(decoy)).toBe(standardPrefix);
    expect(decoy).toMatch(/^\$argon2id\$v=19\$m=65536,t=3,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await decoys.hashFor('nobody')).toBe(decoy);
    expect(await decoys.hashFor('nobody2')).not.toBe(decoy);
  });

  it('can be verified against and never matches', async () => {
    const { decoys } = decoysFor([{ prefix: '$argon2id$v=19$m=8,t=1,p=1', count: 1 }]);
    const pool = createPasswordPool({ threads: 1 });
    for (const name of names.slice(0, 20)) {
      expect(await pool.verify(await decoys.hashFor(name), new Secret(name))).toBe(false);
    }
    await pool.close();
  });

  it('has old parameters as often as stored hashes have them', async () => {
    const { decoys } = decoysFor([
      { prefix: standardPrefix, count: 75 },
      { prefix: oldPrefix, count: 25 },
      { prefix: '$2b$12$', count: 900 },
    ]);
    const prefixes = await Promise.all(names.map(async (name) => parameterPrefixOf(await decoys.hashFor(name))));
    const old = prefixes.filter((prefix) => prefix === oldPrefix).length;
    expect(old / names.length).toBeGreaterThan(0.2);
    expect(old / names.length).toBeLessThan(0.3);
    expect(prefixes.filter((prefix) => prefix !== oldPrefix && prefix !== standardPrefix)).toEqual([]);
  });

  it('keeps the parameters of its name while the mix drifts', async () => {
    const before = decoysFor([
      { prefix: standardPrefix, count: 50 },
      { prefix: oldPrefix, count: 50 },
    ]).decoys;
    const after = decoysFor([
      { prefix: oldPrefix, count: 49 },
      { prefix: standardPrefix, count: 51 },
    ]).decoys;
    let changed = 0;
    for (const name of names) {
      const [one, other] = [await before.hashFor(name), await after.hashFor(name)];
      if (parameterPrefixOf(one) !== parameterPrefixOf(other)) changed += 1;
    }
    expect(changed / names.length).toBeLessThan(0.03);
  });

  it('is chosen by a mix that is read once a minute, however many ask at once', async () => {
    const { decoys, reads, advance } = decoysFor([]);
    await Promise.all(names.map((name) => decoys.hashFor(name)));
    advance(59_999);
    await decoys.hashFor('a');
    expect(reads()).toBe(1);
    advance(1);
    await Promise.all(names.map((name) => decoys.hashFor(name)));
    expect(reads()).toBe(2);
  });
});

it('a hash with any other parameters, or of another kind, needs a new one', () => {
  const tail = `$${'A'.repeat(22)}$${'B'.repeat(43)}`;
  expect(parameterPrefix(standard)).toBe(standardPrefix);
  expect(needsRehash(`${standardPrefix}${tail}`, standard)).toBe(false);
  expect(needsRehash(`${oldPrefix}${tail}`, standard)).toBe(true);
  expect(needsRehash(`$argon2i$v=19$m=65536,t=3,p=1${tail}`, standard)).toBe(true);
  for (const hash of ['', 'x', `${standardPrefix}`, `${standardPrefix}${tail}\n`, '$2b$12$abcdefghijklmnopqrstuv']) {
    expect(parameterPrefixOf(hash)).toBeNull();
  }
});
