import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuditEvent } from '../audit/index.js';
import { createReadTrail, listText } from './read-trail.js';

const actor = (credentialId: string) =>
  ({
    principal: { userId: 'u', organisationId: 'o', credential: { kind: 'api_key', id: credentialId } },
    origin: { door: 'native', requestId: 'r-1', address: '192.0.2.1' },
  }) as unknown as Parameters<ReturnType<typeof createReadTrail>['read']>[0];
const dataset = {
  ...{ id: 'd', name: 'Employees', sourceId: 's', sourceName: 'shop', organisationId: 'o', createdAtMs: 0 },
  of: { kind: 'table', schema: 'main', name: 'employees' },
} as const;
const facts = (...columns: string[]) => ({ columns, conditions: [], masked: [], grants: ['g'], filtering: [] });

describe('the trail of what was read', () => {
  let written: AuditEvent[];
  let fault: Error | null;
  let faults: unknown[];
  const create = (auditReads: 'all' | 'sampled' | 'off' = 'all', random = 0) =>
    createReadTrail({
      audit: {
        append: async (events) => {
          if (fault !== null) throw fault;
          written.push(...events);
        },
      },
      clock: { nowMs: () => 5 },
      ids: { uuid: () => 'id', bytes: () => Uint8Array.of(random) },
      auditReads,
      onBackgroundFault: (error) => faults.push(error),
    });
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    written = [];
    faults = [];
    fault = null;
  });
  afterEach(() => vi.useRealTimers());

  it('is told within a minute, once per credential and dataset, with what all of them came to', async () => {
    const trail = create();
    for (let round = 0; round < 3; round += 1) trail.read(actor('k-1'), dataset, facts('name', `c${round}`), 10);
    trail.read(actor('k-2'), dataset, facts('name'), 1);
    expect(written).toEqual([]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(written.map(({ credential, facts: told }) => [credential?.id, told['requests'], told['rows']])).toEqual([
      ['k-1', 3, 30],
      ['k-2', 1, 1],
    ]);
    expect(written[0]?.facts['columns']).toBe('["c0","c1","c2","name"]');
    expect(written.map(({ origin }) => origin.requestId)).toEqual([null, 'r-1']);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(written).toHaveLength(2);
  });

  it('is told what was refused whatever the policy says, and of reading what it says', async () => {
    for (const [policy, random, told] of [
      ['off', 0, ['refused']],
      ['sampled', 0, ['ok', 'refused']],
      ['sampled', 1, ['refused']],
      ['all', 1, ['ok', 'refused']],
    ] as const) {
      written = [];
      const trail = create(policy, random);
      trail.read(actor('k-1'), dataset, facts('name'), 1);
      trail.refused(actor('k-1'), 'data.read', dataset, 'data.dataset_denied');
      await trail.settle();
      expect(written.map(({ outcome }) => outcome)).toEqual(told);
    }
  });

  it('keeps what could not be written down, and stops reading when that lasts', async () => {
    const trail = create();
    fault = new Error('no disk');
    trail.read(actor('k-1'), dataset, facts('name'), 1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(faults).toHaveLength(1);
    trail.assertKept();
    await vi.advanceTimersByTimeAsync(130_000);
    expect(() => trail.assertKept()).toThrow(/nothing is read/);
    await expect(trail.settle()).rejects.toMatchObject({ code: 'data.trail_unavailable' });
    fault = null;
    await vi.advanceTimersByTimeAsync(15_000);
    trail.assertKept();
    expect(written).toHaveLength(1);
    await trail.settle();
    expect(written).toHaveLength(1);
  });

  it('names as many columns as there is room for', () => {
    expect(listText(['b', 'a'])).toBe('["a","b"]');
    const many = listText(Array.from({ length: 1_000 }, (_, place) => `column_${place}`));
    expect(many.length).toBeLessThan(2_100);
    expect(many).toMatch(/ and \d+ more$/);
  });
});
