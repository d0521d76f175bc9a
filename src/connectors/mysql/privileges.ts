/**
 * What the account of a session may do, from its grants, those of the role it took at login, and those of everybody.
 *
 * @module
 */
import type { Row } from './connect.js';
import { type Grant, type GrantLevel, parseGrant } from './grants.js';

export type PrivilegeGrant = Extract<Grant, { kind: 'privileges' }>;

export interface Account {
  /** `name@host` of the account the server chose, as `CURRENT_USER()` says it. */
  readonly current: string;
  /** As it is written in a statement. */
  readonly text: string;
  readonly role: string | null;
}

export interface Privileges {
  readonly account: Account;
  /** Everything read, whoever it is given to. */
  readonly grants: readonly Grant[];
  /** Lines that are not in the grammar. */
  readonly unread: number;
  /** What the session may do with every table of a schema. */
  ofSchema(schema: string): ReadonlySet<string>;
  /** The same with one table. A privilege on some of its columns counts as one on the table. */
  ofTable(schema: string, table: string): ReadonlySet<string>;
  /** Tables of a schema that the session has grants on of their own. */
  tablesOf(schema: string): readonly string[];
  /** What the grant with wildcards gives that the account's own exact grant for this schema would hide. */
  ofPattern(schema: string): readonly string[];
  /** Everywhere. */
  readonly everywhere: ReadonlySet<string>;
  /** Roles that are active, the one taken at login and those it has. */
  readonly activeRoles: ReadonlySet<string>;
}

/** The account as a statement writes it. @param current  `CURRENT_USER()`. */
export function accountOf(current: string, role: string | null): Account {
  // A host has no `@`, a name may.
  const at = current.lastIndexOf('@');
  const quoted = (text: string) => `\`${text.replaceAll('`', '``')}\``;
  const text = at === -1 ? quoted(current) : `${quoted(current.slice(0, at))}@${quoted(current.slice(at + 1))}`;
  return { current, text, role };
}

/** @param lines  Rows of `SHOW GRANTS`. */
export function readPrivileges(account: Account, lines: readonly Row[]): Privileges {
  const grants: Grant[] = [];
  let unread = 0;
  for (const [line] of lines) {
    const grant = parseGrant(line ?? '');
    if (grant === null) unread += 1;
    else grants.push(grant);
  }
  const activeRoles = rolesFrom(account.role, grants);
  /** Grants of the session, by who they are given to: the best match is found for each apart. */
  const byGrantee = new Map<string, PrivilegeGrant[]>();
  const byTable = new Map<string, PrivilegeGrant[]>();
  const tables = new Map<string, string[]>();
  for (const grant of grants) {
    if (grant.kind !== 'privileges') continue;
    const { to, level } = grant;
    if (to.host === null && to.text !== 'PUBLIC' && !activeRoles.has(to.name)) continue;
    if (level.kind === 'table') {
      append(byTable, tableKey(level.schema, level.name), grant);
      append(tables, level.schema, level.name);
    } else append(byGrantee, to.text, grant);
  }
  const given = [...byGrantee.values()];
  const everywhere = new Set(
    given.flatMap((some) => some.filter((one) => one.level.kind === 'global').flatMap(namesOf)),
  );
  const schemas = new Map<string, ReadonlySet<string>>();

  function ofSchema(schema: string): ReadonlySet<string> {
    const known = schemas.get(schema);
    if (known !== undefined) return known;
    const found = new Set([...everywhere, ...given.flatMap((some) => namesOf(bestMatch(some, schema)))]);
    schemas.set(schema, found);
    return found;
  }

  return {
    account,
    grants,
    unread,
    everywhere,
    activeRoles,
    ofSchema,
    tablesOf: (schema) => [...(tables.get(schema) ?? [])],
    ofPattern: (schema) => {
      const best = bestMatch(byGrantee.get(account.text) ?? [], schema);
      const isExact = best?.level.kind === 'schema' && wildcardAt(best.level.pattern) === Number.POSITIVE_INFINITY;
      return isExact ? [] : namesOf(best);
    },
    ofTable: (schema, table) => {
      const more = byTable.get(tableKey(schema, table));
      return more === undefined ? ofSchema(schema) : new Set([...ofSchema(schema), ...more.flatMap(namesOf)]);
    },
  };
}

/** Whether a schema is meant by the pattern of a grant: `_` is one character, `%` any number, `\` takes that away. */
export function matchesPattern(pattern: string, schema: string): boolean {
  const parts = pattern.match(/\\.|[^\\]|\\$/gsu) ?? [];
  // Positions of the pattern that fit what was read so far; each character is looked at once for each of them.
  let fitting = new Set([0]);
  const skipAny = (positions: Set<number>) => {
    for (const position of positions) if (parts[position] === '%') positions.add(position + 1);
    return positions;
  };
  fitting = skipAny(fitting);
  for (const character of schema) {
    const next = new Set<number>();
    for (const position of fitting) {
      const part = parts[position];
      if (part === undefined) continue;
      if (part === '%') next.add(position);
      else if (part === '_' || part === character || (part.length > 1 && part.slice(1) === character)) {
        next.add(position + 1);
      }
    }
    fitting = skipAny(next);
    if (fitting.size === 0) return false;
  }
  return fitting.has(parts.length);
}

/** Privileges of a level, `ALL PRIVILEGES` spelt out as far as tables and what is in them are concerned. */
function namesOf(grant: PrivilegeGrant | null): readonly string[] {
  if (grant === null) return [];
  const names = grant.privileges.map((one) => one.name);
  return names.includes('ALL PRIVILEGES') ? [...names, ...allOf(grant.level)] : names;
}

function allOf(level: GrantLevel): readonly string[] {
  return level.kind === 'table' ? tablePrivileges : schemaPrivileges;
}

const tablePrivileges = [
  ...['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'REFERENCES', 'INDEX', 'ALTER'],
  ...['CREATE VIEW', 'SHOW VIEW', 'TRIGGER', 'DELETE HISTORY'],
];
const schemaPrivileges = [
  ...tablePrivileges,
  ...['CREATE TEMPORARY TABLES', 'LOCK TABLES', 'EXECUTE', 'CREATE ROUTINE', 'ALTER ROUTINE', 'EVENT'],
];

/** The server takes the first that fits, the most specific: the one whose first wildcard comes last. */
function bestMatch(grants: readonly PrivilegeGrant[], schema: string): PrivilegeGrant | null {
  let best: PrivilegeGrant | null = null;
  let bestAt = -1;
  for (const grant of grants) {
    if (grant.level.kind !== 'schema' || !matchesPattern(grant.level.pattern, schema)) continue;
    const at = wildcardAt(grant.level.pattern);
    if (at <= bestAt) continue;
    best = grant;
    bestAt = at;
  }
  return best;
}

function wildcardAt(pattern: string): number {
  const at = pattern.replace(/\\./gsu, '--').search(/[_%]/);
  return at === -1 ? Number.POSITIVE_INFINITY : at;
}

function rolesFrom(first: string | null, grants: readonly Grant[]): ReadonlySet<string> {
  const found = new Set(first === null ? [] : [first]);
  for (const role of found) {
    for (const grant of grants) {
      if (grant.kind === 'role' && grant.to.host === null && grant.to.name === role) found.add(grant.role.name);
    }
  }
  return found;
}

function tableKey(schema: string, table: string): string {
  return `${schema}\u0000${table}`;
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const some = map.get(key);
  if (some === undefined) map.set(key, [value]);
  else some.push(value);
}
