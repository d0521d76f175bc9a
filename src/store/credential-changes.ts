/**
 * What became of credentials is told to whoever holds some in memory: to this process when the transaction commits, to
 * others by a row that commits with it. Every verb that writes says here whose credentials it changes; one that says
 * nothing does not compile.
 *
 * @module
 */
import type { CredentialChange, CredentialChanges, IdentityTransaction, User } from '../identity/index.js';
import type { StoreDatabase, StoreEngine } from './engine.js';
import type { Verifiers } from './verifiers.js';

type Changed = CredentialChange | string | null;
type Rule<Verb> = Verb extends (...input: infer Input) => Promise<infer Result>
  ? 'nobody' | ((tx: StoreDatabase, result: Result, ...input: Input) => Changed | Promise<Changed>)
  : never;

const ofUser = (_tx: StoreDatabase, _result: unknown, userId: string) => userId;

/**
 * Verb → whose credentials are worth something else after it: a user's, anybody's, or nobody's. What begins a session or
 * makes a key changes none that was there; verifiers remember nothing of credentials they never saw.
 */
const rules: { readonly [Name in keyof IdentityTransaction]: Rule<IdentityTransaction[Name]> } = {
  appendAudit: 'nobody',

  insertOrganisation: 'nobody',
  deleteOrganisation: (_tx, users) => (users === null ? null : 'everybody'),
  insertRole: 'nobody',
  findRoleForChange: 'nobody',
  updateRole: () => 'everybody',
  deleteRole: (_tx, users) => (users === null ? null : 'everybody'),
  findOrganisation: 'nobody',
  findRole: 'nobody',
  hasAdministrator: 'nobody',
  awaitLossOfAdministrators: 'nobody',

  insertUser: 'nobody',
  findUserForChange: 'nobody',
  isUserAsSeen: 'nobody',
  updateUser: (_tx, _result, user) => user.id,
  updatePassword: ofUser,
  keepFormerPassword: 'nobody',
  rehashPassword: 'nobody',
  deleteUser: ofUser,
  assignRole: ofUser,
  unassignRole: ofUser,

  insertSession: 'nobody',
  isSessionStanding: 'nobody',
  endSession: (tx, isEnded, sessionId) => (isEnded ? ownerOfSession(tx, sessionId) : null),
  endSessionsOfUser: ofUser,
  endOldestSessions: (_tx, ended, userId) => (ended.length === 0 ? null : userId),
  revokeIssued: (_tx, _result, to) => (to !== 'anybody' && 'userId' in to ? to.userId : 'everybody'),
  // What these take away was refused before.
  endRevokedSessions: 'nobody',
  removeRevokedApiKeys: 'nobody',
  removeOldSessions: 'nobody',
  touchSessions: 'nobody',
  rememberSource: 'nobody',

  insertApiKey: 'nobody',
  deleteApiKey: ofUser,
  touchApiKeys: 'nobody',
  findApiKeyForChange: 'nobody',
  findApiKeyByRequest: 'nobody',
  hasRoomForApiKey: 'nobody',
  countApiKeys: 'nobody',
  removeEndedApiKeys: 'nobody',
  updateApiKey: (_tx, _result, key) => key.userId,
  addApiKeyUses: 'nobody',

  insertSigningKey: 'nobody',
  // It verifies as before.
  retireSigningKey: 'nobody',
  removeSigningKeys: (_tx, ids) => (ids.length === 0 ? null : 'everybody'),
  endSessionsOfFamily: () => 'everybody',

  replaceSetupCode: 'nobody',
  consumeSetupCode: 'nobody',
};

/** Of every transaction. */
export const verbNames = Object.keys(rules) as readonly (keyof IdentityTransaction)[];

/** Whether {@link ChangesOfTransaction.note} has to hear of the verb. */
export function isNoted(name: keyof IdentityTransaction): boolean {
  return rules[name] !== 'nobody' || name === 'insertUser';
}

/** A sign-in that ends the oldest session is acknowledged as a sign-in: others learn of it by their next poll. */
const notAcknowledged: ReadonlySet<string> = new Set<keyof IdentityTransaction>(['endOldestSessions']);

/** Beyond so many users in one transaction it is simply everybody. */
const maxUsers = 50;
/** Changes kept per shard for verifiers that ask seldom; whoever missed more starts anew. */
const keptPerShard = 1_000;
const trimEvery = 100;

/** What one attempt of a transaction has changed so far. */
export class ChangesOfTransaction {
  readonly #users = new Set<string>();
  readonly #new = new Set<string>();
  #everybody = false;
  #isAcknowledged = false;

  get change(): CredentialChange {
    return this.#everybody || this.#users.size > maxUsers ? 'everybody' : this.#users;
  }

  get isEmpty(): boolean {
    return !this.#everybody && this.#users.size === 0;
  }

  /** Whether what happened is one of the events after which nobody may be let in. */
  get isAcknowledged(): boolean {
    return this.#isAcknowledged;
  }

