/**
 * The check of what the account can do beyond its purpose, and the statements that would take it away. They change the
 * account itself (a membership is ended rather than the group changed) and, where everybody has a right, what PUBLIC
 * may. Not looked at: routines, languages, foreign servers, tablespaces, large objects, settings.
 *
 * @module
 */
import { type Found, passed, warned } from '../../check-findings.js';
import type { Row } from '../question.js';
import { quoteIdentifier, quoteName } from '../quote.js';
import {
  type Asking,
  askedSchemas,
  flagAt,
  inLists,
  isAskedSchema,
  isOwnSchema,
  nameAt,
  numberAt,
  quoteAll,
  readRow,
  readRows,
  textAt,
  wordsAt,
} from './ask.js';
import { grantReading } from './schemas.js';

/** What was found, gathered while the parts are read. */
interface Excess {
  readonly evidence: Record<string, string | number | boolean>;
  readonly objects: string[];
  /** First those that take away … */
  readonly statements: string[];
  /** Roles the account is a direct member of and should not be; unquoted. */
  readonly memberships: Set<string>;
  /** … and then what was had through something that is taken away has to be given directly. */
  takesReading: boolean;
  viaPublic: number;
}

interface Account {
  readonly name: string;
  /** Quoted. */
  readonly role: string;
  readonly database: string;
  readonly version: number;
  readonly isBootstrap: boolean;
}

/**
 * The roles whose rights the account has or can take: itself, and what it is a member of, however far. `hop` is the
 * role it is a direct member of on the way there.
 */
const held = `WITH RECURSIVE held(oid, hop) AS (
  SELECT r.oid, NULL::oid FROM pg_roles r WHERE r.rolname = current_user
  UNION
  SELECT m.roleid, coalesce(h.hop, m.roleid) FROM held h JOIN pg_auth_members m ON m.member = h.oid
)`;

/** Predefined roles that only read. */
const readingRoles = new Set([
  ...['pg_read_all_data', 'pg_read_all_settings', 'pg_read_all_stats', 'pg_stat_scan_tables', 'pg_monitor'],
]);

export async function checkLeastPrivilege(asking: Asking): Promise<Found> {
  const account = await readAccount(asking);
  const excess: Excess = {
    evidence: {},
    objects: [],
    statements: [],
    memberships: new Set(),
    takesReading: false,
    viaPublic: 0,
  };
  await findPowers(asking, account, excess);
  await findOwnership(asking, account, excess);
  await findGrantsOnRelations(asking, account, excess);
  await findGrantsOnSchemas(asking, account, excess);
  await findGrantsOnDatabase(asking, account, excess);
  await findOtherSchemas(asking, account, excess);

  const memberships = await endMemberships(asking, account, excess.memberships);
  if (excess.memberships.size > 0) excess.takesReading = true;
  const again = excess.takesReading ? await grantAgain(asking, account) : [];
  const statements = account.isBootstrap ? [] : [...memberships, ...excess.statements, ...again];
  const evidence = { ...excess.evidence, ...(excess.viaPublic > 0 ? { viaPublic: excess.viaPublic } : {}) };
  if (Object.keys(evidence).length === 0) return passed();
  return warned('PRIV_EXCESSIVE', { evidence, objects: excess.objects, statements });
}

async function readAccount(asking: Asking): Promise<Account> {
  const row = await readRow(
    asking,
    `SELECT r.rolname, current_database(), current_setting('server_version_num'), r.oid = 10
     FROM pg_roles r WHERE r.rolname = current_user`,
  );
  const name = nameAt(row, 0);
  return {
    name,
    role: quoteIdentifier(name),
    database: nameAt(row, 1),
    version: numberAt(row, 2),
    isBootstrap: flagAt(row, 3),
  };
}

const attributes = ['SUPERUSER', 'CREATEROLE', 'CREATEDB', 'REPLICATION', 'BYPASSRLS'] as const;

