/**
 * From the schemas that describe to those of the document: named ones become components, and what TypeBox writes for
 * lack of a better word is written as OpenAPI readers and generators like it. Nothing of the meaning changes.
 *
 * @module
 */
import type { Json, JsonMembers } from './json.js';

/** These hold values, not schemas; and these hold schemas by names that are nobody's keywords. */
const valueKeywords: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'examples', 'required']);
const mapKeywords: ReadonlySet<string> = new Set(['properties', 'patternProperties']);

/** Schemas under their names, as far as they were met. */
export class Components {
  readonly #schemas = new Map<string, { readonly text: string; readonly schema: Json }>();
  readonly #nameByText = new Map<string, string>();

  /** @param named  Schemas without a name of their own that get one here, wherever they stand as a whole. */
  constructor(named: Readonly<Record<string, unknown>> = {}) {
    for (const [name, schema] of Object.entries(named)) this.#nameByText.set(JSON.stringify(schema), name);
  }

  /**
   * @returns the schema for the document: a reference where it has a name.
   * @throws TypeError when two different schemas go by one name.
   */
  use(schema: unknown): Json {
    const text = JSON.stringify(schema);
    const parsed = JSON.parse(text) as Json;
    const name = this.#nameByText.get(text);
    return this.#clean(name === undefined || !isMembers(parsed) ? parsed : { $id: name, ...parsed });
  }

  /** By name, in alphabetical order. */
  all(): JsonMembers {
    const named = [...this.#schemas].sort(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(named.map(([name, { schema }]) => [name, schema]));
  }

  #clean(value: Json): Json {
    if (Array.isArray(value)) return value.map((one) => this.#clean(one));
    if (!isMembers(value)) return value;
    const { $id, ...schema } = value;
    if (typeof $id !== 'string') return this.#rewrite(schema);
    const text = JSON.stringify(schema);
    const known = this.#schemas.get($id);
    if (known !== undefined && known.text !== text) throw new TypeError(`two schemas are called ${$id}`);
    // Met before its parts are, so that a name met again on the way is known.
    if (known === undefined) {
      this.#schemas.set($id, { text, schema: null });
      this.#schemas.set($id, { text, schema: this.#rewrite(schema) });
    }
    return { $ref: `#/components/schemas/${$id}` };
  }

  #rewrite(schema: JsonMembers): Json {
    const cleaned = Object.fromEntries(
      Object.entries(schema).map(([keyword, value]) => [keyword, this.#cleanKeyword(keyword, value)]),
    );
    return collapseNull(asEnum(withoutPattern(cleaned)));
  }

  #cleanKeyword(keyword: string, value: Json): Json {
    if (valueKeywords.has(keyword)) return value;
    if (!mapKeywords.has(keyword) || !isMembers(value)) return this.#clean(value);
    return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, this.#clean(schema)]));
  }
}

export function isMembers(value: unknown): value is JsonMembers {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A record's one pattern matches every name. */
function withoutPattern({ patternProperties, ...rest }: JsonMembers): JsonMembers {
  if (patternProperties === undefined) return rest;
  const patterns = isMembers(patternProperties) ? Object.entries(patternProperties) : [];
  const [first, ...more] = patterns;
  if (first === undefined || more.length > 0 || first[0] !== '^.*$') return { ...rest, patternProperties };
  return { ...rest, additionalProperties: first[1] };
}

/** A union of constants is an enumeration; one says of what type it is. */
function asEnum(schema: JsonMembers): JsonMembers {
  const { anyOf, ...rest } = schema;
  if (Array.isArray(anyOf) && anyOf.length > 1 && anyOf.every((one) => isMembers(one) && one['const'] !== undefined)) {
    return asEnum({ ...rest, enum: anyOf.map((one) => (isMembers(one) ? (one['const'] ?? null) : null)) });
  }
  const values = schema['enum'];
  if (!Array.isArray(values) || schema['type'] !== undefined) return schema;
  const types = [...new Set(values.map((value) => typeof value))];
  return types.length === 1 ? { type: types[0] ?? 'string', ...schema } : schema;
}

/** `X or null`, where X has one type and no name, is that type or null. */
function collapseNull(schema: JsonMembers): JsonMembers {
  const { anyOf, ...rest } = schema;
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return schema;
  const other = anyOf.find((one) => !(isMembers(one) && one['type'] === 'null'));
  if (!anyOf.some((one) => isMembers(one) && one['type'] === 'null') || !isMembers(other)) return schema;
  if (typeof other['type'] !== 'string' || other['const'] !== undefined) return schema;
  const values = other['enum'];
  const merged = { ...other, ...rest, type: [other['type'], 'null'] };
  return Array.isArray(values) ? { ...merged, enum: [...values, null] } : merged;
}
