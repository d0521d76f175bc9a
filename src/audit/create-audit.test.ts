import { expect, test } from 'vitest';
import { type Action, actions, type Principal } from '../access/index.js';
import { Secret } from '../kernel/secret.js';
import { createAuditChain } from './chain.js';
import { createAudit } from './create-audit.js';
import type { AuditEvent } from './event.js';
import type { AuditStore } from './ports.js';

const origin = { door: 'cli', requestId: null, address: null };
const chain = createAuditChain(new Secret<Uint8Array>(Buffer.alloc(32, 5)));

function principal(...allowed: Action[]): Principal {
  return {
    userId: null,
    username: 'x',
    userKind: null,
    organisationId: null,
    organisationUid: null,
    credential: { kind: 'cli', id: null, expiresAtMs: null },
    roleIds: [],
    allowed: new Set(allowed),
  } as unknown as Principal;
}

function auditOver(appended: AuditEvent[]) {
  const head = { chain: 0, chains: 1, seq: 0, mac: '' };
  const store: AuditStore = {
    append: async (events) => void appended.push(...events),
    list: async () => ({ items: [], nextCursor: 'next' }),
    countByHour: async () => [],
    countReasons: async () => [],
    chainHeads: async () => [{ ...head, proof: chain.proveHead(head) }],
    recordedChains: async () => [],
    readChain: async () => [],
  };
  return createAudit({ store, chain, clock: { nowMs: () => 7 } });
}

test('only who may read the trail gets a list of it', async () => {
  const audit = auditOver([]);
  const others = actions.filter((action) => action !== 'audit.read');
  await expect(audit.list(principal(...others), {}, { limit: 1 })).rejects.toMatchObject({ code: 'access.denied' });
  await expect(audit.list(principal('audit.read', 'directory.manage'), {}, { limit: 1 })).resolves.toEqual({
    items: [],
    nextCursor: 'next',
  });
  // No account, and no right to everything.
  await expect(audit.list(principal('audit.read'), {}, { limit: 1 })).resolves.toEqual({ items: [] });
  const none = principal();
  await expect(audit.activity(none, 1)).rejects.toMatchObject({ code: 'access.denied' });
  await expect(audit.export(none, {}, origin)).rejects.toMatchObject({ code: 'access.denied' });
});

test('who verifies while somebody does waits for the same report', async () => {
  const audit = auditOver([]);
  const [first, second] = [audit.verify(), audit.verify()];
  expect(await first).toBe(await second);
  expect(await audit.verify()).not.toBe(await first);
});

test('a verification says when it began', async () => {
  expect(await auditOver([]).verify()).toEqual({
    ...{ ok: true, chains: 1, records: 0, findings: [], atMs: 7 },
    recordsByChain: [{ chain: 0, records: 0 }],
  });
});

test('events go to the store as they are', async () => {
  const appended: AuditEvent[] = [];
  const event = { name: 'setup.completed' } as AuditEvent;
  await auditOver(appended).append([event]);
  expect(appended).toEqual([event]);
});