/** Attributes of the role, and memberships that give powers. */
async function findPowers(asking: Asking, account: Account, excess: Excess): Promise<void> {
  const rows = await readRows(
    asking,
    `${held} SELECT r.rolname, hop.rolname, concat_ws(' ',
       CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
       CASE WHEN r.rolcreatedb THEN 'CREATEDB' END, CASE WHEN r.rolreplication THEN 'REPLICATION' END,
       CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END), r.oid < 16384
     FROM held h JOIN pg_roles r ON r.oid = h.oid LEFT JOIN pg_roles hop ON hop.oid = h.hop
     ORDER BY h.hop IS NOT NULL, r.rolname LIMIT 1000`,
  );
  const { purpose, schemas } = asking.request;
  const powers: string[] = [];
  for (const row of rows) {
    const name = nameAt(row, 0);
    const hop = textAt(row, 1);
    const has = wordsAt(row, 2);
    if (hop === null) {
      const own = attributes.filter((attribute) => has.includes(attribute));
      if (own.length === 0) continue;
      excess.evidence['attributes'] = own.join(' ');
      excess.objects.push(account.role);
      excess.statements.push(`ALTER ROLE ${account.role} ${own.map((attribute) => `NO${attribute}`).join(' ')}`);
      if (own.includes('SUPERUSER')) excess.takesReading = true;
      continue;
    }
    const isPredefined = flagAt(row, 3) && name.startsWith('pg_');
    const isFitting =
      // All data of the database is more than the schemas that were named.
      (readingRoles.has(name) && !(name === 'pg_read_all_data' && schemas !== null)) ||
      (name === 'pg_write_all_data' && purpose === 'read_write' && schemas === null);
    if (isPredefined ? isFitting : has.length === 0) continue;
    powers.push(quoteIdentifier(name));
    excess.memberships.add(hop);
  }
  if (powers.length === 0) return;
  excess.evidence['powerfulMemberships'] = new Set(powers).size;
  excess.objects.push(...powers);
}

/** Whoever owns something can change and drop it. */
async function findOwnership(asking: Asking, account: Account, excess: Excess): Promise<void> {
  const owned = `${held}, owned(owner, schema, name) AS (
    SELECT c.relowner, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${isOwnSchema}
    UNION ALL SELECT p.proowner, n.nspname, p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
      WHERE ${isOwnSchema}
    UNION ALL SELECT n.nspowner, NULL, n.nspname FROM pg_namespace n WHERE ${isOwnSchema}
    UNION ALL SELECT d.datdba, NULL, d.datname FROM pg_database d WHERE d.datname = current_database()
  )`;
  const [owners, samples, successor] = [
    await readRows(
      asking,
      `${owned} SELECT hop.rolname, count(*) FROM owned o JOIN held h ON h.oid = o.owner
       LEFT JOIN pg_roles hop ON hop.oid = h.hop GROUP BY hop.rolname ORDER BY 1 NULLS FIRST LIMIT 200`,
    ),
    await readRows(
      asking,
      `${owned} SELECT DISTINCT o.schema, o.name FROM owned o JOIN held h ON h.oid = o.owner ORDER BY 1 NULLS FIRST, 2 LIMIT 10`,
    ),
    await readRow(
      asking,
      `${held} SELECT r.rolname FROM pg_roles r LEFT JOIN pg_database d ON d.datname = current_database() AND d.datdba = r.oid
       WHERE (d.oid IS NOT NULL AND r.oid NOT IN (SELECT h.oid FROM held h)) OR r.oid = 10
       ORDER BY d.oid IS NULL LIMIT 1`,
    ),
  ];
  if (owners.length === 0) return;
  excess.evidence['ownedObjects'] = owners.reduce((sum, row) => sum + numberAt(row, 1), 0);
  for (const row of samples) {
    const schema = textAt(row, 0);
    const name = nameAt(row, 1);
    excess.objects.push(schema === null ? quoteIdentifier(name) : quoteName(schema, name));
  }
  for (const row of owners) {
    const hop = textAt(row, 0);
    if (hop !== null) {
      excess.memberships.add(hop);
      continue;
    }
    excess.takesReading = true;
    excess.statements.push(`REASSIGN OWNED BY ${account.role} TO ${quoteIdentifier(nameAt(successor, 0))}`);
  }
}

