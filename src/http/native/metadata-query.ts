/** What a reading of metadata may be asked for in the query, and the cursor that goes on where a page ended. @module */
import {
  type CatalogGroup,
  type CatalogItem,
  type CatalogPlace,
  type CatalogRequest,
  catalogGroups,
  catalogSections,
} from '../../sources/index.js';
import { httpErrors } from '../errors.js';
import { numberParameter, onlyParameters } from '../kit/members.js';
import type { Query } from '../kit/url.js';

export interface MetadataQuestion {
  /** Without a limit. */
  readonly request: CatalogRequest;
  /** Objects of one page. */
  readonly limit: number;
  /** The one schema that is asked for: its tag is the answer's. */
  readonly onlySchema: string | null;
}

const maxNames = 1_000;
const maxNameCharacters = 256;
const maxCursorCharacters = 8_192;

/**
 * @param isStreamed  Everything is sent, so there are no pages.
 * @throws `http.parameter_unknown` · `http.field_invalid` with details.field and details.fix.
 */
export function decodeMetadataQuery(query: Query, isStreamed: boolean): MetadataQuestion {
  onlyParameters(query, ['schema', 'schemas', 'names', 'include', ...(isStreamed ? [] : ['limit', 'cursor'])]);
  const schema = query.get('schema');
  const listed = readList(query, 'schemas');
  if (schema !== undefined && listed !== null) throw invalid('schema', 'Send either schema or schemas.');
  if (schema === '') throw invalid('schema', 'Send the name of a schema.');
  const schemas = schema === undefined ? listed : [schema];
  const cursor = query.get('cursor');
  return {
    request: {
      schemas,
      names: readList(query, 'names') ?? [],
      groups: readGroups(query),
      after: cursor === undefined ? null : decodeCursor(cursor),
      limit: null,
    },
    limit: numberParameter(query, 'limit', { from: 1, to: 5_000, standard: 500 }),
    onlySchema: schemas?.length === 1 ? (schemas[0] ?? null) : null,
  };
}

function readList(query: Query, name: string): string[] | null {
  const text = query.get(name);
  if (text === undefined) return null;
  const entries = text.split(',');
  if (entries.length > maxNames || entries.some((one) => one === '' || one.length > maxNameCharacters)) {
    throw invalid(name, `Send at most ${maxNames} names of 1 to ${maxNameCharacters} characters, with commas between.`);
  }
  return entries;
}

/** `sizes` asks the server's disk, so it is read only when it is named. */
function readGroups(query: Query): ReadonlySet<CatalogGroup> {
  const text = query.get('include');
  if (text === undefined) return new Set(catalogGroups.filter((group) => group !== 'sizes'));
  const named = text === '' ? [] : text.split(',');
  const groups = named.map((name) => catalogGroups.find((group) => group === name));
  if (groups.includes(undefined)) throw invalid('include', `Send any of: ${catalogGroups.join(', ')}.`);
  return new Set(groups.filter((group) => group !== undefined));
}

/** The place of an object; `null` for a fault, which has none. */
export function placeOf(item: CatalogItem): CatalogPlace | null {
  switch (item.section) {
    case 'table':
      return { schema: item.table.schema, section: 'table', name: item.table.name, arguments: '' };
    case 'type':
      return { schema: item.type.schema, section: 'type', name: item.type.name, arguments: '' };
    case 'sequence':
      return { schema: item.sequence.schema, section: 'sequence', name: item.sequence.name, arguments: '' };
    case 'routine':
      return {
        schema: item.routine.schema,
        section: 'routine',
        name: item.routine.name,
        arguments: item.routine.arguments,
      };
    case 'fault':
      return null;
  }
}

export function encodeCursor({ schema, section, name, arguments: parameters }: CatalogPlace): string {
  return Buffer.from(JSON.stringify([schema, section, name, parameters])).toString('base64url');
}

function decodeCursor(cursor: string): CatalogPlace {
  const place = cursor.length <= maxCursorCharacters ? parsePlace(cursor) : null;
  if (place === null) throw invalid('cursor', 'Send the nextCursor of the page before.');
  return place;
}

function parsePlace(cursor: string): CatalogPlace | null {
  let decoded: unknown;
  try {
    decoded = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return null;
  }
  if (!Array.isArray(decoded) || decoded.length !== 4) return null;
  const [schema, named, name, parameters] = decoded as unknown[];
  const section = catalogSections.find((one) => one === named);
  if (typeof schema !== 'string' || typeof name !== 'string' || typeof parameters !== 'string') return null;
  return section === undefined ? null : { schema, section, name, arguments: parameters };
}

function invalid(field: string, fix: string) {
  return httpErrors.field_invalid({ details: { field, fix } });
}
