/**
 * Shapes that descriptions of routes have in common. A schema with an `$id` becomes a component of the document under
 * that name, and a type of that name in the clients made from it: name whatever is asked for or answered as a whole.
 *
 * @module
 */
import Type, { type TObject, type TSchema } from 'typebox';

export function nullable<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()]);
}

/** Milliseconds since the epoch. */
export function epochMs(text: string) {
  return Type.Integer({ description: `${text} Milliseconds since the epoch.`, examples: [1_777_162_107_000] });
}

/** One of a closed list of words. */
export function wordOf<const Words extends readonly string[]>(words: Words, text?: string) {
  return Type.Enum([...words], { type: 'string', ...(text === undefined ? {} : { description: text }) });
}

/** A list that pages: `{items, nextCursor}`. */
export function pageOf<Item extends TSchema>(name: string, item: Item) {
  return Type.Object(
    {
      items: Type.Array(item),
      nextCursor: nullable(Type.String({ description: 'Sent as `cursor`, it gives the next page; null on the last.' })),
    },
    { $id: name },
  );
}

/** The parameters of every such list. */
export const pageParameters = {
  limit: {
    schema: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 }),
    text: 'How many items a page has at most.',
    example: 20,
  },
  cursor: { schema: Type.String(), text: 'The `nextCursor` of the page before; the first page without it.' },
} as const;

/**
 * What a body may hold, told under a name: the decoder's own shape, and that it takes nothing else.
 *
 * @param texts  What its members are, in words.
 */
export function bodyOf(name: string, schema: TObject, texts: Readonly<Record<string, string>> = {}): TSchema {
  const properties = Object.entries(schema.properties).map(([member, one]) => {
    const text = texts[member];
    return [member, text === undefined ? one : { ...one, description: text }] as const;
  });
  return { ...schema, $id: name, additionalProperties: false, properties: Object.fromEntries(properties) } as TSchema;
}
