/**
 * `npm run campaign:oracle -- [--cases 210000] [--from 1000] [--engine sqlite|postgres|mariadb]`: grants on real engines
 * beside a model of what they mean, case by case. Prints what was compared and the first case that differs, cut down.
 * Exit code 1 when one does.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { casesPerTable, runCampaign } from '../test/oracle/campaign.js';
import { type OracleBench, openMariadbBench, openPostgresBench, openSqliteBench } from '../test/oracle/engines.js';
import { startMariadbWith } from '../test/servers/mariadb.js';
import { startPostgresWith } from '../test/servers/postgres.js';
import { chosenWay, findPrograms } from '../test/servers/programs.js';

const { values: options } = parseArgs({
  options: {
    cases: { type: 'string', default: '210000' },
    from: { type: 'string', default: '1000' },
    engine: { type: 'string' },
  },
});

interface Opened {
  readonly bench: OracleBench;
  stop(): Promise<void>;
}

const engines: Readonly<Record<string, () => Promise<Opened>>> = {
  sqlite: async () => ({ bench: await openSqliteBench(), stop: async () => {} }),
  postgres: async () => {
    const { postgres } = await findPrograms(chosenWay(), console.log);
    if (!postgres.available) throw new Error(postgres.reason);
    const server = await startPostgresWith(postgres, {});
    return { bench: await openPostgresBench(server), stop: () => server.stop() };
  },
  mariadb: async () => {
    const { mariadb } = await findPrograms(chosenWay(), console.log);
    if (!mariadb.available) throw new Error(mariadb.reason);
    const server = await startMariadbWith(mariadb, {});
    return { bench: await openMariadbBench(server), stop: () => server.stop() };
  },
};

async function main(): Promise<void> {
  const chosen = options.engine === undefined ? Object.keys(engines) : [options.engine];
  const tables = Math.ceil(Number(options.cases) / chosen.length / casesPerTable);
  for (const name of chosen) {
    const open = engines[name];
    if (open === undefined) throw new Error(`engines are ${Object.keys(engines).join(', ')}`);
    const { bench, stop } = await open();
    try {
      const startedMs = performance.now();
      const { cases, tally, failure } = await runCampaign(bench, { from: Number(options.from), tables });
      const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
      console.log(`${name}: ${cases} cases in ${seconds} s, ${failure === null ? 'no difference' : 'a difference'}`);
      for (const [what, count] of [...tally.counts].sort()) console.log(`  ${what.padEnd(30)} ${count}`);
      if (failure !== null) {
        console.log(failure.report);
        process.exitCode = 1;
      }
    } finally {
      await bench.close();
      await stop();
    }
  }
}

await main();
