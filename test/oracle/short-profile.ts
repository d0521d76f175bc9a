/** The share of one engine in the short profile; the long one is `npm run campaign:oracle`. @module */
import { expect } from 'vitest';
import { casesPerTable, runCampaign } from './campaign.js';
import type { OracleBench } from './engines.js';

/** On three engines more than 20,000 statements. */
const tables = 110;

/** @param atLeast  Whatever happens to be compared, these must be among it, and so often. */
const atLeast = {
  ...{ 'rows that came': 800, 'rows after a row': 30, groups: 150, 'rows that were counted': 100 },
  ...{ 'rows of insert': 200, 'rows of update': 200, 'rows of delete': 200 },
  ...{ 'query.unknown_column': 50, 'query.column_not_writable': 20, 'query.value_invalid': 20, 'access.denied': 30 },
  ...{ 'sources.row_out_of_reach': 100, 'sources.constraint_violated': 50 },
};

export async function expectNoDifference(bench: OracleBench): Promise<void> {
  const { cases, tally, failure } = await runCampaign(bench, { from: 1, tables });
  expect(failure?.report).toBeUndefined();
  expect(cases).toBe(tables * casesPerTable);
  for (const [what, count] of Object.entries(atLeast)) {
    expect(tally.of(what), what).toBeGreaterThanOrEqual(count);
  }
}
