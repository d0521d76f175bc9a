/**
 * A front door with real databases behind it and grants on their tables: what tests of querying and writing need.
 *
 * @module
 */
import type { Grant } from '../../../src/access/index.js';
import type { Actor } from '../../../src/data/index.js';
import { Secret } from '../../../src/kernel/secret.js';
import type { Filter } from '../../../src/query/index.js';
import { createRealSources } from './real-sources.js';
import { type Name, nativeToken } from './sign-in.js';
import { openWorld, type World, type WorldOptions } from './world.js';

export interface DataWorld extends World {
  /** The operator of the machine. */
  readonly operator: Actor;
  /** Adds a source to an organisation. */
  addSource(input: SourceInput): Promise<void>;
  /** Grants a table of a source; it becomes a dataset of that name, or one made from the table's. */
  grant(input: GrantInput): Promise<{ readonly dataset: string; readonly id: string }>;
  /** Headers of somebody who is signed in. */
  as(name: Name): Promise<{ readonly authorization: string }>;
}

export interface SourceInput {
  readonly name: string;
  readonly engine: 'sqlite' | 'postgres' | 'mysql';
  readonly organisation?: string;
  readonly database: string;
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
}

export interface GrantInput {
  readonly source: string;
  /** `main` for SQLite. */
  readonly schema: string;
  readonly table: string;
  /** `member` when absent. */
  readonly role?: string;
  readonly operations?: Grant['operations'];
  readonly readable?: readonly string[] | null;
  readonly writable?: readonly string[] | null;
  readonly filter?: Filter | null;
  readonly masks?: Grant['masks'];
}

export async function openDataWorld(options: WorldOptions = {}): Promise<DataWorld> {
  const world = await openWorld({ sources: createRealSources, ...options });
  const origin = { door: 'cli', requestId: null, address: null };
  const operator: Actor = { principal: world.identity.localPrincipal('cli'), origin };
  return {
    ...world,
    operator,
    async addSource({ name, organisation = 'acme', password, ...place }) {
      const target = { host: undefined, port: undefined, username: undefined, authType: 'basic', ...place };
      await world.core.sources.registry.add(operator, {
        ...{ name, organisation, purpose: 'read_write' },
        target: {
          ...target,
          password: password === undefined ? null : new Secret(password),
          extra: place.engine === 'sqlite' ? undefined : { ssl_mode: 'disable' },
          strict: false,
        },
      });
    },
    async grant({ source, schema, table, role = 'member', ...terms }) {
      const { grant, dataset } = await world.core.data.grants.add(operator, {
        role,
        dataset: { source, schema, table },
        ...{ operations: ['query', 'insert', 'update', 'delete'] as const, readable: null, writable: null },
        ...{ filter: null, masks: [] },
        ...terms,
      });
      return { dataset, id: grant.id };
    },
    as: async (name) => ({ authorization: `Bearer ${await nativeToken(world, name)}` }),
  };
}
