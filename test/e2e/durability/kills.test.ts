/**
 * Killing the server loses nothing it acknowledged. The short profile; `npm run campaign:kills` is the long one.
 *
 * @module
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { describe, expect, test } from 'vitest';
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
  // The median, because a neighbour on the same processors may slow one start; the long profile judges the slowest.
  expect(report.readyMs.sort((a, b) => a - b)[Math.floor(report.readyMs.length / 2)]).toBeLessThan(3_000);
}

test('killed with SQLite as its store, the server keeps everything it acknowledged', { timeout: 120_000 }, async () => {
  expectNothingLost(await runCampaign({ kills, seed, auditEvery: kills }));
});

describe('a campaign of kills', () => {
  /** Does something to the database that a dead server left. */
  const tamper = (sql: string) => (dataDir: string) => {
    const database = new DatabaseSync(join(dataDir, 'latchkey.db'));
    database.exec(sql);
    database.close();
  };

  test('finds acknowledged writes that did not reach the disk', { timeout: 60_000 }, async () => {
    const sabotage = (dataDir: string) => rmSync(join(dataDir, 'latchkey.db-wal'));
    const report = await runCampaign({ kills: 1, seed, auditEvery: 1, sabotage });
    expect(report.lost).not.toEqual([]);
  });

  test('finds a key without its event and an event without its key', { timeout: 60_000 }, async () => {
    const sabotage = tamper(`
      delete from api_keys where id = (select max(id) from api_keys);
      delete from audit_events where subject = (select 'api_key:' || min(id) from api_keys);
    `);
    const report = await runCampaign({ kills: 1, seed, auditEvery: 1, sabotage });
    expect(report.halfDone).toContainEqual(expect.stringContaining('is gone and its trail says it is there'));
    expect(report.halfDone).toContainEqual(expect.stringContaining('is there and its trail says it is not'));
    expect(report.halfDone).toContainEqual(expect.stringContaining('audit verify'));
  });
});

describeWith('postgres', 'killed with PostgreSQL as its store', () => {
  test('the server keeps everything it acknowledged', { timeout: 120_000 }, async () => {
    const server = shared('postgres');
    const database = await createPostgresDatabase(server, 'kills');
    const environment = { LATCHKEY_STORE_URL: postgresUrl(server, database) };
    expectNothingLost(await runCampaign({ kills, seed, auditEvery: kills, environment }));
    await dropPostgresDatabase(server, database);
  });
});
