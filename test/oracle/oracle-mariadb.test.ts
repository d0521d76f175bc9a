import { afterAll, beforeAll, it } from 'vitest';
import { describeWith, shared } from '../servers/index.js';
import { type OracleBench, openMariadbBench } from './engines.js';
import { expectNoDifference } from './short-profile.js';

describeWith('mariadb', 'grants on MariaDB, beside a model of what they mean', () => {
  let bench: OracleBench;
  beforeAll(async () => {
    bench = await openMariadbBench(shared('mariadb'));
  });
  afterAll(() => bench.close());

  it('every answer, every refusal and every row afterwards is what the model says', async () => {
    await expectNoDifference(bench);
  }, 300_000);
});
