/** Users and their password hashes in our tables. @module */
import { type RawBuilder, sql } from 'kysely';
import { type IdentityStore, type IdentityTransaction, identityErrors, type User } from '../identity/index.js';
import { claimsText, fromUser, passwordParameters, toUser } from './codecs.js';
import type { StoreDatabase, StoreEngine } from './engine.js';
import { lookUp } from './look-up.js';
import { pageLimit, pageOf, readCursor } from './page.js';
import { profileRows, toProfile } from './profiles.js';
import { expectAnswer, runLater } from './sqlite-driver.js';
import { statement } from './statement.js';

type Reads = Pick<IdentityStore, 'findUserByName' | 'findProfile' | 'listUsers' | 'passwordParameterMix'>;
type Writes = Pick<
  IdentityTransaction,
  | 'insertUser'
  | 'findUserForChange'
  | 'isUserAsSeen'
  | 'updateUser'
  | 'updatePassword'
  | 'rehashPassword'
  | 'deleteUser'
>;

export function userReads(db: StoreDatabase, kind: StoreEngine['kind']): Reads {
  const findByName = lookUp(db, (canonicalName) =>
    db.selectFrom('users').selectAll().where('canonical_name', '=', canonicalName).compile(),
  );

  const findProfileRows = lookUp(db, (userId) => profileRows(db, kind).where('users.id', '=', userId).compile());

  /** From 1; 0 where it is not. Nothing of the text is a pattern. */
  function placeOf(part: string, column: RawBuilder<unknown>): RawBuilder<number> {
    return kind === 'postgres' ? sql`strpos(lower(${column}), ${part})` : sql`instr(lower(${column}), ${part})`;
  }

  return {
    async findUserByName(canonicalName) {
      const [row] = await findByName(canonicalName);
      return row === undefined ? null : { user: toUser(row), passwordHash: row.password_hash };
    },

    async findProfile(userId) {
      const [row] = await findProfileRows(userId);
      return row === undefined ? null : toProfile(row);
    },

    async listUsers(filter, page) {
      const limit = pageLimit(page);
      const after = readCursor(page, ['string']);
      let query = db
        .selectFrom('users')
        .innerJoin('organisations', 'organisations.id', 'users.organisation_id')
        .selectAll('users')
        .select('organisations.uid as organisation_uid');
      if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind);
      if (filter.organisationId !== undefined) query = query.where('organisation_id', '=', filter.organisationId);
      const { search, roleId } = filter;
      if (roleId !== undefined) {
        query = query.where(({ exists, selectFrom }) =>
          exists(
            selectFrom('user_roles')
              .select('user_id')
              .whereRef('user_roles.user_id', '=', 'users.id')
              .where('role_id', '=', roleId),
          ),
        );
      }
      if (search !== undefined) {
        query = query.where(({ eb, or }) =>
          or([
            eb(placeOf(search, sql.ref('canonical_name')), '>', 0),
            eb(placeOf(search, sql.ref('display_name')), '>', 0),
            eb(placeOf(search, sql.ref('email')), '>', 0),
          ]),
        );
      }
      if (after !== null) query = query.where('canonical_name', '>', after[0]);
      const rows = await query
        .orderBy('canonical_name')
        .limit(limit + 1)
        .execute();
      const toListed = (row: (typeof rows)[number]) => ({ ...toUser(row), organisation: row.organisation_uid });
      return pageOf(rows, limit, toListed, (row) => [row.canonical_name]);
    },

    async passwordParameterMix() {
      const rows = await db
        .selectFrom('users')
        .select(({ fn }) => ['password_parameters', fn.countAll<number>().as('count')])
        .where('password_parameters', 'is not', null)
        .groupBy('password_parameters')
        .orderBy('password_parameters')
        .execute();
      return rows.map((row) => ({ prefix: row.password_parameters ?? '', count: row.count }));
    },
  };
}

/** @returns the verbs inside of a transaction. */
export function userWrites({ read: db, kind }: StoreEngine): (tx: StoreDatabase) => Writes {
  const findForChange = statement(({ id }: { readonly id: string }) => {
    const query = db.selectFrom('users').selectAll().where('id', '=', id);
    // Locks out other changes, not rows that come to refer to this user.
    return (kind === 'postgres' ? query.forNoKeyUpdate() : query).compile();
  });

  const stands = (id: string) => {
    const query = db.selectFrom('users').select(sql<number>`1`.as('stands')).where('id', '=', id);
    return kind === 'postgres' ? query.forNoKeyUpdate() : query;
  };
  const isThere = statement(({ id }: { readonly id: string }) => stands(id).compile());
  const isAsSeen = statement(({ id, passwordChangedAtMs }: Pick<User, 'id' | 'passwordChangedAtMs'>) =>
    stands(id)
      .where('disabled_at_ms', 'is', null)
      .where('password_changed_at_ms', 'is not distinct from', passwordChangedAtMs)
      .compile(),
  );
  const usual = [{ stands: 1 }];

  return (tx) => ({
    async insertUser(user, passwordHash) {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('users')
        .values(fromUser(user, passwordHash))
        .onConflict((conflict) => conflict.column('canonical_name').doNothing())
        .executeTakeFirstOrThrow();
      if (numInsertedOrUpdatedRows === 0n) throw identityErrors.username_taken();
    },

    async findUserForChange(userId) {
      const { rows } = await tx.executeQuery(findForChange({ id: userId }));
      const [row] = rows;
      return row === undefined ? null : { user: toUser(row), passwordHash: row.password_hash };
    },

    async isUserAsSeen(userId, seen) {
      return (await expectAnswer(tx, seen === null ? isThere({ id: userId }) : isAsSeen(seen), usual)).length > 0;
    },

    async updateUser(user) {
      await tx
        .updateTable('users')
        .set({
          display_name: user.displayName,
          email: user.email,
          first_name: user.firstName,
          last_name: user.lastName,
          password_expires_at_ms: user.passwordExpiresAtMs,
          disabled_at_ms: user.disabledAtMs,
          locked_until_ms: user.lockedUntilMs,
          claims: claimsText(user.claims),
        })
        .where('id', '=', user.id)
        .execute();
    },

    async updatePassword(userId, passwordHash, changedAtMs, expiresAtMs, lapsesAtMs = null) {
      await tx
        .updateTable('users')
        .set({
          password_hash: passwordHash,
          password_parameters: passwordParameters(passwordHash),
          password_changed_at_ms: changedAtMs,
          password_expires_at_ms: expiresAtMs,
          password_lapses_at_ms: lapsesAtMs,
        })
        .where('id', '=', userId)
        .execute();
    },

    async rehashPassword(userId, oldHash, newHash) {
      const rehash = tx
        .updateTable('users')
        .set({ password_hash: newHash, password_parameters: passwordParameters(newHash) })
        .where('id', '=', userId)
        .where('password_hash', '=', oldHash);
      await runLater(tx, rehash.compile());
    },

    async deleteUser(userId) {
      await tx.deleteFrom('users').where('id', '=', userId).execute();
    },
  });
}
