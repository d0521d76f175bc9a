import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCampaign } from './campaign.js';
import { type OracleBench, openSqliteBench } from './engines.js';
import { flaws } from './flaws.js';
import { expectNoDifference } from './short-profile.js';

describe('grants on SQLite, beside a model of what they mean', () => {
  let bench: OracleBench;
  beforeAll(async () => {
    bench = await openSqliteBench();
  });
  afterAll(() => bench.close());

  it('every answer, every refusal and every row afterwards is what the model says', async () => {
    await expectNoDifference(bench);
  }, 300_000);

  it.each(flaws)(
    'the model would see it if %s',
    async (flaw) => {
      const { failure } = await runCampaign(bench, { from: 1, tables: 100, flaw });
      expect(failure?.difference.what).toEqual(expect.any(String));
      // Cut down to what one can read.
      expect(failure?.scene.steps.length).toBeLessThanOrEqual(2);
    },
    60_000,
  );
});