  /** What the verb has done, before its caller is told. */
  async note(
    tx: StoreDatabase,
    name: keyof IdentityTransaction,
    result: unknown,
    input: readonly unknown[],
  ): Promise<void> {
    if (name === 'insertUser') this.#new.add((input[0] as User).id);
    const rule: unknown = rules[name];
    if (typeof rule !== 'function') return;
    this.#note(await Reflect.apply(rule, null, [tx, result, ...input]), !notAcknowledged.has(name));
  }

  #note(changed: Changed, isAcknowledged: boolean): void {
    // Whoever is new has no credentials yet.
    if (changed === null || (typeof changed === 'string' && this.#new.has(changed))) return;
    if (changed === 'everybody') this.#everybody = true;
    else if (typeof changed === 'string') this.#users.add(changed);
    else for (const userId of changed) this.#users.add(userId);
    if (isAcknowledged) this.#isAcknowledged = true;
  }
}

async function ownerOfSession(tx: StoreDatabase, sessionId: string): Promise<string | null> {
  const row = await tx.selectFrom('sessions').select('user_id').where('id', '=', sessionId).executeTakeFirst();
  return row?.user_id ?? null;
}

export interface ChangeBoard extends CredentialChanges {
  /** Writes what changed for other processes, in the transaction that changed it. */
  write(tx: StoreDatabase, changes: ChangesOfTransaction): Promise<void>;
  /** To verifiers of this process. */
  tell(changes: ChangesOfTransaction): void;
  /** Resolves when verifiers of other processes know, or have stopped to believe what they hold. */
  untilKnown(changes: ChangesOfTransaction): Promise<void>;
}

export function createChangeBoard(engine: StoreEngine, verifiers: Verifiers): ChangeBoard {
  const listeners = new Set<(change: CredentialChange) => void>();
  // As many as the audit trail has chains, for the same reason: a row that every writer locks would put them in line.
  const shards = Array.from({ length: engine.auditChains }, (_, shard) => counterOf(shard));
  let next = 0;

  return {
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    async since(cursor) {
      const before = readCursor(cursor);
      const rows = await engine.read.selectFrom('counters').selectAll().where('name', 'in', shards).execute();
      const now = new Map(rows.map(({ name, value }) => [shards.indexOf(name), value]));
      const grown = [...now].filter(([shard, value]) => value !== (before.get(shard) ?? 0));
      const nextCursor = JSON.stringify([...now]);
      if (cursor === null || grown.length === 0) return { cursor: nextCursor, change: new Set() };
      const users = new Set<string>();
      for (const [shard, value] of grown) {
        const from = before.get(shard) ?? 0;
        // Also where the number went back: somebody put an older database in the place.
        if (value < from || value - from > keptPerShard) return { cursor: nextCursor, change: 'everybody' };
        const changes = await engine.read
          .selectFrom('credential_changes')
          .select('user_id')
          .where('shard', '=', shard)
          .where('number', '>', from)
          .where('number', '<=', value)
          .execute();
        if (changes.length !== value - from) return { cursor: nextCursor, change: 'everybody' };
        for (const { user_id: userId } of changes) {
          if (userId === null) return { cursor: nextCursor, change: 'everybody' };
          users.add(userId);
        }
      }
      return { cursor: nextCursor, change: users };
    },

    present: (verifierId) => verifiers.present(verifierId),
    leave: (verifierId) => verifiers.leave(verifierId),

    async write(tx, changes) {
      if (changes.isEmpty) return;
      const { change } = changes;
      const users = change === 'everybody' ? [null] : [...change];
      next = (next + 1) % shards.length;
      const shard = next;
      const { value: last } = await tx
        .insertInto('counters')
        .values({ name: counterOf(shard), value: users.length })
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet(({ eb, ref }) => ({ value: eb(ref('counters.value'), '+', users.length) })),
        )
        .returning('value')
        .executeTakeFirstOrThrow();
      const first = last - users.length + 1;
      await tx
        .insertInto('credential_changes')
        .values(users.map((userId, place) => ({ shard, number: first + place, user_id: userId })))
        .execute();
      if (Math.floor(last / trimEvery) === Math.floor((first - 1) / trimEvery)) return;
      await tx
        .deleteFrom('credential_changes')
        .where('shard', '=', shard)
        .where('number', '<=', last - keptPerShard)
        .execute();
    },

    tell(changes) {
      if (changes.isEmpty) return;
      for (const listener of listeners) listener(changes.change);
    },

    async untilKnown(changes) {
      if (!changes.isAcknowledged || changes.isEmpty) return;
      await verifiers.untilOthersKnow();
    },
  };
}

function counterOf(shard: number): string {
  return `credential_changes/${shard}`;
}

function readCursor(cursor: string | null): ReadonlyMap<number, number> {
  return new Map(cursor === null ? [] : (JSON.parse(cursor) as [number, number][]));
}
