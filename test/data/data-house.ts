/**
 * The data room over everything real: an embedded store, identity, and the sample database of the demo as a source,
 * with people of two organisations.
 *
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import type { Principal } from '../../src/access/index.js';
import type { AuditRecord } from '../../src/audit/index.js';
import { createSampleDatabase } from '../../src/connectors/sqlite/sample-database.js';
import { type Actor, createData, type Data, type DataDeps, type GrantTerms } from '../../src/data/index.js';
import { Secret } from '../../src/kernel/secret.js';
import type { DataRow, Sources } from '../../src/sources/index.js';
import { createRealSources } from '../dialects/support/real-sources.js';
import { type House, type HouseOptions, operator as identityOperator, openHouse } from '../identity/house.js';

export interface DataHouse {
  readonly house: House;
  readonly data: Data;
  readonly sources: Sources;
  /** The operator of the machine. */
  readonly operator: Actor;
  /** Path of the sample database; `sample` and `spare` are sources of `acme` on two copies of it, `foreign` of another. */
  readonly file: string;
  /** A role of `acme`, with the right to use data. */
  addRole(name: string, ...allowed: string[]): Promise<void>;
  /** Somebody with these roles; of `acme` where nothing else is said. */
  person(
    roles: readonly string[],
    more?: { claims?: ReadonlyMap<string, string>; organisation?: string },
  ): Promise<Actor>;
  /** Grants a table of `sample` to a role. @returns the id. */
  grant(role: string, table: string, terms?: Partial<GrantTerms>): Promise<string>;
  /** A room with other parts over the same store. */
  another(more: Partial<DataDeps>): Data;
  /** What the room wrote into the trail since the last call, oldest first. */
  takeEvents(): Promise<readonly AuditRecord[]>;
  sql(text: string): readonly Record<string, unknown>[];
  close(): Promise<void>;
}

export async function openDataHouse(options: HouseOptions = {}): Promise<DataHouse> {
  const house = await openHouse(options);
  const { identity, store, clock } = house;
  const ids = { uuid: () => randomUUID(), bytes: (count: number) => new Uint8Array(randomBytes(count)) };
  const sources = createRealSources({ clock, ids, audit: store.audit, store: store.sources });
  const file = join(house.folder, 'sample.db');
  const operator: Actor = {
    principal: identity.localPrincipal('cli'),
    origin: { door: 'cli', requestId: null, address: null },
  };
  await identity.organisations.add(identityOperator, { uid: 'other', name: 'Other' });
  for (const [name, organisation] of [
    ['sample', 'acme'],
    ['spare', 'acme'],
    ['foreign', 'other'],
  ] as const) {
    const database = join(house.folder, `${name}.db`);
    createSampleDatabase(database);
    await sources.registry.add(operator, {
      ...{ name, organisation, purpose: 'read_write' },
      target: { engine: 'sqlite', database, authType: 'basic', password: new Secret(''), extra: {}, strict: false },
    });
  }
  const deps: DataDeps = {
    ...{ store: store.data, sources: sources.data, directory: identity.users, audit: store.audit, clock, ids },
  };
  const data = createData(deps);
  let seen = 0;
  let people = 0;
  const takeEvents = async () => {
    await data.settle();
    const { items } = await store.audit.list({}, { limit: 1_000 });
    const fresh = items.slice(0, items.length - seen).reverse();
    seen = items.length;
    return fresh;
  };
  await takeEvents();
  return {
    house,
    data,
    sources,
    operator,
    file,
    async addRole(name, ...allowed) {
      await identity.roles.add(identityOperator, { organisationUid: 'acme', name, allowed: ['data.use', ...allowed] });
    },
    async person(roles, { claims, organisation = 'acme' } = {}) {
      people += 1;
      const username = `person${people}`;
      await house.addUser(username, { roles, organisationUid: organisation });
      if (claims !== undefined) await identity.users.set(identityOperator, username, { setClaims: claims });
      const { token } = await house.login(username);
      const principal: Principal = await house.authenticate(token, 'precrime_token');
      return { principal, origin: { door: 'native', requestId: `r-${people}`, address: '192.0.2.1' } };
    },
    async grant(role, table, terms = {}) {
      const { grant } = await data.grants.add(operator, {
        role,
        dataset: { source: 'sample', schema: 'main', table },
        ...{ operations: ['query'], readable: null, writable: null, filter: null, masks: [] },
        ...terms,
      });
      return grant.id;
    },
    another: (more) => createData({ ...deps, ...more }),
    takeEvents,
    sql(text) {
      const database = new DatabaseSync(file, { timeout: 5_000 });
      try {
        const statement = database.prepare(text);
        if (statement.columns().length > 0) return statement.all().map((row) => ({ ...row }));
        statement.run();
        return [];
      } finally {
        database.close();
      }
    },
    async close() {
      await data.settle();
      sources.close();
      await house.close();
    },
  };
}

/** Every row of a reading. */
export async function rowsOf(reading: Awaited<ReturnType<Data['read']>>): Promise<DataRow[]> {
  const rows: DataRow[] = [];
  for await (const batch of reading.batches) rows.push(...batch);
  return rows;
}
