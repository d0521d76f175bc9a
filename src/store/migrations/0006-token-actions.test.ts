import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { migrate } from '../migrate.js';
import { openSqlite } from '../open-sqlite.js';
import { migrations } from './index.js';

it('gives the action to administrators of before, once, and to no other role', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-migration-'));
  const engine = await openSqlite({ file: join(folder, 'store.db'), onFatal: () => {} });
  try {
    const earlier = migrations.slice(
      0,
      migrations.findIndex(({ name }) => name === '0006-token-actions'),
    );
    const roles = [
      ['a', 'administrator', ['directory.manage', 'audit.read']],
      ['b', 'member', ['directory.manage']],
      // Somebody's own role of that name.
      ['c', 'administrator', ['data.use']],
      ['d', 'administrator', ['tokens.introspect', 'directory.manage']],
    ] as const;
    await engine.migration(async (tx) => {
      await tx.schema
        .createTable('migrations')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('applied_at_ms', 'bigint', (column) => column.notNull())
        .execute();
      for (const { name, up } of earlier) {
        await up(tx, engine.kind);
        await tx.insertInto('migrations').values({ name, applied_at_ms: 0 }).execute();
      }
      for (const [at, [id, name, allowed]] of roles.entries()) {
        const common = { number: at + 1, created_at_ms: 0 };
        await tx
          .insertInto('organisations')
          .values({ ...common, id: `org-${id}`, uid: `org-${id}`, name: 'x' })
          .execute();
        const row = { ...common, id, organisation_id: `org-${id}`, name, allowed: JSON.stringify(allowed) };
        await tx.insertInto('roles').values(row).execute();
      }
    });
    const { applied } = await migrate(engine, { nowMs: () => 1 });
    expect(applied[0]).toBe('0006-token-actions');
    const rows = await engine.read.selectFrom('roles').select(['id', 'allowed']).orderBy('id').execute();
    expect(Object.fromEntries(rows.map(({ id, allowed }) => [id, JSON.parse(allowed) as unknown]))).toEqual({
      a: ['directory.manage', 'audit.read', 'tokens.introspect'],
      b: ['directory.manage'],
      c: ['data.use'],
      d: ['tokens.introspect', 'directory.manage'],
    });
  } finally {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  }
});
