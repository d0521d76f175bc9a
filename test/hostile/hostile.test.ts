/**
 * Hostile servers: each behaviour of the tables is met by a connector in a process of its own, and what holds for all
 * is judged: in time, with a declared reason, in bounded memory, without a stall, nothing of ours out and nothing of
 * theirs in the report. The short profile; `npm run campaign:hostile` is the long one.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Arena, shortProfile } from './arena.js';
import type { Behaviour } from './behaviour.js';
import { mysqlBehaviours } from './mysql-behaviours.js';
import { postgresBehaviours } from './postgres-behaviours.js';
import { carelessVerbs, realVerbs, type Verb } from './verbs.js';

const tables = { postgres: postgresBehaviours, mysql: mysqlBehaviours } as const;
const protocols = ['postgres', 'mysql'] as const;

let arena: Arena;
beforeAll(async () => {
  arena = new Arena();
  await arena.prepare();
  await arena.calibrate(500);
});
afterAll(() => arena?.close());

const named = (behaviours: readonly Behaviour[], name: string): Behaviour => {
  const found = behaviours.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no behaviour is called ${name}`);
  return found;
};

describe('the judges', () => {
  test.each(Object.entries(carelessVerbs))('see a client that would %s', async (verb, fault) => {
    // Against a server that does no harm: what is wrong is the client.
    const harmless = { ...named(postgresBehaviours, 'yes without asking'), expect: ['passed'] };
    const [met] = await arena.meet('postgres', verb as Verb, [harmless], shortProfile);
    if (met === undefined) throw new Error('nobody met');
    const faults = arena.judge(met, shortProfile);
    expect(faults.map((one) => one.split(':')[0])).toContain(fault);
  });

  test('and a server that says nobody’s code', async () => {
    const strange = { ...named(postgresBehaviours, 'an error with a code nobody has'), isUnknownCode: false };
    const [met] = await arena.meet('postgres', 'probe', [strange], shortProfile);
    if (met === undefined) throw new Error('nobody met');
    expect(arena.judge(met, shortProfile)).toEqual(['unclassified']);
  });

  test('and a password that a server asked for and got', async () => {
    for (const protocol of protocols) {
      const control = tables[protocol].find((one) => one.mayHavePassword === true);
      if (control === undefined) throw new Error('there is a control');
      const [met] = await arena.meet(protocol, 'probe', [{ ...control, mayHavePassword: false }], shortProfile);
      if (met === undefined) throw new Error('nobody met');
      expect(arena.judge(met, shortProfile)).toEqual(['password: shown to the server']);
    }
  });
});

describe.each(protocols)('a hostile server of the protocol of %s', (protocol) => {
  test('has at least thirty behaviours, each with a name of its own', () => {
    const names = tables[protocol].filter((one) => one.cut === undefined).map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(30);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(realVerbs)('is survived by %s', { timeout: 120_000 }, async (verb) => {
    // The sweeps over every byte are the probe's: the others walk the same way.
    const behaviours = tables[protocol].filter(({ cut, isLong }) => isLong !== true && (verb === 'probe' || !cut));
    const wrong: string[] = [];
    for (const met of await arena.meetAll(protocol, verb, behaviours, shortProfile)) {
      for (const fault of arena.judge(met, shortProfile)) wrong.push(`${met.behaviour.name} · ${fault}`);
    }
    expect(wrong).toEqual([]);
    expect(arena.output()).toBe('');
  });
});
