import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../kernel/secret.js';
import { createAuditChain } from './chain.js';
import type { AuditEvent, AuditRecord } from './event.js';
import type { AuditStore, ChainHead } from './ports.js';
import { verifyTrail } from './verify.js';

const chain = createAuditChain(new Secret<Uint8Array>(Buffer.alloc(32, 5)));

interface Trail {
  heads: ChainHead[];
  records: AuditRecord[];
}

function event(place: number): AuditEvent {
  return {
    name: 'login.succeeded',
    atMs: 1_777_162_107_250 + place,
    origin: { door: 'native', requestId: `r-${place}`, address: null },
    actorId: null,
    credential: null,
    organisationId: null,
    subject: `user:${place}`,
    outcome: 'ok',
    reason: null,
    facts: { place },
  };
}

/** Chain `number` gets `lengths[number]` records. */
function trailOf(lengths: readonly number[]): Trail {
  const trail: Trail = { heads: [], records: [] };
  for (const [number, length] of lengths.entries()) {
    let mac = '';
    for (let seq = 1; seq <= length; seq += 1) {
      mac = chain.link(event(seq), number, seq, mac);
      trail.records.push({ ...event(seq), chain: number, seq, mac });
    }
    const head = { chain: number, chains: lengths.length, seq: length, mac };
    trail.heads.push({ ...head, proof: chain.proveHead(head) });
  }
  return trail;
}

function verify({ heads, records }: Trail, options: Parameters<typeof verifyTrail>[2] = {}) {
  const store: Pick<AuditStore, 'chainHeads' | 'recordedChains' | 'readChain'> = {
    chainHeads: async () => heads,
    recordedChains: async () => [...new Set(records.map((record) => record.chain))].sort((a, b) => a - b),
    readChain: async (number, after, limit) =>
      records
        .filter((record) => record.chain === number && record.seq > after)
        .sort((a, b) => a.seq - b.seq)
        .slice(0, limit),
  };
  return verifyTrail(store, chain, options);
}

