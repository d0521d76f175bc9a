/**
 * `npm run campaign:kills -- [kills] [sqlite|postgres] [seed]`: the long profile of `test/e2e/durability`. Exit code 1
 * when anything acknowledged was lost or half done, or a start took longer than 3 s.
 *
 * @module
 */
import { runCampaign } from '../test/e2e/durability/kill-campaign.js';
import { createPostgresDatabase, postgresUrl, startPostgresWith } from '../test/servers/postgres.js';
import { chosenWay, findPrograms } from '../test/servers/programs.js';

const [kills = '200', store = 'sqlite', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);

async function startStore() {
  if (store === 'sqlite') return null;
  const programs = await findPrograms(chosenWay(), console.log);
  if (!programs.postgres.available) throw new Error(programs.postgres.reason);
  return startPostgresWith(programs.postgres);
}

const postgres = await startStore();
try {
  const environment =
    postgres === null ? {} : { LATCHKEY_STORE_URL: postgresUrl(postgres, await createPostgresDatabase(postgres)) };
  const report = await runCampaign({
    kills: Number(kills),
    seed: Number(seed),
    auditEvery: 20,
    environment,
    onRound(round, { kills: done, acknowledged, lost, halfDone, unexpected }) {
      const faults = lost.length + halfDone.length + unexpected.length;
      if (round % 10 === 0) console.log(`${done} kills, ${acknowledged.added} keys added, ${faults} faults`);
    },
  });
  const { readyMs, ...rest } = report;
  const sorted = readyMs.map(Math.round).sort((a, b) => a - b);
  const slowest = sorted.at(-1) ?? 0;
  const ready = { medianMs: sorted[Math.floor(sorted.length / 2)], slowestMs: slowest };
  console.log(JSON.stringify({ store, ...rest, ready }, null, 2));
  const isGood = report.lost.length + report.halfDone.length + report.unexpected.length === 0;
  process.exitCode = isGood && slowest <= 3_000 ? 0 : 1;
} finally {
  await postgres?.stop();
}
