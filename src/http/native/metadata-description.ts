/** What a database holds, and what changed in it, in words and shapes. @module */
import Type from 'typebox';
import { canonicalTypes } from '../../query/index.js';
import { catalogGroups, changeKinds, engines, referentialActions, tableKinds } from '../../sources/index.js';
import type { Description } from '../kit/description.js';
import { epochMs, nullable, wordOf } from '../kit/schemas.js';
import { problemMembers } from './problem-schema.js';
import { sourceParameter } from './source-description.js';
import { reason, verdict } from './verdict-schemas.js';

const text = Type.String();
const texts = Type.Array(text);
const optionalText = nullable(text);

const server = Type.Object(
  {
    engine: wordOf(engines),
    version: optionalText,
    catalog: Type.String({ description: 'The database the session is in.' }),
    collation: optionalText,
    timeZone: optionalText,
    isReadOnly: Type.Boolean(),
  },
  { $id: 'CatalogServer' },
);
const schemaMembers = { catalog: text, name: text, owner: optionalText, comment: optionalText };

const column = Type.Object(
  {
    name: text,
    ordinal: Type.Integer({ minimum: 1 }),
    nativeType: Type.String({ description: 'As the engine writes it: `numeric(10,2)`.' }),
    canonicalType: Type.Enum([...canonicalTypes], { $id: 'CanonicalType', type: 'string' }),
    length: nullable(Type.Integer()),
    precision: nullable(Type.Integer()),
    scale: nullable(Type.Integer()),
    isNullable: Type.Boolean(),
    default: nullable(Type.String({ description: 'The expression as the engine writes it.' })),
    generated: nullable(wordOf(['stored', 'virtual'])),
    identity: nullable(wordOf(['always', 'by_default', 'auto_increment'])),
    collation: optionalText,
    comment: optionalText,
  },
  { $id: 'CatalogColumn' },
);
const key = Type.Object({ name: optionalText, columns: texts }, { $id: 'CatalogKey' });
const table = Type.Object(
  {
    kind: wordOf(tableKinds),
    schema: text,
    name: text,
    comment: optionalText,
    rowEstimate: nullable(Type.Integer({ description: 'The server’s guess.' })),
    isPartitioned: Type.Boolean(),
    partitionOf: Type.Optional(Type.Object({ schema: text, name: text })),
    hasRowSecurity: Type.Boolean(),
    columns: Type.Optional(Type.Array(column)),
    primaryKey: Type.Optional(nullable(key)),
    uniqueKeys: Type.Optional(Type.Array(key)),
    foreignKeys: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: optionalText,
            columns: texts,
            toSchema: text,
            toTable: text,
            toColumns: texts,
            onDelete: wordOf(referentialActions),
            onUpdate: wordOf(referentialActions),
            isDeferrable: Type.Boolean(),
          },
          { $id: 'CatalogForeignKey' },
        ),
      ),
    ),
    checks: Type.Optional(Type.Array(Type.Object({ name: optionalText, expression: text }))),
    indexes: Type.Optional(
      Type.Array(
        Type.Object(
          { name: text, method: optionalText, columns: texts, isUnique: Type.Boolean(), where: optionalText },
          { $id: 'CatalogIndex' },
        ),
      ),
    ),
    triggers: Type.Optional(
      Type.Array(Type.Object({ name: text, timing: wordOf(['before', 'after', 'instead_of']), events: texts })),
    ),
    grantsForCaller: Type.Optional(Type.Array(text, { description: 'What the account of the source may do with it.' })),
    bytes: Type.Optional(nullable(Type.Integer())),
  },
  {
    $id: 'CatalogTable',
    description: 'A table or what can be read like one. Groups that were not asked for are absent.',
  },
);
const type = Type.Object(
  {
    kind: wordOf(['enum', 'domain']),
    schema: text,
    name: text,
    values: nullable(texts),
    over: optionalText,
    comment: optionalText,
  },
  { $id: 'CatalogType' },
);
const sequence = Type.Object(
  {
    schema: text,
    name: text,
    nativeType: optionalText,
    start: optionalText,
    increment: optionalText,
    comment: optionalText,
  },
  { $id: 'CatalogSequence' },
);
const routine = Type.Object(
  {
    kind: wordOf(['function', 'procedure', 'aggregate', 'window']),
    schema: text,
    name: text,
    arguments: text,
    returns: optionalText,
    language: optionalText,
    volatility: nullable(wordOf(['immutable', 'stable', 'volatile'])),
    comment: optionalText,
  },
  { $id: 'CatalogRoutine' },
);
const fault = Type.Object(
  {
    schema: optionalText,
    name: optionalText,
    group: wordOf([...catalogGroups, 'object'], 'What is missing: the object itself or a group of it.'),
    reason,
  },
  { $id: 'CatalogFault', description: 'One object that could not be read, or not whole; the rest goes on.' },
);

