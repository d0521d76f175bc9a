/**
 * The check of what the account can do beyond its purpose, and the statements that would take it away. They change the
 * account itself (a role is taken from it rather than changed) and, where everybody has a right, what `PUBLIC` may.
 *
 * @module
 */
import { type Found, passed, warned } from '../../check-findings.js';
import { systemSchemas } from '../catalog/questions.js';
import type { Row } from '../connect.js';
import { isServerRefusal } from '../errors.js';
import { type Grant, type Grantee, type GrantLevel, parseGrant } from '../grants.js';
import { matchesPattern, type PrivilegeGrant, type Privileges } from '../privileges.js';
import { quoteName } from '../quote.js';
import { type Asking, isShowable, privilegesOf, readRow, readRows, schemasSeen } from './ask.js';
import { grantOnSchemas, neededFor } from './grant-statements.js';

/** Privileges that only look at how replication fares. */
const watching = ['REPLICATION CLIENT', 'SLAVE MONITOR', 'REPLICA MONITOR'];
const harmless: ReadonlySet<string> = new Set(['USAGE', ...watching]);
const forWriting = ['EXECUTE', 'LOCK TABLES', 'CREATE TEMPORARY TABLES'];

interface Excess {
  readonly evidence: Record<string, string | number | boolean>;
  readonly objects: string[];
  readonly statements: string[];
  /** Something that is taken away also gave what the purpose needs. */
  takesNeeded: boolean;
  /** Statements that give back what was taken with a whole. */
  readonly again: string[];
}

interface Judge {
  readonly privileges: Privileges;
  readonly needed: readonly string[];
  /** Allowed on what is wanted: what is needed, and what goes with it. */
  readonly allowed: ReadonlySet<string>;
  /** Schemas the purpose is about. */
  readonly wanted: readonly string[];
  /** Others that can be seen. */
  readonly isNamed: boolean;
}

export async function checkLeastPrivilege(asking: Asking): Promise<Found> {
  const privileges = await privilegesOf(asking);
  const { purpose, schemas } = asking.request;
  const needed = neededFor(purpose);
  const judge: Judge = {
    privileges,
    needed,
    allowed: new Set([...needed, 'SHOW CREATE ROUTINE', ...(purpose === 'read' ? [] : forWriting)]),
    wanted: (await schemasSeen(asking)).map((one) => one.name),
    isNamed: schemas !== null,
  };
  const excess: Excess = { evidence: {}, objects: [], statements: [], takesNeeded: false, again: [] };
  for (const grant of privileges.grants) if (isDirect(grant, privileges)) judgeGrant(judge, grant, grant.to, excess);
  await judgeRoles(asking, judge, excess);

  if (privileges.unread > 0) excess.evidence['unreadGrants'] = privileges.unread;
  if (Object.keys(excess.evidence).length === 0) return passed();
  const again = excess.takesNeeded ? grantOnSchemas(judge.wanted, needed, privileges) : excess.again;
  const statements = [...excess.statements, ...again];
  return warned('PRIV_EXCESSIVE', { evidence: excess.evidence, objects: excess.objects, statements });
}

/** Given to the account itself, or to everybody; what roles have is judged with the role. */
function isDirect(grant: Grant, { account }: Privileges): grant is Extract<Grant, { kind: 'privileges' | 'proxy' }> {
  if (grant.kind !== 'privileges' && grant.kind !== 'proxy') return false;
  return grant.to.text === account.text || grant.to.text === 'PUBLIC';
}

function judgeGrant(
  judge: Judge,
  grant: Extract<Grant, { kind: 'privileges' | 'proxy' }>,
  to: Grantee,
  excess: Excess,
): void {
  if (grant.kind === 'proxy') {
    count(excess, 'proxies');
    excess.statements.push(`REVOKE PROXY ON ${grant.on.text} FROM ${to.text}`);
    return;
  }
  const tooMuch = excessOf(judge, grant);
  const level = levelText(grant.level);
  if (level === null) return;
  if (tooMuch.length > 0) {
    count(excess, grant.level.kind === 'global' ? 'global' : `on${capital(grant.level.kind)}s`, tooMuch.length);
    excess.objects.push(level);
    const names = grant.privileges.map((one) => one.name);
    const isAll = tooMuch.some((one) => one.name === 'ALL PRIVILEGES');
    excess.statements.push(
      `REVOKE ${isAll ? 'ALL PRIVILEGES' : tooMuch.map(privilegeText).join(', ')} ON ${level} FROM ${to.text}`,
    );
    if (grant.level.kind === 'global' && (isAll || tooMuch.some((one) => judge.needed.includes(one.name)))) {
      excess.takesNeeded = true;
    } else if (isAll && isWanted(judge, grant.level)) {
      excess.again.push(`GRANT ${neededAt(judge, grant.level).join(', ')} ON ${level} TO ${to.text}`);
    } else if (grant.level.kind === 'schema' && names.length === tooMuch.length && isWanted(judge, grant.level)) {
      // A pattern that reaches too far took what is wanted along.
      if (tooMuch.some((one) => judge.needed.includes(one.name))) excess.takesNeeded = true;
    }
  }
  if (grant.hasGrantOption) {
    count(excess, 'grantOptions');
    excess.objects.push(level);
    excess.statements.push(`REVOKE GRANT OPTION ON ${level} FROM ${to.text}`);
  }
}

type PrivilegeName = PrivilegeGrant['privileges'][number];

