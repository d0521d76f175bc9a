/**
 * The whole way of a stored source with everything real: added by the registry, kept on PostgreSQL, its credential found,
 * checked on a PostgreSQL server by one of two nodes, and its webhook told.
 *
 * @module
 */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { actions, type Principal } from '../../src/access/index.js';
import { createEngineDetector } from '../../src/connectors/detect.js';
import { createPostgresConnector } from '../../src/connectors/postgres/index.js';
import { Secret } from '../../src/kernel/secret.js';
import { createDialler, createPoster, createTargetPolicy, targetSyntax } from '../../src/network/index.js';
import { createCredentialFinder, createKeyRing } from '../../src/secrets/index.js';
import { type Actor, createSources, type NewSource, type Sources } from '../../src/sources/index.js';
import { openStore, type Store } from '../../src/store/open-store.js';
import {
  createPostgresDatabase,
  describeWith,
  dropPostgresDatabase,
  postgresSql,
  postgresUrl,
  shared,
} from '../servers/index.js';

describeWith('postgres', 'a stored source', () => {
  const password = `p-${randomBytes(9).toString('hex')}`;
  const role = `reader_${randomBytes(4).toString('hex')}`;
  let nowMs = Date.now();
  const clock = { nowMs: () => nowMs };
  const ids = { uuid: randomUUID, bytes: randomBytes };
  let folder: string;
  let database: string;
  let stores: Store[];
  let nodes: Sources[];
  let organisation: { readonly id: string; readonly uid: string };

  beforeAll(async () => {
    const server = shared('postgres');
    folder = mkdtempSync(join(tmpdir(), 'latchkey-way-'));
    database = await createPostgresDatabase(server, 'way');
    await postgresSql(server, `create role ${role} login password '${password}'`);
    const open = () =>
      openStore({
        ...{ url: postgresUrl(server, database), dataDir: folder, clock, ids, onFatal: () => undefined },
        keyRing: createKeyRing({ current: new Secret<Uint8Array>(Buffer.alloc(32, 7)), randomBytes }),
      });
    stores = [await open(), await open()];
    nodes = stores.map((store) => {
      const policy = createTargetPolicy({ allow: [], isBoundToLoopback: () => true, ownEndpoints: () => [] });
      const dialler = createDialler({ policy });
      return createSources({
        connectors: [createPostgresConnector({ dialler, clock })],
        detector: createEngineDetector({ dialler }),
        syntax: targetSyntax,
        audit: store.audit,
        store: store.sources,
        credentials: createCredentialFinder({
          ...{ variables: ['WAY_*'], roots: [folder], isAnyAllowed: () => false, ownFolders: [], ownFiles: [] },
          readVariable: () => null,
        }),
        poster: createPoster({ dialler, clock }),
        clock,
        ids,
      });
    });
    organisation = await stores[0]!.identity.transaction((tx) =>
      tx.insertOrganisation({ id: randomUUID(), uid: 'ours', name: 'ours', createdAtMs: nowMs }),
    );
  });
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
    const server = shared('postgres');
    await dropPostgresDatabase(server, database);
    await postgresSql(server, `drop role ${role}`);
    rmSync(folder, { recursive: true });
  });

  function keeper(): Actor {
    const principal = {
      ...{
        userId: null,
        username: 'keeper',
        userKind: 'person',
        roleIds: [],
        sources: null,
        allowed: new Set(actions),
      },
      ...{ organisationId: organisation.id, organisationUid: organisation.uid },
      credential: { kind: 'api_key', id: randomUUID(), expiresAtMs: null },
    } as unknown as Principal;
    return { principal, origin: { door: 'native', requestId: 'r', address: '192.0.2.1' } };
  }

  function described(name: string, secret: Secret | null, more: Partial<NewSource> = {}): NewSource {
    const { host, port } = shared('postgres');
    const target = { host, port, username: role, password: secret, database, engine: 'postgres', strict: false };
    return { name, target, checkEveryMinutes: 60, ...more };
  }

  test('is checked by one of the nodes, with the credential it names, and its webhook learns what became of it', async () => {
    const received: { id: unknown; isSigned: boolean; body: string }[] = [];
    let key = '';
    const receiver = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString('utf8');
      const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = request.headers;
      const bytes = Buffer.from(key.replace('whsec_', ''), 'base64');
      const expected = `v1,${createHmac('sha256', bytes).update(`${id}.${at}.${body}`).digest('base64')}`;
      received.push({ id, isSigned: signature === expected, body });
      response.writeHead(204).end();
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const file = join(folder, 'password');
    writeFileSync(file, `${password}\n`);

    const { registry } = nodes[0]!;
    const webhookUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const good = await registry.add(keeper(), described('good', new Secret(password), { webhookUrl }));
    key = good.webhookKey?.reveal() ?? '';
    await registry.add(keeper(), described('wrong', new Secret('not it')));
    await registry.add(keeper(), described('from-file', null, { credential: `file:${file}` }));
    await registry.add(keeper(), described('from-nowhere', null, { credential: 'env:WAY_PASSWORD' }));
    // What is planned for the next seconds is due now.
    nowMs += 30_000;

    const schedules = nodes.map((node) => node.startSchedule());
    try {
      const health = async () => {
        const { items } = await registry.list(keeper(), {}, { limit: 10 });
        return Object.fromEntries(items.map(({ name, health: { state, reason } }) => [name, [state, reason]]));
      };
      await expect.poll(health, { timeout: 25_000, interval: 100 }).toEqual({
        good: ['healthy', null],
        wrong: ['failing', 'AUTH_INVALID_CREDENTIALS'],
        'from-file': ['healthy', null],
        'from-nowhere': ['failing', 'CREDENTIAL_REF_UNRESOLVED'],
      });
      await expect.poll(() => received.length, { timeout: 15_000 }).toBe(1);

      // The account is closed: it degrades or fails at the next check, and the receiver is told who has to mend it.
      await postgresSql(shared('postgres'), `alter role ${role} nologin`);
      nowMs += 70 * 60_000;
      await expect.poll(() => received.length, { timeout: 25_000 }).toBe(2);
    } finally {
      await Promise.all(schedules.map((schedule) => schedule.stop()));
      receiver.close();
      await postgresSql(shared('postgres'), `alter role ${role} login`);
    }
    expect(received.every(({ isSigned }) => isSigned)).toBe(true);
    expect(new Set(received.map(({ id }) => id)).size).toBe(2);
    expect(JSON.parse(received[1]!.body).data).toMatchObject({
      ...{ name: 'good', engine: 'postgres', from: 'healthy', to: 'failing' },
      ...{ stage: 'authenticate', reason: 'AUTH_ROLE_NOT_LOGIN' },
    });
    const events = await stores[1]!.audit.list({ subject: `source:${good.source.id}` }, { limit: 10 });
    expect(events.items.map(({ name, facts }) => `${name} ${facts['to'] ?? ''}`.trimEnd())).toEqual([
      ...['source.health_changed failing', 'source.health_changed healthy', 'source.created'],
    ]);
    expect(JSON.stringify([received, events])).not.toContain(password);
  }, 90_000);
});
