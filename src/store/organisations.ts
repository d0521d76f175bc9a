/** Organisations and their roles in our tables. @module */
import { sql } from 'kysely';
import { type IdentityStore, type IdentityTransaction, identityErrors } from '../identity/index.js';
import { actionsText, readActions, toOrganisation, toRole } from './codecs.js';
import type { StoreDatabase, StoreEngine } from './engine.js';
import { pageLimit, pageOf, readCursor } from './page.js';

type Reads = Pick<
  IdentityStore,
  'findOrganisation' | 'listOrganisations' | 'findRole' | 'listRoles' | 'hasAdministrator'
>;
type Writes = Pick<
  IdentityTransaction,
  | 'insertOrganisation'
  | 'deleteOrganisation'
  | 'insertRole'
  | 'assignRole'
  | 'unassignRole'
  | 'awaitLossOfAdministrators'
>;

/** PostgreSQL has no text with it, and so nothing has such a name; asking would be an error. */
const unstorable = '\0';

export function organisationReads(db: StoreDatabase): Reads {
  return {
    async findOrganisation(uid) {
      if (uid.includes(unstorable)) return null;
      const row = await db.selectFrom('organisations').selectAll().where('uid', '=', uid).executeTakeFirst();
      return row === undefined ? null : toOrganisation(row);
    },

    async listOrganisations(page) {
      const limit = pageLimit(page);
      const after = readCursor(page, ['number']);
      let query = db.selectFrom('organisations').selectAll();
      if (after !== null) query = query.where('number', '>', after[0]);
      const rows = await query
        .orderBy('number')
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, toOrganisation, (row) => [row.number]);
    },

    async findRole(organisationId, name) {
      if (name.includes(unstorable)) return null;
      const row = await db
        .selectFrom('roles')
        .selectAll()
        .where('organisation_id', '=', organisationId)
        .where('name', '=', name)
        .executeTakeFirst();
      return row === undefined ? null : toRole(row);
    },

    async listRoles(organisationId) {
      const rows = await db
        .selectFrom('roles')
        .selectAll()
        .where('organisation_id', '=', organisationId)
        .orderBy('number')
        .execute();
      return rows.map(toRole);
    },

    async hasAdministrator() {
      // Many users hold few distinct sets of actions; which of them allow it is decided by the same reader as always.
      const rows = await db
        .selectFrom('roles')
        .select('roles.allowed')
        .distinct()
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom('user_roles')
              .innerJoin('users', 'users.id', 'user_roles.user_id')
              .select('user_roles.user_id')
              .whereRef('user_roles.role_id', '=', 'roles.id')
              .where('users.disabled_at_ms', 'is', null),
          ),
        )
        .execute();
      return rows.some(({ allowed }) => readActions(allowed).includes('directory.manage'));
    },
  };
}

export function organisationWrites(tx: StoreDatabase, kind: StoreEngine['kind']): Writes {
  return {
    async insertOrganisation(organisation) {
      const row = {
        id: organisation.id,
        number: await nextNumber(tx, 'organisations'),
        uid: organisation.uid,
        name: organisation.name,
        created_at_ms: organisation.createdAtMs,
      };
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('organisations')
        .values(row)
        .onConflict((conflict) => conflict.column('uid').doNothing())
        .executeTakeFirstOrThrow();
      if (numInsertedOrUpdatedRows === 0n) throw identityErrors.organisation_exists();
      return toOrganisation(row);
    },

    async deleteOrganisation(organisationId) {
      const own = tx.selectFrom('organisations').select('id').where('id', '=', organisationId);
      // Whoever adds a user or a source to it holds a share of this lock.
      await (kind === 'postgres' ? own.forUpdate() : own).execute();
      const source = await tx
        .selectFrom('sources')
        .select('id')
        .where('organisation_id', '=', organisationId)
        .limit(1)
        .executeTakeFirst();
      if (source !== undefined) return null;
      const { numDeletedRows } = await tx
        .deleteFrom('users')
        .where('organisation_id', '=', organisationId)
        .executeTakeFirstOrThrow();
      await tx.deleteFrom('organisations').where('id', '=', organisationId).execute();
      return Number(numDeletedRows);
    },

    async insertRole(role) {
      const row = {
        id: role.id,
        number: await nextNumber(tx, 'roles'),
        organisation_id: role.organisationId,
        name: role.name,
        allowed: actionsText(role.allowed),
        created_at_ms: role.createdAtMs,
      };
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('roles')
        .values(row)
        .onConflict((conflict) => conflict.columns(['organisation_id', 'name']).doNothing())
        .executeTakeFirstOrThrow();
      if (numInsertedOrUpdatedRows === 0n) throw identityErrors.role_exists();
      return toRole(row);
    },

    async awaitLossOfAdministrators() {
      // The embedded store has one writer at a time anyway.
      if (kind !== 'postgres') return;
      await sql`select pg_advisory_xact_lock(hashtextextended('latchkey administrators', 0))`.execute(tx);
    },

    async assignRole(userId, roleId) {
      await tx
        .insertInto('user_roles')
        .values({ user_id: userId, role_id: roleId })
        .onConflict((conflict) => conflict.columns(['user_id', 'role_id']).doNothing())
        .execute();
    },

    async unassignRole(userId, roleId) {
      await tx.deleteFrom('user_roles').where('user_id', '=', userId).where('role_id', '=', roleId).execute();
    },
  };
}

/** The next small number of that kind; locked until the transaction ends, never given twice. */
async function nextNumber(tx: StoreDatabase, name: 'organisations' | 'roles'): Promise<number> {
  const { value } = await tx
    .insertInto('counters')
    .values({ name, value: 1 })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet(({ eb, ref }) => ({ value: eb(ref('counters.value'), '+', 1) })),
    )
    .returning('value')
    .executeTakeFirstOrThrow();
  return value;
}
