/**
 * The long profile of the enumeration tests: 10,000 wrong sign-ins of each class behind the doors, and 2,000 of each class
 * at every door over a socket, or as many as the first and second argument say. Prints for each class how well its times
 * are told from the others (0.5: not at all), and the same with a flaw planted; exits with 1 when they are told apart, or
 * the flaw is not seen. What a door tells and writes is compared, too.
 *
 * The machine should have nothing else to do.
 *
 * @module
 */
import { doorNames, runDoorsTrial } from '../test/identity/enumeration-doors.js';
import { classes, type Flaw, runTrial, type Trial } from '../test/identity/enumeration-trial.js';

const [rounds, doorRounds] = [Number(process.argv[2] ?? 10_000), Number(process.argv[3] ?? 2_000)];
/** Goals, as areas. The finer one is for so many rounds that its 95 % interval fits in. */
const even = { from: 0.48, to: 0.52 };
const seen = 0.4;

/** Half a 95 % interval of the area, for one class against the others together. */
const marginOf = (count: number) => 1.96 * Math.sqrt((1 / count + 1 / (count * (classes.length - 1))) / 12);
let isGood = true;

function report(place: string, { areas, answers, writes }: Trial, margin: number, slack: number): boolean {
  let isEven = true;
  for (const one of classes) {
    const area = areas[one];
    const isWithin = area - slack >= even.from && area + slack <= even.to;
    const isAlike = String(answers[one]) === String(answers.unknown) && String(writes[one]) === String(writes.unknown);
    isEven &&= isWithin && isAlike && answers[one].length === 1;
    const faults = `${isWithin ? '' : '  told apart'}${isAlike ? '' : '  another answer or other writes'}`;
    console.info(`${place.padEnd(10)} ${one.padEnd(10)} ${area.toFixed(4)} ± ${margin.toFixed(4)}${faults}`);
  }
  return isEven;
}

const throughDoors = (count: number, flaw: Flaw) => runDoorsTrial({ rounds: count, flaw, accountsPerClass: 20 });

if (rounds > 0) {
  const margin = marginOf(rounds);
  isGood &&= report('behind', await runTrial(rounds, 'none'), margin, margin);
  const flawed = await runTrial(Math.ceil(rounds / 4), 'no dummy hash');
  isGood &&= flawed.areas.unknown < seen;
  console.info(`behind     no dummy hash: unknown ${flawed.areas.unknown.toFixed(4)}`);
}
if (doorRounds > 0) {
  const margin = marginOf(doorRounds);
  let trials = await throughDoors(doorRounds, 'none');
  const judge = () => doorNames.map((door) => report(door, trials[door], margin, 0)).every((isEven) => isEven);
  let isEven = judge();
  if (!isEven) {
    // Of so many areas one falls outside by chance; twice in a row is no chance.
    console.info('once more');
    trials = await throughDoors(doorRounds, 'none');
    isEven = judge();
  }
  isGood &&= isEven;
  const flawed = await throughDoors(Math.ceil(doorRounds / 4), 'no dummy hash');
  for (const door of doorNames) {
    const area = flawed[door].areas.unknown;
    isGood &&= area < seen;
    console.info(`${door.padEnd(10)} no dummy hash: unknown ${area.toFixed(4)}`);
  }
}
process.exitCode = isGood ? 0 : 1;
