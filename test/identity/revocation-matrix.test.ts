/**
 * Every cell of the revocation matrix: 7 kinds of credentials × 12 events, each brought about, over both stores and
 * with the credential in memory when it happens. LATCHKEY_REVOCATION_USES says how often it is tried afterwards.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IdentityStore } from '../../src/identity/index.js';
import { createPostgresDatabase, describeWith, dropPostgresDatabase, postgresUrl, shared } from '../servers/index.js';
import { type House, openHouse } from './house.js';
import { type RevocationEvent, revocableKinds, revocationEvents, revocationMatrix } from './revocation-cells.js';
import { prepareTrial, runTrial, type Trial, type Uses, useOften } from './revocation-trial.js';

const uses = Number(process.env['LATCHKEY_REVOCATION_USES'] ?? 40);
const events = Object.keys(revocationEvents) as RevocationEvent[];
/** Wrong passwords are counted; here they are part of the question. */
const guesses = { perSource: 1_000_000, perAccountDay: 1_000_000, perAddressHour: 1_000_000 };

/** In the words of the matrix; a mixture is none of them. */
function verdictOf({ accepted, refused, wide }: Uses): string {
  if (accepted === 0 && refused > 0) return 'dies';
  if (refused > 0 || accepted === 0) return `mixed: ${accepted} accepted, ${refused} refused`;
  return wide === 0 ? 'narrows' : wide === accepted ? 'lives' : `mixed: ${wide} of ${accepted} wide`;
}

it('has 84 cells', () => {
  expect(revocableKinds).toHaveLength(7);
  expect(events).toHaveLength(12);
  expect(Object.keys(revocationMatrix).sort()).toEqual([...events].sort());
  for (const event of events) expect(Object.keys(revocationMatrix[event]).sort()).toEqual([...revocableKinds].sort());
});

function describeMatrix(times: number, open: () => Promise<{ house: House; close: () => Promise<void> }>): void {
  let house: House;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ house, close } = await open());
  });
  afterAll(() => close());

  describe.each(events)('%s', (event) => {
    const done: Trial[] = [];

    it.each(revocableKinds)('× %s', async (kind) => {
      const trial = await prepareTrial(house, kind);
      const seen = await runTrial(event, trial, times);
      expect(seen.accepted + seen.refused).toBe(times);
      expect(verdictOf(seen)).toBe(revocationMatrix[event][kind].verdict);
      done.push(trial);
    });

    it('and after a restart', async () => {
      await house.restart();
      expect(done).toHaveLength(revocableKinds.length);
      for (const trial of done) {
        const { verdict } = revocationMatrix[event][trial.kind];
        expect(verdictOf(await useOften(trial.use, 5, 1)), trial.kind).toBe(verdict);
      }
    });
  });
}

describe('on the embedded store', () => {
  describeMatrix(uses, async () => {
    const house = await openHouse({ policy: { guesses } });
    return { house, close: () => house.close() };
  });
});

describeWith('postgres', 'on PostgreSQL', () => {
  describeMatrix(Math.ceil(uses / 5), async () => {
    const server = shared('postgres');
    const name = await createPostgresDatabase(server, 'revocation');
    const house = await openHouse({ storeUrl: postgresUrl(server, name), policy: { guesses } });
    const close = async () => {
      await house.close();
      await dropPostgresDatabase(server, name);
    };
    return { house, close };
  });
});

describe('a verifier that is not told of changes', () => {
  const deaf = (store: IdentityStore): IdentityStore => ({
    ...store,
    credentialChanges: {
      watch: () => () => undefined,
      since: async () => ({ cursor: '[]', change: new Set() }),
      present: async () => undefined,
      leave: async () => undefined,
    },
  });
  /** Those of which a verifier holds something. */
  const held = revocableKinds.filter((kind) => kind !== 'client_secret');
  let house: House;
  beforeAll(async () => {
    house = await openHouse({ policy: { guesses }, wrapStore: deaf });
  });
  afterAll(() => house.close());

  it.each(held)('is caught: × %s', async (kind) => {
    const seen = await runTrial('admin_revoke', await prepareTrial(house, kind), uses);
    expect(seen.accepted).toBeGreaterThan(0);
    expect(verdictOf(seen)).not.toBe(revocationMatrix.admin_revoke[kind].verdict);
  });
});
