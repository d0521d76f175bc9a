/**
 * The long profile of the enumeration test: 10,000 wrong sign-ins of each class, or as many as the first argument says.
 * Prints for each class how well its times are told from the others (0.5: not at all), and the same with a flaw
 * planted; exits with 1 when they are told apart, or the flaw is not seen.
 *
 * @module
 */
import { classes, runTrial } from '../test/identity/enumeration-trial.js';

const rounds = Number(process.argv[2] ?? 10_000);
/** Half a 95 % interval of the area, for one class against the others together. */
const margin = 1.96 * Math.sqrt((1 / rounds + 1 / (rounds * (classes.length - 1))) / 12);

const sound = await runTrial(rounds, 'none');
const flawed = await runTrial(Math.ceil(rounds / 4), 'no dummy hash');
let isGood = flawed.areas.unknown < 0.4;
for (const one of classes) {
  const area = sound.areas[one];
  const isEven = area - margin >= 0.48 && area + margin <= 0.52;
  isGood &&= isEven;
  console.info(`${one.padEnd(10)} ${area.toFixed(4)} ± ${margin.toFixed(4)}${isEven ? '' : '  told apart'}`);
}
console.info(`no dummy hash: unknown ${flawed.areas.unknown.toFixed(4)}`);
process.exitCode = isGood ? 0 : 1;
