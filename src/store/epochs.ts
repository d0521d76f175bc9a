/**
 * Epochs: whole numbers of the install, of each organisation and of each user, which only grow. What is issued carries
 * the sum of the three as they were; raising any of them makes the sum another one for ever, and so everything that was
 * issued before is refused, however much it is. No clock has a part in it.
 *
 * @module
 */
import { type RawBuilder, sql } from 'kysely';

export type Issued = 'session' | 'key';

/** The sum that is good now, of the user in a query that joins `users` and `organisations`. */
export function epochOfJoined(issued: Issued): RawBuilder<number> {
  const column = `${issued}_epoch`;
  return sql.raw<number>(
    `users.${column} + organisations.${column} + (select value from counters where name = '${column}')`,
  );
}

/**
 * The sum that is good now, of a user by its id: a parameter, or a column of the query around it. One row is looked up
 * in the other, which costs a third of the same as a join.
 */
export function epochOfUser(issued: Issued, userId: RawBuilder<string>): RawBuilder<number> {
  const column = sql.raw(`${issued}_epoch`);
  return sql<number>`(select epoch_user.${column}
      + (select ${column} from organisations where id = epoch_user.organisation_id)
      + (select value from counters where name = ${sql.lit(`${issued}_epoch`)})
    from users as epoch_user where epoch_user.id = ${userId})`;
}

/** Of a key in a query on `api_keys`: whether nothing was raised since it was made. */
export function isKeyOfNow(): RawBuilder<boolean> {
  return sql<boolean>`api_keys.epoch = ${epochOfUser('key', sql.ref('api_keys.user_id'))}`;
}

/** The same of one user's keys: the sum is looked up once and not for each of them. */
export function isKeyOfUserNow(userId: string): RawBuilder<boolean> {
  return sql<boolean>`api_keys.epoch = ${epochOfUser('key', sql.val(userId))}`;
}
