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
import { type Door, doorNames, runDoorsTrial } from '../test/identity/enumeration-doors.js';
import { classes, runTrial, type Trial } from '../test/identity/enumeration-trial.js';

const [rounds, doorRounds] = [Number(process.argv[2] ?? 10_000), Number(process.argv[3] ?? 2_000)];
/** Where an area lies when nothing is told apart. */
const even = { from: 0.48, to: 0.52 };

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

/** A flaw is seen when the whole interval lies outside. */
function reportFlaw(place: string, { areas }: Trial, count: number): boolean {
  const margin = marginOf(count);
  const isSeen = areas.unknown + margin < even.from;
  const fault = isSeen ? '' : '  not seen';
  console.info(`${place.padEnd(10)} no dummy hash: unknown ${areas.unknown.toFixed(4)} ± ${margin.toFixed(4)}${fault}`);
  return isSeen;
}

/** @returns the doors that told something. */
async function judgeDoors(through: readonly Door[]): Promise<readonly Door[]> {
  const trials = await runDoorsTrial({ rounds: doorRounds, flaw: 'none', accountsPerClass: 20, through });
  const margin = marginOf(doorRounds);
  return [...trials].filter(([door, trial]) => !report(door, trial, margin, 0)).map(([door]) => door);
}

if (rounds > 0) {
  const margin = marginOf(rounds);
  const isEven = report('behind', await runTrial(rounds, 'none'), margin, margin);
  const flawedRounds = Math.ceil(rounds / 4);
  const isSeen = reportFlaw('behind', await runTrial(flawedRounds, 'no dummy hash'), flawedRounds);
  isGood &&= isEven && isSeen;
}
if (doorRounds > 0) {
  let telling = await judgeDoors(doorNames);
  if (telling.length > 0) {
    // Of so many areas one falls outside by chance; at one door twice in a row is no chance.
    console.info('once more');
    telling = await judgeDoors(telling);
  }
  isGood &&= telling.length === 0;
  const flawedRounds = Math.ceil(doorRounds / 4);
  for (const [door, trial] of await runDoorsTrial({
    ...{ rounds: flawedRounds, flaw: 'no dummy hash', accountsPerClass: 20 },
  })) {
    const isSeen = reportFlaw(door, trial, flawedRounds);
    isGood &&= isSeen;
  }
}
process.exitCode = isGood ? 0 : 1;
