/** Writing under `/data/v1` in words and shapes. @module */
import Type from 'typebox';
import type { DescribedAnswer, DescribedParameter, Description } from '../kit/description.js';
import { wordOf } from '../kit/schemas.js';
import { dataRefusals, datasetParameters, filterParameter, keyParameter, row } from './data-description.js';

const text = Type.String();

/** Of the sample data: columns without a default. */
const stamps = {
  created_by: 'steve',
  creation_date: '2026-11-22T10:00:00.000Z',
  last_updated_by: 'steve',
  last_update_date: '2026-11-22T10:00:00.000Z',
};

const rehearsal = Type.Object(
  { dryRun: Type.Literal(true), affected: Type.Integer(), sample: Type.Array(row, { maxItems: 10 }) },
  { $id: 'Rehearsal', description: 'Nothing was kept: how much it would have been, and some of it.' },
);
const affected = Type.Object(
  { affected: Type.Integer(), data: Type.Optional(Type.Array(row, { description: 'Where the rows are preferred.' })) },
  { $id: 'Affected' },
);
const given = Type.Record(Type.String(), Type.Unknown(), {
  $id: 'RowValues',
  description: 'By column. Integers beyond 2^53 as texts.',
});

const query: Readonly<Record<'dryRun', DescribedParameter>> = {
  dryRun: {
    schema: wordOf(['true', 'false']),
    text: 'Does it, tells what it did, and keeps nothing.',
  },
};
const many: Readonly<Record<string, DescribedParameter>> = {
  filter: { ...filterParameter, example: '{"name":{"eq":"Nobody"}}' },
  confirm: { schema: Type.Literal('all'), text: 'Every row in reach is meant; without it a filter is needed.' },
  ...query,
};
const prefer: Readonly<Record<string, DescribedParameter>> = {
  Prefer: {
    schema: wordOf(['return=minimal', 'return=representation']),
    text: 'Whether rows come back (RFC 7240). One does unless it is not wanted, several only when they are.',
  },
  'Idempotency-Key': {
    schema: Type.String({ minLength: 1, maxLength: 255 }),
    text: 'Sent again within 24 hours with the same request, the first answer comes again and nothing is done.',
  },
};
const asSeen: Readonly<Record<string, DescribedParameter>> = {
  'If-Match': { schema: text, text: 'The `ETag` of the row as it was seen: another row by now is 412.' },
  ...prefer,
};
const json = 'application/json';
const tag = 'Data';
const one = '/data/v1/:source/:object';
const params = { ...datasetParameters, key: keyParameter };
const body = (examples: Readonly<Record<string, unknown>>) => ({ [json]: { schema: given, examples } });

const headers: Readonly<Record<string, DescribedParameter>> = {
  ETag: { schema: text, text: 'Of the row.' },
  'Preference-Applied': { schema: text, text: 'The preference, where one was heard.' },
};
const oneRow = (what: string): DescribedAnswer => ({
  text: what,
  headers,
  content: { [json]: { schema: Type.Union([rehearsal, row]) } },
});
const several = (what: string): DescribedAnswer => ({
  text: what,
  content: { [json]: { schema: Type.Union([rehearsal, affected]) } },
});

const refusals = [
  ...[...dataRefusals, 'query.column_not_writable', 'query.rows_invalid', 'sources.row_out_of_reach'],
  ...['sources.constraint_violated', 'sources.value_refused', 'sources.serialization_failed'],
  ...['data.idempotency_key_reused', 'data.outcome_unknown', 'data.commit_unknown'],
];
const ofOne = ['data.row_not_found', 'http.precondition_failed', ...refusals];
const ofMany = ['data.confirmation_required', ...refusals];

export const dataWriteDescriptions: readonly Description[] = [
  {
    ...{ method: 'POST', path: one, id: 'addRows', tag, summary: 'Add rows' },
    text: 'One row as an object, or up to 1,000 as an array or one a line, all in one transaction.',
    params: datasetParameters,
    query,
    headers: prefer,
    body: {
      [json]: {
        schema: Type.Union([given, Type.Array(given, { minItems: 1, maxItems: 1_000 })]),
        examples: {
          one: { name: 'Steve', gender: 'M', salary: 12_345, ...stamps },
          several: [
            { name: 'Ada', gender: 'F', salary: 23_456, ...stamps },
            { name: 'Chen', gender: 'X', ...stamps },
          ],
        },
      },
      'application/x-ndjson': { schema: given },
    },
    answers: {
      200: several('A rehearsal.'),
      201: {
        text: 'They are there.',
        headers: { Location: { schema: text, text: 'Where the one row is.' }, ...headers },
        content: { [json]: { schema: Type.Union([affected, row]) } },
      },
    },
    refusals,
  },
  {
    ...{ method: 'PATCH', path: one, id: 'changeRows', tag, summary: 'Change every row that fits' },
    params: datasetParameters,
    query: many,
    headers: prefer,
    body: body({ raise: { salary: 20_000 } }),
    answers: { 200: several('How many were changed.') },
    refusals: ofMany,
  },
  {
    ...{ method: 'DELETE', path: one, id: 'removeRows', tag, summary: 'Remove every row that fits' },
    params: datasetParameters,
    query: many,
    headers: prefer,
    answers: { 200: several('How many were removed.') },
    refusals: ofMany,
  },
  {
    ...{ method: 'PUT', path: `${one}/:key`, id: 'putRow', tag, summary: 'Change a row, or else add it' },
    text: 'Columns that are sent are changed; a new row has the database’s defaults for the others.',
    params,
    query,
    headers: {
      ...asSeen,
      'If-None-Match': { schema: Type.Literal('*'), text: 'Only add: a row that is there is 412.' },
    },
    body: body({ change: { name: 'Dorothy', salary: 30_000, ...stamps } }),
    answers: {
      200: oneRow('It was changed; or a rehearsal.'),
      201: oneRow('It was added.'),
      204: { text: 'It was changed, and nothing is to come back.' },
    },
    refusals: ofOne,
  },
  {
    ...{ method: 'PATCH', path: `${one}/:key`, id: 'changeRow', tag, summary: 'Change a row' },
    params,
    query,
    headers: asSeen,
    body: body({ raise: { salary: 25_000 } }),
    answers: {
      200: oneRow('The row as it is now; or a rehearsal.'),
      204: { text: 'It was changed, and nothing is to come back.' },
    },
    refusals: ofOne,
  },
  {
    ...{ method: 'DELETE', path: `${one}/:key`, id: 'removeRow', tag, summary: 'Remove a row' },
    params,
    query,
    headers: asSeen,
    answers: { 200: oneRow('The row as it was; or a rehearsal.'), 204: { text: 'It is gone.' } },
    refusals: ofOne,
  },
];
