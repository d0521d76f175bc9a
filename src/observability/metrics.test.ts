import { describe, expect, it } from 'vitest';
import type { RequestDone } from '../http/index.js';
import { metrics } from './metric-table.js';
import { createMetrics, type Gauged } from './metrics.js';

const done: RequestDone = {
  requestId: 'r',
  family: 'native',
  method: 'GET',
  route: '/admin/v1/sources/:source',
  status: 200,
  durationMs: 20,
  address: '192.0.2.7',
  isTls: false,
  isCut: false,
};

const gauged: Gauged = {
  countSources: async () => ({ healthy: 2, failing: 1 }),
  countExpiring: async () => [{ kind: 'api_key', within: '7d', count: 4 }],
  hashing: () => ({ queued: 3, running: 1, hashMs: 70 }),
  verification: () => ({ held: 3, found: 90, notFound: 10 }),
  store: () => ({ transactions: 10, commits: 4 }),
};

const linesOf = async (all: ReturnType<typeof createMetrics>) => (await all.render()).text.split('\n');

describe('figures', () => {
  it('count requests by family, declared path and class of status, and those that were cut', async () => {
    const all = createMetrics();
    all.requestDone(done);
    all.requestDone({ ...done, status: 204 });
    all.requestDone({ ...done, status: 404, route: null });
    all.requestDone({ ...done, isCut: true });
    const lines = await linesOf(all);
    const where = 'family="native",route="/admin/v1/sources/:source"';
    expect(lines).toContain(`latchkey_http_requests_total{${where},status="2xx"} 3`);
    expect(lines).toContain('latchkey_http_requests_total{family="native",route="none",status="4xx"} 1');
    expect(lines).toContain(`latchkey_http_answers_cut_total{${where}} 1`);
    expect(lines).toContain(`latchkey_http_request_duration_seconds_bucket{le="0.025",${where}} 3`);
    expect(lines.join('\n')).not.toContain('192.0.2.7');
  });

  it('count what sources tell', async () => {
    const all = createMetrics();
    const { sources } = all;
    const failed = { kind: 'test', engine: null, outcome: 'failed', stage: 'tcp', durationMs: 900 } as const;
    sources.connectionTested({ ...failed, reason: 'TCP_REFUSED' });
    sources.unclassified({ engine: 'mysql', stage: 'query', native: '9999' });
    sources.healthChanged({ from: 'healthy', to: 'failing' });
    sources.noticeAttempted({ outcome: 'retried' });
    sources.backgroundFailed();
    const lines = await linesOf(all);
    expect(lines).toEqual(
      expect.arrayContaining([
        'latchkey_connection_tests_total{kind="test",engine="unknown",outcome="failed",stage="tcp",reason="TCP_REFUSED"} 1',
        'latchkey_connection_test_duration_seconds_bucket{le="1",kind="test",engine="unknown",outcome="failed"} 1',
        'latchkey_verdict_unclassified_total{engine="mysql",stage="query"} 1',
        'latchkey_source_health_changes_total{from="healthy",to="failing"} 1',
        'latchkey_webhook_attempts_total{outcome="retried"} 1',
        'latchkey_background_failures_total 1',
      ]),
    );
    expect(lines.join('\n')).not.toContain('9999');
  });

  it('look at what is only held, every time they are asked for', async () => {
    const all = createMetrics();
    let queued = 3;
    all.watch({ ...gauged, hashing: () => ({ queued, running: 1, hashMs: 70 }) });
    expect(await linesOf(all)).toEqual(
      expect.arrayContaining([
        'latchkey_sources{state="healthy"} 2',
        'latchkey_sources{state="failing"} 1',
        'latchkey_expiring{kind="api_key",within="7d"} 4',
        'latchkey_password_hashes_queued 3',
        'latchkey_password_hash_seconds 0.07',
        'latchkey_credentials_held 3',
        'latchkey_credentials_found_total 90',
        'latchkey_credentials_looked_up_total 10',
        'latchkey_store_transactions_total 10',
        'latchkey_store_commits_total 4',
      ]),
    );
    queued = 0;
    const again = await linesOf(all);
    expect(again).toContain('latchkey_password_hashes_queued 0');
    expect(again).toContain('latchkey_store_commits_total 4');
  });

  it('are shown without those that cannot be had', async () => {
    const all = createMetrics();
    all.watch({ ...gauged, countSources: () => Promise.reject(new Error('the store is closed')) });
    const lines = await linesOf(all);
    expect(lines).toContain('latchkey_password_hashes_queued 3');
    expect(lines.filter((line) => line.startsWith('latchkey_sources{'))).toEqual([]);
  });

  it('are those of the table and of the process, and no other', async () => {
    const all = createMetrics();
    all.watchProcess();
    all.watch(gauged);
    const shown = [...(await all.render()).text.matchAll(/^# TYPE (latchkey_\S+) (\S+)$/gm)].map(([, name, type]) => [
      name,
      type,
    ]);
    const named = Object.values(metrics).map(({ name, type }) => [name, type]);
    expect(shown.sort()).toEqual(named.sort());
    expect((await all.render()).text).toMatch(/^process_resident_memory_bytes \d+/m);
  });

  it('have help, a unit where there is one, and names as Prometheus would have them', () => {
    for (const { name, type, help } of Object.values(metrics)) {
      expect(name).toMatch(/^latchkey_[a-z_]+$/);
      expect(help).toMatch(/^[A-Z].*\.$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
    }
  });
});
