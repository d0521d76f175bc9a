/** Roles in our tables, as whoever administers sees and changes them. @module */
import type { IdentityStore, IdentityTransaction, ListedRole } from '../identity/index.js';
import { actionsText, toRole } from './codecs.js';
import type { StoreDatabase, StoreEngine } from './engine.js';
import { pageLimit, pageOf, readCursor } from './page.js';
import type { RoleRow } from './schema.js';

type Reads = Pick<IdentityStore, 'findListedRole' | 'listListedRoles'>;
type Writes = Pick<IdentityTransaction, 'findRoleForChange' | 'updateRole' | 'deleteRole'>;

export function roleReads(db: StoreDatabase): Reads {
  return {
    async findListedRole(reference) {
      const rows = roleRows(db);
      const query =
        'id' in reference
          ? rows.where('roles.id', '=', reference.id)
          : rows.where('roles.name', '=', reference.name).where('organisations.uid', '=', reference.organisation);
      const row = await query.executeTakeFirst();
      return row === undefined ? null : toListedRole(row);
    },

    async listListedRoles(filter, page) {
      const limit = pageLimit(page);
      const after = readCursor(page, ['number']);
      let query = roleRows(db);
      if (filter.organisationId !== undefined) query = query.where('roles.organisation_id', '=', filter.organisationId);
      if (after !== null) query = query.where('roles.number', '>', after[0]);
      const rows = await query
        .orderBy('roles.number')
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, toListedRole, (row) => [row.number]);
    },
  };
}

export function roleWrites(tx: StoreDatabase, kind: StoreEngine['kind']): Writes {
  return {
    async findRoleForChange(roleId) {
      const query = tx.selectFrom('roles').selectAll().where('id', '=', roleId);
      // Locks out other changes, not rows that come to refer to this role.
      const row = await (kind === 'postgres' ? query.forNoKeyUpdate() : query).executeTakeFirst();
      return row === undefined ? null : toRole(row);
    },

    async updateRole(role) {
      // Whoever is given a name or takes one waits here for the other.
      if (kind === 'postgres') {
        await tx.selectFrom('organisations').select('id').where('id', '=', role.organisationId).forUpdate().execute();
      }
      const other = await tx
        .selectFrom('roles')
        .select('id')
        .where('organisation_id', '=', role.organisationId)
        .where('name', '=', role.name)
        .where('id', '!=', role.id)
        .executeTakeFirst();
      if (other !== undefined) return 'taken';
      const { numUpdatedRows } = await tx
        .updateTable('roles')
        .set({ name: role.name, allowed: actionsText(role.allowed) })
        .where('id', '=', role.id)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n ? 'ok' : 'gone';
    },

    async deleteRole(roleId) {
      const { users } = await tx
        .selectFrom('user_roles')
        .select(({ fn }) => fn.countAll<number>().as('users'))
        .where('role_id', '=', roleId)
        .executeTakeFirstOrThrow();
      const { numDeletedRows } = await tx.deleteFrom('roles').where('id', '=', roleId).executeTakeFirstOrThrow();
      return numDeletedRows > 0n ? Number(users) : null;
    },
  };
}

function roleRows(db: StoreDatabase) {
  return db
    .selectFrom('roles')
    .innerJoin('organisations', 'organisations.id', 'roles.organisation_id')
    .selectAll('roles')
    .select(({ selectFrom }) => [
      'organisations.uid as organisation_uid',
      selectFrom('user_roles')
        .select(({ fn }) => fn.countAll<number>().as('users'))
        .whereRef('user_roles.role_id', '=', 'roles.id')
        .as('users'),
    ]);
}

type Row = RoleRow & { readonly organisation_uid: string; readonly users: number | null };

function toListedRole(row: Row): ListedRole {
  return { ...toRole(row), organisation: row.organisation_uid, users: Number(row.users ?? 0) };
}
