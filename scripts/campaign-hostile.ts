/**
 * Every hostile behaviour, one after the other and with the limits of the program, against what a connector can do.
 * Prints a line for each and ends with 1 when one of them was not met as it should be.
 *
 * `npx tsx scripts/campaign-hostile.ts [--short] [postgres|mysql] [probe|preflight|openCatalog] [name]`
 *
 * @module
 */
import { Arena, longProfile, shortProfile } from '../test/hostile/arena.js';
import { mysqlBehaviours } from '../test/hostile/mysql-behaviours.js';
import { postgresBehaviours } from '../test/hostile/postgres-behaviours.js';
import { realVerbs } from '../test/hostile/verbs.js';

const words = process.argv.slice(2).filter((word) => word !== '--short');
const profile = process.argv.includes('--short') ? shortProfile : longProfile;
const tables = { postgres: postgresBehaviours, mysql: mysqlBehaviours } as const;
const protocols = (['postgres', 'mysql'] as const).filter((one) => words[0] === undefined || words[0] === one);
const verbs = realVerbs.filter((one) => words[1] === undefined || words[1] === one);

const arena = new Arena();
await arena.prepare();
const control = await arena.calibrate(1_000);
process.stdout.write(`control: held ${control.heldMs.toFixed(1)} ms while idle\n`);
let wrong = 0;
for (const protocol of protocols) {
  for (const verb of verbs) {
    const behaviours = tables[protocol].filter(({ name }) => words[2] === undefined || name.includes(words[2]));
    for (const encounter of await arena.meetAll(protocol, verb, behaviours, profile)) {
      const faults = arena.judge(encounter, profile);
      if (faults.length > 0) wrong += 1;
      const { told, measured, heard } = encounter;
      const figures = [
        `${Math.round(told?.ms ?? 0)} ms`,
        `held ${Math.round(measured?.heldMs ?? 0)}`,
        `cpu ${Math.round(measured?.cpuMs ?? 0)}`,
        `+${Math.round((measured?.grownBytes ?? 0) / 1_048_576)} MB`,
        `sent ${Math.round(heard.said / 1_024)} KB`,
      ].join(', ');
      const mark = faults.length === 0 ? 'ok ' : 'BAD';
      process.stdout.write(
        `${mark} ${protocol} ${verb} · ${encounter.behaviour.name} → ${told?.verdict} (${figures})\n`,
      );
      for (const fault of faults) process.stdout.write(`      ${fault}\n`);
    }
  }
}
process.stdout.write(`${wrong} not as they should be\n`);
if (arena.output() !== '') process.stdout.write(`the process under test wrote:\n${arena.output()}\n`);
arena.close();
process.exitCode = wrong === 0 ? 0 : 1;
