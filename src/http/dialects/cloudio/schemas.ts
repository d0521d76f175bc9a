/**
 * Bodies of the cloudio family. `/v1/api` takes an object whose member names are the caller's own aliases; each value
 * is one of the two shapes here.
 *
 * @module
 */
import Type from 'typebox';

/** A data source's name, as far as its form goes. */
export const dataSourceName = Type.String({ minLength: 1, maxLength: 128 });

const count = Type.Integer({ minimum: 0 });
const attributeNames = Type.Array(Type.String({ minLength: 1 }));

export const queryLimits = { limit: 10_000, rows: 1_000, filterDepth: 10 } as const;

export const query = Type.Object({
  aggregateList: Type.Optional(Type.Array(Type.Object({}))),
  data: Type.Optional(Type.Object({})),
  fetchDistinct: Type.Optional(Type.Boolean()),
  filter: Type.Optional(Type.Array(Type.Object({}))),
  groupByAttributeCodeList: Type.Optional(attributeNames),
  limit: Type.Optional(Type.Integer({ minimum: 0, maximum: queryLimits.limit })),
  offset: Type.Optional(count),
  params: Type.Optional(Type.Object({})),
  projection: Type.Optional(Type.Record(Type.String(), Type.Literal(1))),
  selectAttributeCodeList: Type.Optional(attributeNames),
  sort: Type.Optional(Type.Record(Type.String(), Type.Union([Type.Literal(1), Type.Literal(-1)]))),
});

export const row = Type.Union([
  Type.Object({ _rs: Type.Union([Type.Literal('I'), Type.Literal('N')]) }),
  // A change must name the version it was made from.
  Type.Object({
    _rs: Type.Union([Type.Literal('U'), Type.Literal('D')]),
    lastUpdateDate: Type.String({ minLength: 1 }),
  }),
]);

export const rows = Type.Array(row, { maxItems: queryLimits.rows });