/** Rights of a table that each purpose has no use for. */
const excessOnTables = {
  read: ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN'],
  read_write: ['TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN'],
} as const;

/** Who holds a right: the account, everybody, or a group, which then is left. */
type Holder = { readonly kind: 'account' | 'public' } | { readonly kind: 'group'; readonly hop: string };

function holderAt(row: readonly (string | null)[], hopPlace: number, publicPlace: number): Holder {
  if (flagAt(row, publicPlace)) return { kind: 'public' };
  const hop = textAt(row, hopPlace);
  return hop === null ? { kind: 'account' } : { kind: 'group', hop };
}

/** Takes a right from its holder. @param take  Makes the statement; gets the holder, quoted. */
function revoke(
  holder: Holder,
  account: Account,
  excess: Excess,
  grantor: string | null,
  take: (from: string) => string | readonly string[],
): void {
  if (holder.kind === 'group') {
    excess.memberships.add(holder.hop);
    return;
  }
  if (holder.kind === 'public') excess.viaPublic += 1;
  const made = take(holder.kind === 'public' ? 'PUBLIC' : account.role);
  for (const one of typeof made === 'string' ? [made] : made) {
    // A right can only be taken back in the name of whoever gave it.
    excess.statements.push(grantor === null ? one : `SET ROLE ${quoteIdentifier(grantor)}; ${one}; RESET ROLE`);
  }
}

async function findGrantsOnRelations(asking: Asking, account: Account, excess: Excess): Promise<void> {
  const unwanted = excessOnTables[asking.request.purpose];
  const onSequences = asking.request.purpose === 'read' ? ['USAGE', 'UPDATE'] : [];
  const rows = await readRows(
    asking,
    `${held}, grants AS (
       SELECT c.oid, c.relkind = 'S' AS is_sequence, n.nspname, c.relname, c.relowner, a.grantee, a.grantor, a.privilege_type, a.is_grantable
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         CROSS JOIN LATERAL (
           SELECT * FROM aclexplode(c.relacl)
           UNION ALL
           SELECT e.* FROM pg_attribute t CROSS JOIN LATERAL aclexplode(t.attacl) e
           WHERE t.attrelid = c.oid AND t.attacl IS NOT NULL AND NOT t.attisdropped
         ) a
       WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${isOwnSchema} AND a.grantee <> c.relowner
     ), heirs AS (
       SELECT DISTINCT g.oid, g.grantor FROM grants g
     ), unwanted AS (
       SELECT g.*, g.privilege_type = ANY (CASE WHEN g.is_sequence THEN $2::text[] ELSE $1::text[] END) AS is_excess,
         d.oid IS NOT NULL AS has_heirs
       FROM grants g LEFT JOIN heirs d ON d.oid = g.oid AND d.grantor = g.grantee
     )
     SELECT u.nspname, u.is_sequence, u.grantee = 0, hop.rolname,
       CASE WHEN u.grantor <> u.relowner THEN grantor.rolname END,
       coalesce(string_agg(DISTINCT u.privilege_type, ' ') FILTER (WHERE u.is_excess), ''),
       coalesce(string_agg(DISTINCT u.privilege_type, ' ') FILTER (WHERE NOT u.is_excess), ''),
       count(DISTINCT u.oid), bool_or(u.has_heirs), min(u.relname)
     FROM unwanted u LEFT JOIN held h ON h.oid = u.grantee LEFT JOIN pg_roles hop ON hop.oid = h.hop
       LEFT JOIN pg_roles grantor ON grantor.oid = u.grantor
     WHERE (u.is_excess OR u.is_grantable) AND (h.oid IS NOT NULL OR u.grantee = 0)
     GROUP BY 1, 2, 3, 4, 5, CASE WHEN u.grantor <> u.relowner THEN u.oid END ORDER BY 1, 2, 3, 4, 5 LIMIT 2000`,
    [unwanted, onSequences],
  );
  let count = 0;
  for (const row of rows) {
    const schema = nameAt(row, 0);
    const isSequence = flagAt(row, 1);
    const grantor = textAt(row, 4);
    const words = wordsAt(row, 5);
    const grantable = wordsAt(row, 6);
    const cascade = flagAt(row, 8) ? ' CASCADE' : '';
    count += numberAt(row, 7);
    const sample = quoteName(schema, nameAt(row, 9));
    excess.objects.push(sample);
    // What the owner gave is taken from all of the schema at once; what others gave, from what they gave it on.
    const kind = isSequence ? 'SEQUENCE' : 'TABLE';
    const where = grantor === null ? `ALL ${kind}S IN SCHEMA ${quoteIdentifier(schema)}` : `${kind} ${sample}`;
    revoke(holderAt(row, 3, 2), account, excess, grantor, (from) => [
      ...(words.length === 0 ? [] : [`REVOKE ${words.join(', ')} ON ${where} FROM ${from}${cascade}`]),
      ...(grantable.length === 0
        ? []
        : [`REVOKE GRANT OPTION FOR ${grantable.join(', ')} ON ${where} FROM ${from}${cascade}`]),
    ]);
  }
  if (count > 0) excess.evidence['grantsOnObjects'] = count;
}