describe('verification', () => {
  test.each([[[0]], [[1]], [[500]], [[3, 0, 12, 1]]])('a whole trail of %j records is whole', async (lengths) => {
    for (const pageSize of [1, 3, 500]) {
      expect(await verify(trailOf(lengths), { pageSize })).toEqual({
        ok: true,
        chains: lengths.length,
        records: lengths.reduce((sum, length) => sum + length, 0),
        recordsByChain: lengths.map((records, chain) => ({ chain, records })),
        findings: [],
      });
    }
  });

  test('others have their turns while it runs', async () => {
    const trail = trailOf([2_000]);
    let turns = 0;
    let isDone = false;
    const turn = () => {
      turns += 1;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    const sinceMs = performance.now();
    await verify(trail, { pageSize: 2_000 });
    isDone = true;
    expect(turns).toBeGreaterThan((performance.now() - sinceMs) / 200);
  });

  test('what was done is named, with its place', async () => {
    const named = async (change: (trail: Trail) => void) => {
      const trail = trailOf([6, 4]);
      change(trail);
      return (await verify(trail, { pageSize: 2 })).findings;
    };
    const at = (trail: Trail, seq: number) =>
      trail.records.findIndex((record) => record.chain === 0 && record.seq === seq);

    expect(
      await named((trail) => {
        trail.records[at(trail, 3)] = { ...trail.records[at(trail, 3)]!, reason: 'edited' };
      }),
    ).toEqual([{ kind: 'record_changed', chain: 0, seq: 3 }]);
    expect(await named((trail) => void trail.records.splice(at(trail, 3), 2))).toEqual([
      { kind: 'records_missing', chain: 0, seq: 3, count: 2 },
    ]);
    expect(await named((trail) => void trail.records.splice(at(trail, 5), 2))).toEqual([
      { kind: 'records_missing', chain: 0, seq: 5, count: 2 },
    ]);
    expect(await named((trail) => void trail.records.splice(0, 6))).toEqual([
      { kind: 'records_missing', chain: 0, seq: 1, count: 6 },
    ]);
    expect(
      await named((trail) => {
        const cut = trail.records[at(trail, 4)]!;
        trail.records.splice(at(trail, 5), 2);
        trail.heads[0] = { ...trail.heads[0]!, seq: 4, mac: cut.mac };
      }),
    ).toEqual([{ kind: 'end_forged', chain: 0 }]);
    expect(
      await named((trail) => {
        // An end that was once true, kept by somebody, with the records left.
        trail.heads[0] = trailOf([4, 4]).heads[0]!;
      }),
    ).toEqual([{ kind: 'records_behind_end', chain: 0, seq: 5 }]);
    expect(await named((trail) => void trail.heads.splice(0, 1))).toEqual([{ kind: 'chain_missing', chain: 0 }]);
    expect(
      await named((trail) => {
        trail.heads.splice(1, 1);
        trail.records.splice(6);
      }),
    ).toEqual([{ kind: 'chain_missing', chain: 1 }]);
    expect(
      await named((trail) => {
        trail.records.push({ ...trail.records[0]!, chain: 7 });
      }),
    ).toEqual([{ kind: 'chain_unknown', chain: 7 }]);
    expect(
      await named((trail) => {
        trail.records.push({ ...trail.records[0]!, seq: 0 });
      }),
    ).toEqual([{ kind: 'record_changed', chain: 0, seq: 0 }]);
    expect(
      await named((trail) => {
        trail.heads = [];
        trail.records = [];
      }),
    ).toEqual([{ kind: 'chain_missing', chain: 0 }]);
  });

  test('a record that cannot be read as an event is a changed one', async () => {
    const trail = trailOf([2]);
    trail.records[1] = { ...trail.records[1]!, facts: { a: undefined as never }, atMs: Number.NaN };
    expect((await verify(trail)).findings).toEqual([{ kind: 'record_changed', chain: 0, seq: 2 }]);
  });

  test('no finding is told more than a thousand times', async () => {
    const trail = trailOf([1_500]);
    trail.records = trail.records.map((record) => ({ ...record, reason: 'edited' }));
    expect((await verify(trail)).findings).toHaveLength(1_000);
  });

  test('a place noted outside is met while its record stands', async () => {
    const trail = trailOf([6, 4]);
    const anchors = [...trail.heads, { chain: 0, seq: 3, mac: trail.records[2]!.mac }, { chain: 1, seq: 0, mac: '' }];
    expect((await verify(trail, { anchors })).ok).toBe(true);
    const earlier = trailOf([5, 4]);
    expect((await verify(earlier, { anchors })).findings).toEqual([{ kind: 'anchor_unmet', chain: 0, seq: 6 }]);
    const foreign = [{ chain: 9, seq: 1, mac: 'x' }];
    expect((await verify(trail, { anchors: foreign })).findings).toEqual([{ kind: 'anchor_unmet', chain: 9, seq: 1 }]);
  });

  test('of random edits, deletions, swaps, truncations and new links without the key, all are found', async () => {
    const whole = trailOf([17, 5, 9]);
    const size = whole.records.length;
    const stranger = createAuditChain(new Secret<Uint8Array>(Buffer.alloc(32, 6)));
    const place = fc.integer({ min: 0, max: size - 1 });
    const fields = ['name', 'atMs', 'actorId', 'organisationId', 'subject', 'outcome', 'reason', 'mac'] as const;
    const steps = fc.oneof(
      fc.record({ kind: fc.constant('edit' as const), place, field: fc.constantFrom(...fields), value: fc.string() }),
      fc.record({ kind: fc.constant('fact' as const), place, value: fc.string() }),
      fc.record({ kind: fc.constant('delete' as const), place, count: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ kind: fc.constant('swap' as const), place, other: place }),
      fc.record({ kind: fc.constant('truncate' as const), place, withHead: fc.boolean() }),
      fc.record({ kind: fc.constant('relink' as const), place }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(steps, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 40 }),
        async (all, pageSize) => {
          const trail: Trail = { heads: [...whole.heads], records: [...whole.records] };
          for (const step of all) {
            const record = trail.records[step.place % Math.max(1, trail.records.length)];
            if (record === undefined) break;
            const index = trail.records.indexOf(record);
            if (step.kind === 'edit') trail.records[index] = { ...record, [step.field]: step.value };
            else if (step.kind === 'fact') trail.records[index] = { ...record, facts: { place: step.value } };
            else if (step.kind === 'delete') trail.records.splice(index, step.count);
            else if (step.kind === 'swap') {
              const with_ = step.other % trail.records.length;
              const other = trail.records[with_]!;
              trail.records[index] = { ...other, chain: record.chain, seq: record.seq };
              trail.records[with_] = { ...record, chain: other.chain, seq: other.seq };
            } else if (step.kind === 'truncate') {
              trail.records = trail.records.filter((one) => one.chain !== record.chain || one.seq < record.seq);
              const last = trail.records.filter((one) => one.chain === record.chain).at(-1);
              if (step.withHead) {
                const head = { ...trail.heads[record.chain]!, seq: last?.seq ?? 0, mac: last?.mac ?? '' };
                trail.heads[record.chain] = { ...head, proof: stranger.proveHead(head) };
              }
            } else {
              let mac = trail.records.findLast((one) => one.chain === record.chain && one.seq < record.seq)?.mac ?? '';
              trail.records = trail.records.map((one) => {
                if (one.chain !== record.chain || one.seq < record.seq) return one;
                const content = one.seq === record.seq ? { ...one, subject: 'relinked' } : one;
                mac = stranger.link(content, one.chain, one.seq, mac);
                return { ...content, mac };
              });
            }
          }
          const isChanged = JSON.stringify(sorted(trail)) !== JSON.stringify(sorted(whole));
          expect((await verify(trail, { pageSize })).ok).toBe(!isChanged);
        },
      ),
      { numRuns: 3_000 },
    );
  }, 60_000);
});

function sorted({ heads, records }: Trail): Trail {
  return { heads, records: [...records].sort((a, b) => a.chain - b.chain || a.seq - b.seq) };
}
