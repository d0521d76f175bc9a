/** `/admin/v1/sources` and `/admin/v1/connections` in words and shapes. @module */
import Type from 'typebox';
import { engines, healthStates, purposes, sslModes, stages } from '../../sources/index.js';
import type { DescribedParameter, Description } from '../kit/description.js';
import { epochMs, nullable, pageOf, pageParameters, wordOf } from '../kit/schemas.js';
import { askMembers, sourceSettings } from './source-bodies.js';
import { preflight, preflightLine, reason, testLine, verdict } from './verdict-schemas.js';

const text = Type.String();
const secret = (description: string) => Type.String({ format: 'password', description });
const authType = wordOf(['basic', 'oauth', 'token']);

const limits = Type.Object({
  connections: Type.Integer({ description: 'Connections at once, 1 to 50.' }),
  connectMs: Type.Integer({ description: 'Wall time of connecting, 1,000 to 30,000.' }),
  statementMs: Type.Integer({ description: 'Wall time of one statement, 100 to 3,600,000.' }),
  catalogTables: Type.Integer({ description: 'Tables above which a preflight remarks on it.' }),
});

export const source = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    name: text,
    description: nullable(text),
    organisationId: Type.String({ format: 'uuid' }),
    organisation: Type.String({ description: 'Uid of the organisation it belongs to.' }),
    engine: wordOf(engines, '`mysql` stands for MariaDB too.'),
    host: nullable(Type.String({ description: 'Null for a file.' })),
    port: nullable(Type.Integer()),
    database: Type.String({ description: 'Name of the database, or the path of a file.' }),
    username: text,
    authType,
    tls: Type.Object({
      mode: wordOf(sslModes),
      ca: nullable(text),
      clientCertificate: nullable(text),
      hasClientKey: Type.Boolean(),
    }),
    credential: Type.String({
      description: '`stored`, `env:NAME` or `file:/path`. The password itself is never told.',
    }),
    credentialSetAtMs: epochMs('When the password or the reference was last set.'),
    purpose: wordOf(purposes),
    limits,
    checkEveryMinutes: nullable(Type.Integer({ minimum: 1, maximum: 10_080 })),
    nextCheckAtMs: nullable(epochMs('When it is checked next.')),
    webhookUrl: nullable(text),
    health: Type.Object(
      {
        state: wordOf(healthStates, '`unknown`: never checked, or moved since.'),
        sinceMs: epochMs('Since when it is in this state.'),
        checkedAtMs: nullable(epochMs('When it was checked last.')),
        stage: nullable(wordOf(stages)),
        reason: nullable(reason),
        failuresInRow: Type.Integer(),
        passesInRow: Type.Integer(),
      },
      { $id: 'SourceHealth' },
    ),
    createdAtMs: epochMs('When it was added.'),
    updatedAtMs: epochMs('When it was changed last.'),
    revision: Type.Integer({
      description: 'Grows by one with every change; send it back to change what you have seen.',
    }),
    webhookKey: Type.Optional(
      secret('Signs what the webhook is told. Only in the answer to the request that made it, once.'),
    ),
  },
  { $id: 'Source' },
);

const place = {
  host: Type.Optional(nullable(text)),
  port: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 65_535 }))),
  database: Type.Optional(text),
  username: Type.Optional(text),
  authType: Type.Optional(authType),
  password: Type.Optional(secret('The password, or the token that stands for it.')),
  tls: Type.Optional(
    Type.Object(
      {
        mode: Type.Optional(wordOf(sslModes, 'As libpq names them; `verify-full` where nothing is said.')),
        ca: Type.Optional(Type.String({ description: 'PEM trust anchors.' })),
        clientCertificate: Type.Optional(Type.String({ description: 'PEM.' })),
        clientKey: Type.Optional(secret('PEM.')),
      },
      { additionalProperties: false },
    ),
  ),
};
const engine = Type.Optional(
  wordOf(engines, 'Found out by the port, else by asking the server, where it is not said.'),
);