async function findGrantsOnSchemas(asking: Asking, account: Account, excess: Excess): Promise<void> {
  const rows = await readRows(
    asking,
    `${held} SELECT n.nspname, a.grantee = 0, hop.rolname, CASE WHEN a.grantor <> n.nspowner THEN grantor.rolname END
     FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a
       LEFT JOIN held h ON h.oid = a.grantee LEFT JOIN pg_roles hop ON hop.oid = h.hop
       LEFT JOIN pg_roles grantor ON grantor.oid = a.grantor
     WHERE ${isOwnSchema} AND a.privilege_type = 'CREATE' AND a.grantee <> n.nspowner
       AND (h.oid IS NOT NULL OR a.grantee = 0)
     ORDER BY 1 LIMIT 500`,
  );
  revokeOnSchemas(rows, 'CREATE', account, excess);
  if (rows.length > 0) excess.evidence['creatableSchemas'] = countSchemas(rows);
}

/** Whoever writes may need temporary tables. */
const excessOnDatabase = { read: ['CREATE', 'TEMPORARY'], read_write: ['CREATE'] } as const;

async function findGrantsOnDatabase(asking: Asking, account: Account, excess: Excess): Promise<void> {
  const rows = await readRows(
    asking,
    `${held} SELECT string_agg(DISTINCT a.privilege_type, ' '), a.grantee = 0, hop.rolname,
       CASE WHEN a.grantor <> d.datdba THEN grantor.rolname END
     FROM pg_database d CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
       LEFT JOIN held h ON h.oid = a.grantee LEFT JOIN pg_roles hop ON hop.oid = h.hop
       LEFT JOIN pg_roles grantor ON grantor.oid = a.grantor
     WHERE d.datname = current_database() AND a.privilege_type = ANY ($1::text[]) AND a.grantee <> d.datdba
       AND (h.oid IS NOT NULL OR a.grantee = 0)
     GROUP BY 2, 3, 4 ORDER BY 2, 3, 4 LIMIT 200`,
    [excessOnDatabase[asking.request.purpose]],
  );
  const database = quoteIdentifier(account.database);
  const found = new Set<string>();
  for (const row of rows) {
    const words = wordsAt(row, 0);
    for (const word of words) found.add(word);
    revoke(
      holderAt(row, 2, 1),
      account,
      excess,
      textAt(row, 3),
      (from) => `REVOKE ${words.join(', ')} ON DATABASE ${database} FROM ${from}`,
    );
  }
  if (found.size === 0) return;
  excess.evidence['onDatabase'] = [...found].sort().join(' ');
  excess.objects.push(database);
}