const item = Type.Union(
  [
    Type.Object({ kind: Type.Literal('table'), table }),
    Type.Object({ kind: Type.Literal('type'), type }),
    Type.Object({ kind: Type.Literal('sequence'), sequence }),
    Type.Object({ kind: Type.Literal('routine'), routine }),
  ],
  { $id: 'CatalogItem' },
);
const page = Type.Object(
  {
    source: server,
    schemas: Type.Array(Type.Object({ ...schemaMembers, etag: optionalText }, { $id: 'CatalogSchema' }), {
      description: 'On the first page; the first hundred with their tag.',
    }),
    items: Type.Array(item),
    faults: Type.Array(fault),
    faultsLeftOut: Type.Integer(),
    nextCursor: nullable(text),
  },
  { $id: 'CatalogPage' },
);
const line = Type.Union(
  [
    Type.Object({ kind: Type.Literal('source'), source: server }),
    Type.Object({ kind: Type.Literal('schema'), schema: Type.Object(schemaMembers) }),
    item,
    Type.Object({ kind: Type.Literal('fault'), fault }),
    Type.Object({ kind: Type.Literal('end'), objects: Type.Integer(), faults: Type.Integer() }),
  ],
  { $id: 'CatalogLine' },
);

const snapshot = Type.Object(
  { id: text, sourceId: text, takenAtMs: epochMs('When it was taken.'), objects: Type.Integer() },
  { $id: 'Snapshot' },
);
const change = Type.Object(
  {
    kind: wordOf(changeKinds),
    schema: text,
    object: nullable(Type.String({ description: 'The table, type, sequence or routine; null for a schema.' })),
    member: nullable(Type.String({ description: 'The column, key, check, index or trigger inside it.' })),
    before: optionalText,
    after: optionalText,
    isBreaking: Type.Boolean({ description: 'A reader that relied on the old form may fail.' }),
  },
  { $id: 'CatalogChange' },
);
const diff = Type.Object({ snapshot, changes: Type.Array(change) }, { $id: 'CatalogDiff' });
const diffLine = Type.Union(
  [
    Type.Object({ kind: Type.Literal('snapshot'), snapshot }),
    Type.Object({ kind: Type.Literal('change'), change }),
    Type.Object({ kind: Type.Literal('end'), changes: Type.Integer() }),
  ],
  { $id: 'CatalogDiffLine' },
);

const unreachable = {
  text: 'The database cannot be reached: `sources.unreachable`, with the verdict.',
  content: {
    'application/problem+json': {
      schema: Type.Object({ ...problemMembers, verdict: Type.Optional(verdict) }, { $id: 'UnreachableProblem' }),
    },
  },
};
const json = 'application/json';
const lines = 'application/x-ndjson';
const tag = 'Metadata';
const names = (what: string) => `${what}, with commas between.`;
const one = '/admin/v1/sources/:source';

export const metadataDescriptions: readonly Description[] = [
  {
    ...{ method: 'GET', path: `${one}/metadata`, id: 'readMetadata', tag, summary: 'Read what a database holds' },
    text:
      'In pages as JSON, or everything with `Accept: application/x-ndjson`, one object a line: whoever has the line ' +
      '`end` has all of it. An answer about one schema carries its `ETag`; with `If-None-Match` it is 304 while nothing changed.',
    params: sourceParameter,
    query: {
      schema: { schema: text, text: 'One schema.', example: 'main' },
      schemas: { schema: text, text: names('Schemas, instead of `schema`') },
      names: { schema: text, text: names('Globs (`*`, `?`) that names of objects match one of'), example: 'emp*' },
      include: {
        schema: text,
        text: names(`Any of ${catalogGroups.join(', ')}; everything but sizes without it`),
        example: 'columns,keys',
      },
      limit: { schema: Type.Integer({ minimum: 1, maximum: 5_000, default: 500 }), text: 'Objects of a page at most.' },
      cursor: { schema: text, text: 'The `nextCursor` of the page before.' },
    },
    headers: { 'If-None-Match': { schema: text, text: 'The `ETag` of an earlier answer about the same schema.' } },
    answers: {
      200: {
        text: 'What is there.',
        content: { [json]: { schema: page }, [lines]: { schema: line } },
        headers: { ETag: { schema: text, text: 'Of the one schema that was asked for.' } },
      },
      304: { text: 'Nothing of the schema changed.' },
      503: unreachable,
    },
    refusals: ['sources.not_found', 'sources.reading_failed'],
  },
  {
    ...{
      method: 'POST',
      path: `${one}/snapshot`,
      id: 'takeSnapshot',
      tag,
      summary: 'Write down what a database holds',
    },
    text: 'Takes the place of the one before. Later diffs are against it.',
    params: sourceParameter,
    answers: { 201: { text: 'It is written down.', content: { [json]: { schema: snapshot } } } },
    refusals: ['sources.not_found', 'sources.unreachable', 'sources.reading_failed'],
  },
  {
    ...{ method: 'GET', path: `${one}/diff`, id: 'diffSource', tag, summary: 'Show what changed since the snapshot' },
    text: 'As one JSON document, or with `Accept: application/x-ndjson` one change a line.',
    params: sourceParameter,
    answers: { 200: { text: 'The changes.', content: { [json]: { schema: diff }, [lines]: { schema: diffLine } } } },
    refusals: ['sources.not_found', 'sources.no_snapshot', 'sources.unreachable', 'sources.reading_failed'],
  },
];
