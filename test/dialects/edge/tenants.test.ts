/**
 * Every guarded route × every caller (no role, a role for nothing, each action alone, everything in an organisation,
 * everything, the same of another organisation, API keys narrowed to each) × its own, a colleague's, the twin
 * organisation's, and nothing at all. The rows are the running router's own registry, the verdicts are declared in
 * `tenant-rights.ts`: a route nobody declared, and a cell that answers otherwise, are red.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allowedTo, type Caller, callers, rights, verdictOf, whoseOf } from './tenant-rights.js';
import { openTenants, type Tenants, type Told } from './tenant-world.js';

let tenants: Tenants;
beforeAll(async () => {
  tenants = await openTenants();
}, 120_000);
afterAll(() => tenants.close());

const guarded = () =>
  tenants.routes.filter(({ accepts }) => accepts !== 'anyone').map(({ method, path }) => `${method} ${path}`);
/** What somebody has forgotten: routes without rights, and rights without a route. */
const undeclared = (routes: readonly string[]) => [
  ...routes.filter((route) => !(route in rights)),
  ...Object.keys(rights).filter((route) => !routes.includes(route)),
];

test('every guarded route of the running router is declared, and no other', () => {
  expect(guarded().length).toBeGreaterThan(50);
  expect(undeclared(guarded())).toEqual([]);
  // Both ways of forgetting are seen.
  expect(undeclared([...guarded(), 'GET /admin/v1/planted'])).toEqual(['GET /admin/v1/planted']);
  expect(undeclared(guarded().slice(1))).toHaveLength(1);
});

describe.each(Object.entries(rights))('%s', (route, asks) => {
  test.each(asks.map((ask, at) => ({ at: `request ${at + 1}`, ask })))(
    '$at',
    async ({ ask }) => {
      const [told, declared]: [string[], string[]] = [[], []];
      const unlike: string[] = [];
      for (const caller of callers) {
        const answers = new Map<string, Told>();
        for (const whose of whoseOf(ask)) {
          const cell = `${caller.name} · ${whose}`;
          const isTaken = tenants.takes(route, caller);
          const verdict = isTaken ? verdictOf(ask, caller, whose) : 'not_applicable';
          declared.push(`${cell} · ${verdict}`);
          if (verdict === 'not_applicable') {
            told.push(`${cell} · not_applicable`);
            continue;
          }
          const answer = await tenants.ask(route, ask, caller, whose, verdict);
          told.push(`${cell} · ${answer.verdict}`);
          answers.set(whose, answer);
          if (showsTheOther(caller, answer.bytes)) unlike.push(`${cell} shows the other organisation`);
        }
        const none = answers.get('none');
        for (const whose of ['colleague', 'twin', 'own']) {
          const answer = answers.get(whose);
          if (answer === undefined || none === undefined) continue;
          if (verdictOf(ask, caller, whose as 'twin') !== verdictOf(ask, caller, 'none')) continue;
          // One's own may be shown as such by who gets in whatever is named.
          if (whose === 'own' && none.verdict === 'allowed') continue;
          if (answer.bytes !== none.bytes) unlike.push(`${caller.name} · ${whose}: ${answer.bytes} ≠ ${none.bytes}`);
        }
      }
      expect(told).toEqual(declared);
      expect(unlike).toEqual([]);
    },
    120_000,
  );
});

/** Everything of an organisation has its name in it, and no request of this matrix that is answered holds a name. */
function showsTheOther(caller: Caller, bytes: string): boolean {
  if (allowedTo(caller).includes('directory.manage')) return false;
  return bytes.includes(caller.organisation === 'acme' ? 'twin' : 'acme');
}