/** What of a grant the purpose does not need. */
function excessOf(judge: Judge, { level, privileges }: PrivilegeGrant): readonly PrivilegeName[] {
  // On everything there is: even reading would be the server's own tables, and what is in them.
  if (level.kind === 'global') return privileges.filter((one) => !harmless.has(one.name));
  const given = privileges.filter((one) => one.name !== 'USAGE');
  if (!isWanted(judge, level) || reachesTooFar(judge, level)) return given;
  return given.filter((one) => !judge.allowed.has(one.name));
}

function isWanted({ wanted, isNamed }: Judge, level: GrantLevel): boolean {
  if (level.kind === 'global') return true;
  if (level.kind === 'schema') {
    // What is not there yet is nobody's excess, unless it was said what is wanted.
    return !isNamed || wanted.some((schema) => matchesPattern(level.pattern, schema));
  }
  const isSystem = systemSchemas.some((one) => one === level.schema.toLowerCase());
  return isNamed ? wanted.includes(level.schema) : !isSystem;
}

/** A schema's grant that also fits the server's own tables, where its accounts and what they can do are kept. */
function reachesTooFar({ isNamed, wanted }: Judge, level: GrantLevel): boolean {
  if (level.kind !== 'schema') return false;
  return systemSchemas.some((one) => !(isNamed && wanted.includes(one)) && matchesPattern(level.pattern, one));
}

function neededAt({ needed }: Judge, level: GrantLevel): readonly string[] {
  return level.kind === 'routine' ? ['EXECUTE'] : needed;
}

/** Roles the account was given: one that holds too much is taken away whole. */
async function judgeRoles(asking: Asking, judge: Judge, excess: Excess): Promise<void> {
  const { grants, account } = judge.privileges;
  const own = grants.filter((one) => one.kind === 'role' && one.to.text === account.text);
  let unread = 0;
  for (const membership of own.slice(0, maxRoles)) {
    if (membership.kind !== 'role') continue;
    const { role, hasAdminOption } = membership;
    const held = await readRole(asking, role, grants);
    if (held === null) unread += 1;
    const powers = (held ?? []).filter((one) => excessOf(judge, one).length > 0 || one.hasGrantOption);
    if (powers.length > 0) {
      count(excess, 'roles');
      excess.objects.push(role.text);
      excess.statements.push(`REVOKE ${role.text} FROM ${account.text}`);
      if ((held ?? []).some((one) => gives(one, judge))) excess.takesNeeded = true;
    } else if (hasAdminOption) {
      count(excess, 'adminOptions');
      excess.objects.push(role.text);
      excess.statements.push(`REVOKE ADMIN OPTION FOR ${role.text} FROM ${account.text}`);
    }
  }
  if (unread > 0) excess.evidence['unreadRoles'] = unread;
}

const maxRoles = 20;

function gives({ privileges }: PrivilegeGrant, { needed }: Judge): boolean {
  return privileges.some((one) => one.name === 'ALL PRIVILEGES' || needed.includes(one.name));
}

/** Everything a role holds, and the roles it has. @returns `null` when it may not be looked at. */
async function readRole(
  asking: Asking,
  role: Grantee,
  known: readonly Grant[],
): Promise<readonly PrivilegeGrant[] | null> {
  const isTold = known.some((one) => one.kind === 'privileges' && one.to.text === role.text);
  let grants: readonly Grant[] = known;
  if (!isTold) {
    const lines = await showGrantsOf(asking, role);
    if (lines === null) return null;
    grants = lines.flatMap(([line]) => parseGrant(line ?? '') ?? []);
  }
  const reached = new Set([role.text]);
  for (const one of reached) {
    for (const grant of grants) if (grant.kind === 'role' && grant.to.text === one) reached.add(grant.role.text);
  }
  return grants.filter((one) => one.kind === 'privileges').filter((one) => reached.has(one.to.text));
}

/**
 * MariaDB tells nobody but its administrators what a role holds that is not active; so it is taken for the one question,
 * which whoever has it may.
 */
async function showGrantsOf(asking: Asking, role: Grantee): Promise<readonly Row[] | null> {
  const { session, flavour } = asking;
  try {
    if (flavour === 'mysql') return await readRows(asking, `SHOW GRANTS FOR CURRENT_USER() USING ${role.text}`);
    const [before] = await readRow(asking, 'SELECT CURRENT_ROLE()');
    await session.ask(`SET ROLE ${role.text}`);
    try {
      return await readRows(asking, 'SHOW GRANTS');
    } finally {
      await session.ask(`SET ROLE ${before === null || before === undefined ? 'NONE' : quoteName(before)}`);
    }
  } catch (fault) {
    if (isServerRefusal(fault)) return null;
    throw fault;
  }
}

/** @returns `null` for a name that cannot be shown. */
function levelText(level: GrantLevel): string | null {
  if (level.kind === 'global') return '*.*';
  if (level.kind === 'schema') return isShowable(level.pattern) ? `${quoteName(level.pattern)}.*` : null;
  if (!isShowable(level.schema) || !isShowable(level.name)) return null;
  const name = `${quoteName(level.schema)}.${quoteName(level.name)}`;
  return level.kind === 'routine' ? `${level.type} ${name}` : name;
}

function privilegeText({ name, columns }: PrivilegeName): string {
  return columns === null ? name : `${name} (${columns.map(quoteName).join(', ')})`;
}

function count(excess: Excess, what: string, by = 1): void {
  excess.evidence[what] = Number(excess.evidence[what] ?? 0) + by;
}

function capital(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
}
