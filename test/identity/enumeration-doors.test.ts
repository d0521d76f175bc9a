/**
 * What every door tells and does about a sign-in that is refused, to the byte and to the last question of the store; the
 * times are measured by `npm run campaign:enumeration`.
 *
 * @module
 */
import { expect, test } from 'vitest';
import { doorNames, runDoorsTrial } from './enumeration-doors.js';
import { classes } from './enumeration-trial.js';

const short = { rounds: 10, accountsPerClass: 2 };

test('no door tells an account’s state in bytes, in what is written or in what is done', async () => {
  const trials = await runDoorsTrial({ ...short, flaw: 'none' });
  expect([...trials.keys()]).toEqual(doorNames);
  for (const [door, { answers, writes, works }] of trials) {
    const event = door.endsWith('change') ? 'password.change_refused' : 'login.refused';
    expect([door, answers.unknown]).toEqual([door, [expect.stringMatching(/^40[013] /)]]);
    expect([door, works.unknown]).toEqual([door, [expect.stringContaining('"hash"')]]);
    for (const one of classes) {
      expect([door, one, answers[one]]).toEqual([door, one, answers.unknown]);
      expect([door, one, writes[one]]).toEqual([door, one, [`[["audit ${event}"]]`]]);
      expect([door, one, works[one]]).toEqual([door, one, works.unknown]);
    }
  }

  // The same look sees a flaw that is there, at every door.
  const flawed = await runDoorsTrial({ ...short, flaw: 'no dummy hash' });
  expect([...flawed.keys()]).toEqual(doorNames);
  for (const [door, { works }] of flawed) {
    expect([door, works.unknown]).not.toEqual([door, works.wrong]);
    expect(works.unknown.join()).not.toContain('"hash"');
  }
}, 120_000);
