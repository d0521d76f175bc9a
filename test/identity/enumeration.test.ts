/**
 * Nobody learns from signing in wrongly whether an account exists or what its state is: not from the answer, not from
 * what is written, and not from the time. The long profile is `npm run campaign:enumeration`.
 *
 * @module
 */
import { expect, test } from 'vitest';
import { classes, runTrial, type Trial } from './enumeration-trial.js';
import { areaUnderCurve } from './rank-test.js';

const rounds = 2_000;
const [from, to] = [0.48, 0.52];

const isEven = ({ areas }: Trial) => Object.values(areas).every((area) => area >= from && area <= to);

test('an account’s state shows neither in the answer nor in what is written nor in the time', async () => {
  let trial = await runTrial(rounds, 'none');
  // By chance one in fifty falls outside; a second time in a row is no chance.
  if (!isEven(trial)) trial = await runTrial(rounds, 'none');
  for (const one of classes) {
    expect([one, trial.answers[one]]).toEqual([one, trial.answers.unknown]);
    expect([one, trial.writes[one]]).toEqual([one, ['[["audit login.refused"]]']]);
  }
  expect(trial.answers.unknown).toHaveLength(1);
  expect(isEven(trial), JSON.stringify(trial.areas)).toBe(true);

  // The same measurement sees a flaw that is there.
  const flawed = await runTrial(rounds / 4, 'no dummy hash');
  expect(flawed.areas.unknown).toBeLessThan(0.4);
}, 300_000);

test('the rank test tells what it should', () => {
  expect(areaUnderCurve([1, 2, 3], [4, 5, 6])).toBe(0);
  expect(areaUnderCurve([4, 5, 6], [1, 2, 3])).toBe(1);
  expect(areaUnderCurve([1, 1, 1], [1, 1])).toBe(0.5);
  expect(areaUnderCurve([1, 3], [2])).toBe(0.5);
});
