/**
 * Killing the server loses nothing it acknowledged. The short profile; `npm run campaign:kills` is the long one.
 *
 * @module
 */
import { expect, test } from 'vitest';
import {
  createPostgresDatabase,
  describeWith,
  dropPostgresDatabase,
  postgresUrl,
  shared,
} from '../../servers/index.js';
import { type CampaignReport, runCampaign } from './kill-campaign.js';

const kills = 6;
/** Another one every day, the same for everybody who looks into a red run. */
const seed = Math.floor(Date.now() / 86_400_000);

function expectNothingLost(report: CampaignReport): void {
  expect(report).toMatchObject({ lost: [], halfDone: [], unexpected: [] });
  expect(report.kills).toBeGreaterThanOrEqual(kills);
  expect(report.acknowledged.added).toBeGreaterThan(20);
  expect(report.acknowledged.deleted).toBeGreaterThan(5);
  expect(report.slowestReadyMs).toBeLessThan(3_000);
}

test('killed with SQLite as its store, the server keeps everything it acknowledged', { timeout: 120_000 }, async () => {
  expectNothingLost(await runCampaign({ kills, seed, auditEvery: 3 }));
});

describeWith('postgres', 'killed with PostgreSQL as its store', () => {
  test('the server keeps everything it acknowledged', { timeout: 120_000 }, async () => {
    const server = shared('postgres');
    const database = await createPostgresDatabase(server, 'kills');
    const environment = { LATCHKEY_STORE_URL: postgresUrl(server, database) };
    expectNothingLost(await runCampaign({ kills, seed, auditEvery: 3, environment }));
    await dropPostgresDatabase(server, database);
  });
});