const newSource = Type.Object(
  {
    name: Type.String({ minLength: 1, description: 'A lower-case letter, then letters, digits, `_` and `-`.' }),
    organisation: Type.Optional(Type.String({ description: 'Uid; the caller’s own where it is not said.' })),
    engine,
    ...place,
    ...sourceSettings,
  },
  { $id: 'NewSource', additionalProperties: false },
);
const sourceChange = Type.Object(
  {
    name: Type.Optional(text),
    revision: Type.Optional(Type.Integer({ description: 'What was seen: another one by now refuses the change.' })),
    ...place,
    ...sourceSettings,
  },
  { $id: 'SourceChange', additionalProperties: false },
);
const testAsk = Type.Object({ timeoutMs: askMembers.timeoutMs }, { $id: 'TestAsk', additionalProperties: false });
const preflightAsk = Type.Object({ ...askMembers }, { $id: 'PreflightAsk', additionalProperties: false });
const connectionTest = Type.Object(
  { engine, ...place, timeoutMs: askMembers.timeoutMs },
  { $id: 'ConnectionTest', additionalProperties: false },
);
const connectionPreflight = Type.Object(
  { engine, ...place, ...askMembers },
  { $id: 'ConnectionPreflight', additionalProperties: false },
);

export const sourceParameter: Readonly<Record<'source', DescribedParameter>> = {
  source: { schema: text, text: 'Id or name of the source.', isRequired: true, example: 'sample' },
};

const json = 'application/json';
const lines = 'application/x-ndjson';
const tag = 'Sources';
const connections = 'Connections';

const verdictAnswer = {
  text: 'The verdict, whatever it is: the question was answered. As lines, each stage as it ends and last the report.',
  content: { [json]: { schema: verdict }, [lines]: { schema: testLine } },
};
const preflightAnswer = {
  text: 'What was found. As lines, stages and checks as they end and last the report.',
  content: { [json]: { schema: preflight }, [lines]: { schema: preflightLine } },
};
const probing = ['sources.too_many_tests', 'sources.probe_rate_limited'];
const invalid = ['sources.field_invalid', 'sources.name_invalid', 'sources.credential_not_allowed'];
const watched = 'With `Accept: application/x-ndjson` the answer comes line by line as it is made.';

