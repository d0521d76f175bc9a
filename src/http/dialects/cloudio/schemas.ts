/**
 * Members of the cloudio family's requests. `/v1/api` takes an object whose member names are the caller's own aliases;
 * each value names a data source and has a query or rows.
 *
 * @module
 */
import Type, { type TSchema } from 'typebox';

/** Of one request. */
export const requestLimits = { aliases: 50, rows: 1_000, limit: 10_000, standardLimit: 100, filterDepth: 10 } as const;

/** A data source's name, as far as its form goes. */
export const dataSourceName = Type.String({ minLength: 1, maxLength: 128 });

const attributeNames = Type.Array(Type.String({ minLength: 1 }));

/** Every member of a query, and what to do about one that does not fit. */
export const queryMembers: Readonly<Record<string, { readonly schema: TSchema; readonly fix: string }>> = {
  aggregateList: {
    schema: Type.Array(Type.Object({})),
    fix: 'Send a list of {"attributeCode": name, "function": SUM|AVG|MIN|MAX|COUNT|COUNT_DISTINCT, "alias": name}.',
  },
  data: { schema: Type.Object({}), fix: 'Send an object of attributes and values.' },
  fetchDistinct: { schema: Type.Boolean(), fix: 'Send true or false.' },
  filter: { schema: Type.Array(Type.Object({})), fix: 'Send a list of {attribute: {operator: value}}.' },
  groupByAttributeCodeList: { schema: attributeNames, fix: 'Send a list of attributes.' },
  limit: {
    schema: Type.Integer({ minimum: 0, maximum: requestLimits.limit }),
    fix: `Send a whole number from 0 to ${requestLimits.limit}.`,
  },
  offset: { schema: Type.Integer({ minimum: 0 }), fix: 'Send a whole number from 0.' },
  params: { schema: Type.Object({}), fix: 'Send an object.' },
  projection: { schema: Type.Record(Type.String(), Type.Literal(1)), fix: 'Send {attribute: 1}; name what you want.' },
  selectAttributeCodeList: { schema: attributeNames, fix: 'Send a list of attributes.' },
  sort: {
    schema: Type.Record(Type.String(), Type.Union([Type.Literal(1), Type.Literal(-1)])),
    fix: 'Send {attribute: 1} or {attribute: -1}.',
  },
};

export const row = Type.Object({
  _rs: Type.Union([Type.Literal('I'), Type.Literal('N'), Type.Literal('U'), Type.Literal('D')]),
});