/** Schemas that were not named and can be read all the same. */
async function findOtherSchemas(asking: Asking, account: Account, excess: Excess): Promise<void> {
  const schemas = askedSchemas(asking.request);
  if (schemas === null) return;
  const rows = await readRows(
    asking,
    `${held} SELECT n.nspname, a.grantee = 0, hop.rolname, CASE WHEN a.grantor <> n.nspowner THEN grantor.rolname END
     FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a
       LEFT JOIN held h ON h.oid = a.grantee LEFT JOIN pg_roles hop ON hop.oid = h.hop
       LEFT JOIN pg_roles grantor ON grantor.oid = a.grantor
     WHERE ${isOwnSchema} AND n.nspname <> ALL ($1::text[]) AND a.privilege_type = 'USAGE' AND a.grantee <> n.nspowner
       AND (h.oid IS NOT NULL OR a.grantee = 0)
       AND EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
         AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT')))
     ORDER BY 1 LIMIT 500`,
    [schemas],
  );
  revokeOnSchemas(rows, 'USAGE', account, excess);
  if (rows.length > 0) excess.evidence['otherSchemas'] = countSchemas(rows);
}

/** @param rows  Schema, whether everybody has it, the membership it comes by, and who granted it. */
function revokeOnSchemas(rows: readonly Row[], privilege: 'CREATE' | 'USAGE', account: Account, excess: Excess): void {
  for (const row of rows) {
    const schema = quoteIdentifier(nameAt(row, 0));
    excess.objects.push(schema);
    const write = (from: string) => `REVOKE ${privilege} ON SCHEMA ${schema} FROM ${from}`;
    revoke(holderAt(row, 2, 1), account, excess, textAt(row, 3), write);
  }
}

function countSchemas(rows: readonly Row[]): number {
  return new Set(rows.map((row) => row[0])).size;
}

async function endMemberships(
  asking: Asking,
  account: Account,
  memberships: ReadonlySet<string>,
): Promise<readonly string[]> {
  if (memberships.size === 0) return [];
  const rows = await readRows(
    asking,
    `SELECT DISTINCT g.rolname, grantor.rolname FROM pg_auth_members m
       JOIN pg_roles r ON r.oid = m.member AND r.rolname = current_user JOIN pg_roles g ON g.oid = m.roleid
       LEFT JOIN pg_roles grantor ON grantor.oid = m.grantor
     WHERE g.rolname = ANY ($1::text[]) ORDER BY 1, 2 LIMIT 200`,
    [[...memberships]],
  );
  return rows.map((row) => {
    const grantor = textAt(row, 1);
    // Since version 16 a membership is taken back in the name of whoever gave it.
    const by = account.version < 160_000 || grantor === null ? '' : ` GRANTED BY ${quoteIdentifier(grantor)}`;
    return `REVOKE ${quoteIdentifier(nameAt(row, 0))} FROM ${account.role}${by}`;
  });
}

/** What the account needs by its purpose, said outright. */
async function grantAgain(asking: Asking, account: Account): Promise<readonly string[]> {
  const rows = await readRows(
    asking,
    `SELECT n.nspname FROM pg_namespace n WHERE ${isAskedSchema} AND has_schema_privilege(n.oid, 'USAGE')
     ORDER BY n.nspname COLLATE "C" LIMIT 100`,
    [askedSchemas(asking.request)],
  );
  const schemas = rows.map((row) => nameAt(row, 0));
  const writing =
    asking.request.purpose === 'read'
      ? []
      : inLists(quoteAll(schemas)).flatMap((list) => [
          `GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${list} TO ${account.role}`,
          `GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${list} TO ${account.role}`,
        ]);
  const database = quoteIdentifier(account.database);
  return [
    `GRANT CONNECT ON DATABASE ${database} TO ${account.role}`,
    ...grantReading(schemas, account.role),
    ...writing,
  ];
}
