/**
 * After an event is acknowledged, nothing it revokes is accepted by the program: of so many uses by many connections at
 * once, and after it was killed and started again. The long profile is `npm run campaign:revocation`.
 *
 * @module
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { revocableKinds, revocationMatrix } from '../identity/revocation-cells.js';
import {
  actors,
  type Cell,
  events,
  runRevocationCampaign,
  usesOfRightPassword,
  verdictOf,
} from './support/revocation-campaign.js';

const uses = 100;
const cells: Cell[] = [];
let tookMs = 0;

beforeAll(async () => {
  const began = performance.now();
  await runRevocationCampaign(uses, (cell) => cells.push(cell));
  tookMs = performance.now() - began;
}, 180_000);

describe.each(events)('%s', (event) => {
  it.each(revocableKinds)(`by a ${actors[event]}, × %s`, (kind) => {
    const { verdict } = revocationMatrix[event][kind];
    const found = cells.filter((cell) => cell.event === event && cell.kind === kind);
    expect(found.map(verdictOf)).toEqual(found.map(() => verdict));
    const [first] = found;
    const counted = (first?.accepted ?? 0) + (first?.narrowed ?? 0) + (first?.refused ?? 0);
    expect(counted).toBeGreaterThanOrEqual(kind === 'client_secret' && verdict !== 'dies' ? usesOfRightPassword : uses);
    if (verdict === 'dies' && event !== 'restore') expect(found.map(({ when }) => when)).toContain('restarted');
  });
});

it('says how long it took', () => {
  console.info(`revocation: ${cells.length} cells in ${Math.round(tookMs)} ms`);
  expect(tookMs).toBeGreaterThan(0);
});