export const sourceDescriptions: readonly Description[] = [
  {
    ...{ method: 'GET', path: '/admin/v1/sources', id: 'listSources', tag, summary: 'List sources' },
    text: 'Those of your organisation by name; those of every organisation for who manages the directory.',
    query: { engine: { schema: wordOf(engines), text: 'Only those of this engine.' }, ...pageParameters },
    answers: { 200: { text: 'A page of sources.', content: { [json]: { schema: pageOf('SourcePage', source) } } } },
  },
  {
    ...{ method: 'POST', path: '/admin/v1/sources', id: 'addSource', tag, summary: 'Add a source' },
    text: 'Nothing is dialled: test it afterwards. Passwords and client keys are sealed and never come back.',
    body: {
      [json]: {
        schema: newSource,
        examples: {
          postgres: {
            name: 'warehouse',
            engine: 'postgres',
            host: 'db.example.com',
            port: 5432,
            database: 'warehouse',
            username: 'latchkey',
            authType: 'basic',
            password: 'quiet river stone bridge lantern',
            tls: { mode: 'verify-full' },
            purpose: 'read',
          },
          mariadb: {
            name: 'shop',
            engine: 'mysql',
            host: 'shop.example.com',
            port: 3306,
            database: 'shop',
            username: 'latchkey',
            authType: 'basic',
            password: 'quiet river stone bridge lantern',
            checkEveryMinutes: 60,
          },
        },
      },
    },
    answers: { 201: { text: 'The source.', content: { [json]: { schema: source } } } },
    refusals: [...invalid, 'sources.name_taken', 'sources.organisation_not_found'],
  },
  {
    ...{ method: 'GET', path: '/admin/v1/sources/:source', id: 'showSource', tag, summary: 'Show a source' },
    params: sourceParameter,
    answers: { 200: { text: 'The source.', content: { [json]: { schema: source } } } },
    refusals: ['sources.not_found'],
  },
  {
    ...{ method: 'PATCH', path: '/admin/v1/sources/:source', id: 'changeSource', tag, summary: 'Change a source' },
    text: 'Only what is named changes. Changing where it is or how it is secured needs the password again.',
    params: sourceParameter,
    body: {
      [json]: {
        schema: sourceChange,
        examples: {
          describe: { description: 'Orders and customers', checkEveryMinutes: 30 },
          limit: { limits: { connections: 8, statementMs: 60_000 } },
        },
      },
    },
    answers: { 200: { text: 'The source as it is now.', content: { [json]: { schema: source } } } },
    refusals: [
      ...['sources.not_found', ...invalid, 'sources.password_required', 'sources.name_taken'],
      'sources.changed_meanwhile',
    ],
  },
  {
    ...{ method: 'DELETE', path: '/admin/v1/sources/:source', id: 'removeSource', tag, summary: 'Remove a source' },
    text: 'With its datasets and the grants on them. The database itself is not touched.',
    params: sourceParameter,
    answers: { 204: { text: 'It is gone.' } },
    refusals: ['sources.not_found'],
  },
  {
    ...{ method: 'POST', path: '/admin/v1/sources/:source/test', id: 'testSource', tag, summary: 'Test a source' },
    text: `Dials it and signs in. ${watched}`,
    params: sourceParameter,
    body: { [json]: { schema: testAsk, examples: { quick: { timeoutMs: 5_000 } } } },
    isBodyOptional: true,
    answers: { 200: verdictAnswer },
    refusals: ['sources.not_found', ...probing],
  },
  {
    ...{ method: 'POST', path: '/admin/v1/sources/:source/preflight', id: 'preflightSource', tag },
    summary: 'Check whether a source is ready for work',
    text: `Twenty-four checks, and the statements that would mend what they find. ${watched}`,
    params: sourceParameter,
    body: { [json]: { schema: preflightAsk, examples: { reading: { purpose: 'read' } } } },
    isBodyOptional: true,
    answers: { 200: preflightAnswer },
    refusals: ['sources.not_found', ...probing],
  },
  {
    ...{ method: 'POST', path: '/admin/v1/connections/test', id: 'testConnection', tag: connections },
    summary: 'Test a connection',
    text: `The same question of a database whose credentials are in the body. Nothing is kept. ${watched}`,
    body: {
      [json]: {
        schema: connectionTest,
        examples: {
          nothingListens: {
            engine: 'postgres',
            host: 'localhost',
            port: 1,
            database: 'postgres',
            username: 'latchkey',
            authType: 'basic',
            password: 'quiet river stone bridge lantern',
            timeoutMs: 2_000,
          },
        },
      },
    },
    answers: { 200: verdictAnswer },
    refusals: ['sources.field_invalid', ...probing],
  },
  {
    ...{ method: 'POST', path: '/admin/v1/connections/preflight', id: 'preflightConnection', tag: connections },
    summary: 'Check a connection',
    text: `The checks with credentials in the body. Nothing is kept. ${watched}`,
    body: {
      [json]: {
        schema: connectionPreflight,
        examples: {
          nothingListens: {
            engine: 'postgres',
            host: 'localhost',
            port: 1,
            database: 'postgres',
            username: 'latchkey',
            authType: 'basic',
            password: 'quiet river stone bridge lantern',
            purpose: 'read',
            schemas: ['public'],
          },
        },
      },
    },
    answers: { 200: preflightAnswer },
    refusals: ['sources.field_invalid', ...probing],
  },
];
