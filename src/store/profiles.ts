/**
 * A user with its organisation and roles in one statement, and so of one instant: one row per role.
 *
 * @module
 */
import { LRUCache } from 'lru-cache';
import type { Organisation, Profile, Role } from '../identity/index.js';
import { toOrganisation, toRole, toUser } from './codecs.js';
import type { StoreDatabase } from './engine.js';
import type { OrganisationRow, RoleRow, UserRow } from './schema.js';

/** Rows for {@link toProfile}; the caller narrows them to one user. */
export function profileRows(db: StoreDatabase) {
  return db
    .selectFrom('users')
    .innerJoin('organisations', 'organisations.id', 'users.organisation_id')
    .leftJoin('user_roles', 'user_roles.user_id', 'users.id')
    .leftJoin('roles', 'roles.id', 'user_roles.role_id')
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
      'roles.id as role_id',
      'roles.number as role_number',
      'roles.organisation_id as role_organisation_id',
      'roles.name as role_name',
      'roles.allowed as role_allowed',
      'roles.created_at_ms as role_created_at_ms',
    ]);
}

type Prefixed<Prefix extends string, Row> = { readonly [Name in keyof Row & string as `${Prefix}_${Name}`]: Row[Name] };
type Nullable<Row> = { readonly [Name in keyof Row]: Row[Name] | null };

export type ProfileRow = Prefixed<'user', Omit<UserRow, 'password_hash' | 'password_parameters'>> &
  Prefixed<'organisation', Omit<OrganisationRow, 'id'>> &
  Nullable<Prefixed<'role', RoleRow>>;

/** @param rows  All rows of one user. */
export function toProfile(rows: readonly ProfileRow[]): Profile | null {
  const [first] = rows;
  if (first === undefined) return null;
  const roles = rows.flatMap((row) => {
    const role = roleOf(row);
    return role === null ? [] : [oneFor(knownRoles, role, toRole)];
  });
  return {
    user: toUser({
      id: first.user_id,
      organisation_id: first.user_organisation_id,
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
    organisation: oneFor(
      knownOrganisations,
      {
        id: first.user_organisation_id,
        number: first.organisation_number,
        uid: first.organisation_uid,
        name: first.organisation_name,
        created_at_ms: first.organisation_created_at_ms,
      },
      toOrganisation,
    ),
    // A copy, which has room for those only: it is kept for every credential.
    roles: roles.toSorted((a, b) => a.number - b.number),
  };
}

const knownRoles = new LRUCache<string, Role>({ max: 2_000 });
const knownOrganisations = new LRUCache<string, Organisation>({ max: 2_000 });

/** Thousands have the same role: whoever keeps their profiles keeps one of it, as long as it is the same to the letter. */
function oneFor<Row, T extends object>(known: LRUCache<string, T>, row: Row, make: (row: Row) => T): T {
  const text = JSON.stringify(row);
  const before = known.get(text);
  if (before !== undefined) return before;
  const made = make(row);
  known.set(text, made);
  return made;
}

function roleOf(row: ProfileRow): RoleRow | null {
  const {
    role_id: id,
    role_number: number,
    role_organisation_id,
    role_name: name,
    role_allowed,
    role_created_at_ms,
  } = row;
  if (id === null || number === null || role_organisation_id === null) return null;
  if (name === null || role_allowed === null || role_created_at_ms === null) return null;
  return {
    id,
    number,
    organisation_id: role_organisation_id,
    name,
    allowed: role_allowed,
    created_at_ms: role_created_at_ms,
  };
}
