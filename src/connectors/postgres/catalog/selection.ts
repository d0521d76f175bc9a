/**
 * What a reading asks for, as conditions the server evaluates: schemas, globs of names, the place after which a page
 * goes on. Every value is bound.
 *
 * @module
 */
import { type CatalogRequest, type CatalogSection, catalogSections } from '../../../sources/index.js';
import type { Value } from '../question.js';

/** What statements must know of the server they are for. */
export interface Dialect {
  /** `server_version_num`: 150018. */
  readonly version: number;
  /** The database's encoding is UTF-8, so that bytes compare as they are. */
  readonly isUtf8: boolean;
}

/** A statement in the making: values get their numbers as they are named. */
export class Statement {
  readonly values: Value[] = [];

  /** @param type  Of the server, written by us. */
  bind(value: Value, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}

/** Part of a reading that one statement selects. */
export interface Selection {
  readonly request: CatalogRequest;
  readonly section: CatalogSection;
  /** Only these of those after the place, whatever else the request says: the server's numbers of objects. */
  readonly oids: readonly string[] | null;
}

/** The order of names in bytes of UTF-8, as an expression. @param name  An expression of type `name` or `text`. */
export function inByteOrder(name: string, { isUtf8 }: Dialect): string {
  // Letters of other encodings are put in the order they would have in UTF-8.
  return isUtf8 ? `${name}::text COLLATE "C"` : `convert_to(${name}::text, 'UTF8')`;
}

/** A bound text in the same order. */
function bound(statement: Statement, value: string, { isUtf8 }: Dialect): string {
  // No name holds a NUL, and none stands between a text and what it is up to its NUL.
  const text = statement.bind(value.split('\0', 1)[0] ?? '', 'text');
  return isUtf8 ? text : `convert_to(${text}, 'UTF8')`;
}

/** Which schemas: never the server's own. @param schema  An expression of type `name`. */
export function inSchemas(statement: Statement, schema: string, { schemas }: CatalogRequest): string {
  // Names that begin with pg_ are the server's (CREATE SCHEMA, "Description"): pg_catalog, pg_toast, pg_temp_3 …
  const foreign = `${schema}::text !~ '^pg_' AND ${schema}::text <> 'information_schema'`;
  if (schemas === null) return foreign;
  const names = schemas.filter((one) => !one.includes('\0'));
  return `${foreign} AND ${schema}::text = ANY(${statement.bind(names, 'text[]')})`;
}

/**
 * The conditions of a selection, joined with AND.
 *
 * @param names  Expressions: schema and name of the object, and its arguments where they tell objects apart.
 */
export function conditions(
  statement: Statement,
  dialect: Dialect,
  { request, section, oids }: Selection,
  names: { readonly oid: string; readonly schema: string; readonly name: string; readonly arguments?: string },
): string {
  const parts: string[] = [];
  if (oids !== null) parts.push(`${names.oid} = ANY(${statement.bind(oids, 'oid[]')})`);
  else {
    parts.push(inSchemas(statement, names.schema, request));
    if (request.names.length > 0) {
      parts.push(`${names.name}::text LIKE ANY(${statement.bind(request.names.map(likePattern), 'text[]')})`);
    }
  }
  const { after } = request;
  if (after !== null) {
    const schema = inByteOrder(names.schema, dialect);
    const turn = catalogSections.indexOf(section) - catalogSections.indexOf(after.section);
    const later = `${schema} > ${bound(statement, after.schema, dialect)}`;
    // Made only where it is used: the server refuses values that stand nowhere.
    const same = () => `${schema} = ${bound(statement, after.schema, dialect)}`;
    if (turn < 0) parts.push(later);
    else if (turn > 0) parts.push(`(${later} OR ${same()})`);
    else {
      const name = inByteOrder(names.name, dialect);
      let past = `${name} > ${bound(statement, after.name, dialect)}`;
      if (names.arguments !== undefined) {
        const last = `${inByteOrder(names.arguments, dialect)} > ${bound(statement, after.arguments, dialect)}`;
        past = `${past} OR (${name} = ${bound(statement, after.name, dialect)} AND ${last})`;
      }
      parts.push(`(${later} OR (${same()} AND (${past})))`);
    }
  }
  return parts.join(' AND ');
}

/** Objects wanted, as a clause. */
export function limitOf(statement: Statement, { request, oids }: Selection): string {
  return request.limit === null || oids !== null ? '' : `LIMIT ${statement.bind(request.limit, 'bigint')}`;
}

/** A glob as a pattern of LIKE: `*` any characters, `?` one, everything else itself. */
function likePattern(glob: string): string {
  const text = glob.replaceAll('\0', '');
  return text
    .replace(/[\\%_]/g, '\\$&')
    .replaceAll(/\*+/g, '%')
    .replaceAll('?', '_');
}
