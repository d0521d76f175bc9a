/**
 * A user with its organisation and roles in one statement, and so of one instant, and in one row: whoever has a thousand
 * roles would else come a thousand times.
 *
 * @module
 */
import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Organisation, Profile, Role } from '../identity/index.js';
import { toOrganisation, toRole, toUser } from './codecs.js';
import type { StoreDatabase, StoreEngine } from './engine.js';
import type { OrganisationRow, UserRow } from './schema.js';

/** In the order of {@link toRoles}. */
const roleColumns = sql`roles.id, roles.number, roles.organisation_id, roles.name, roles.allowed, roles.created_at_ms`;

/** As JSON text; `null` or an empty list: none. */
const rolesOfUser = {
  sqlite: sql<string | null>`(select json_group_array(json_array(${roleColumns})) from user_roles
    inner join roles on roles.id = user_roles.role_id where user_roles.user_id = users.id)`,
  postgres: sql<string | null>`(select json_agg(json_build_array(${roleColumns}))::text from user_roles
    inner join roles on roles.id = user_roles.role_id where user_roles.user_id = users.id)`,
};

/** Rows for {@link toProfile}; the caller narrows them to one user, which is one row. */
export function profileRows(db: StoreDatabase, kind: StoreEngine['kind']) {
  return db
    .selectFrom('users')
    .innerJoin('organisations', 'organisations.id', 'users.organisation_id')
    .select([
      'users.id as user_id',
      'users.organisation_id as user_organisation_id',
      'users.kind as user_kind',
      'users.username as user_username',
      'users.canonical_name as user_canonical_name',
      'users.display_name as user_display_name',
      'users.email as user_email',
      'users.first_name as user_first_name',
      'users.last_name as user_last_name',
      'users.created_at_ms as user_created_at_ms',
      'users.password_changed_at_ms as user_password_changed_at_ms',
      'users.password_expires_at_ms as user_password_expires_at_ms',
      'users.disabled_at_ms as user_disabled_at_ms',
      'users.locked_until_ms as user_locked_until_ms',
      'users.password_lapses_at_ms as user_password_lapses_at_ms',
      'users.claims as user_claims',
      'organisations.number as organisation_number',
      'organisations.uid as organisation_uid',
      'organisations.name as organisation_name',
      'organisations.created_at_ms as organisation_created_at_ms',
      rolesOfUser[kind].as('user_roles'),
    ]);
}

type Prefixed<Prefix extends string, Row> = { readonly [Name in keyof Row & string as `${Prefix}_${Name}`]: Row[Name] };

export type ProfileRow = Prefixed<'user', Omit<UserRow, 'password_hash' | 'password_parameters'>> &
  Prefixed<'organisation', Omit<OrganisationRow, 'id'>> & { readonly user_roles: string | null };

export function toProfile(first: ProfileRow): Profile {
  const organisation = oneFor(
    knownOrganisations,
    {
      id: first.user_organisation_id,
      number: first.organisation_number,
      uid: first.organisation_uid,
      name: first.organisation_name,
      created_at_ms: first.organisation_created_at_ms,
    },
    toOrganisation,
  );
  return {
    user: toUser({
      id: first.user_id,
      // The same text, of which one is kept.
      organisation_id: organisation.id,
      kind: first.user_kind,
      username: first.user_username,
      canonical_name: first.user_canonical_name,
      display_name: first.user_display_name,
      email: first.user_email,
      first_name: first.user_first_name,
      last_name: first.user_last_name,
      password_hash: null,
      password_parameters: null,
      created_at_ms: first.user_created_at_ms,
      password_changed_at_ms: first.user_password_changed_at_ms,
      password_expires_at_ms: first.user_password_expires_at_ms,
      disabled_at_ms: first.user_disabled_at_ms,
      locked_until_ms: first.user_locked_until_ms,
      password_lapses_at_ms: first.user_password_lapses_at_ms,
      claims: first.user_claims,
    }),
    organisation,
    roles: toRoles(first.user_roles ?? '[]'),
  };
}

/** Characters of all lists that are remembered. */
const maxListed = 4_000_000;
const knownLists = new LRUCache<string, readonly Role[]>({
  maxSize: maxListed,
  sizeCalculation: (_, text) => text.length,
});
const knownOrganisations = new LRUCache<string, Organisation>({ max: 2_000 });

/** Thousands have the same roles: whoever keeps their profiles keeps one list, as long as it is the same to the letter. */
function toRoles(text: string): readonly Role[] {
  const before = knownLists.get(text);
  if (before !== undefined) return before;
  const rows = JSON.parse(text) as [string, number, string, string, string, number][];
  const roles = rows
    .map(([id, number, organisation_id, name, allowed, created_at_ms]) =>
      toRole({ id, number, organisation_id, name, allowed, created_at_ms }),
    )
    .sort((a, b) => a.number - b.number);
  knownLists.set(text, roles);
  return roles;
}

/** As long as it is the same to the letter. */
function oneFor<Row, T extends object>(known: LRUCache<string, T>, row: Row, make: (row: Row) => T): T {
  const text = JSON.stringify(row);
  const before = known.get(text);
  if (before !== undefined) return before;
  const made = make(row);
  known.set(text, made);
  return made;
}
