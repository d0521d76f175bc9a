/**
 * The atlan family in words, for the document. An answer's example of the same name as a body's is what comes back for
 * it.
 *
 * @module
 */

import type { TSchema } from 'typebox';
import Type from 'typebox';
import type { DescribedAnswer, Description } from '../../kit/description.js';
import { authBody, catalogRows, checkAnswer, checkBody, metadataBody, passed, refusal } from './description-schemas.js';

const tag = 'Atlan';
const closed = { additionalProperties: false } as const;

/** What every refusal of the family looks like. */
export const atlanErrorSchema = refusal;

const flat = {
  authType: 'basic',
  host: 'localhost',
  port: 5432,
  username: 'username',
  password: 'password',
  database: 'databasename',
};
const listed = {
  credentials: [
    { key: 'host', value: 'localhost' },
    { key: 'port', value: '5432' },
    { key: 'username', value: 'username' },
    { key: 'password', value: 'password' },
    { key: 'database', value: 'databasename' },
    { key: 'extra.ssl_mode', value: 'require' },
  ],
};

const standing = { identities: [], scopes: [], expires_at: '' };

const refused = (text: string, examples: Readonly<Record<string, object>>): DescribedAnswer => ({
  text,
  content: { 'application/json': { schema: refusal, examples } },
});

const portMissing = {
  field: 'port',
  message: 'Send port: a whole number from 1 to 65535.',
  type: 'INPUT_MISSING_FIELD',
};

/** What any of the three says about the request and about the database. */
const refusals: Readonly<Record<number, DescribedAnswer>> = {
  400: refused('The request is not valid, or the target is one the operator does not allow.', {
    withoutPort: {
      success: false,
      message: 'Invalid request: port',
      error: 'invalid_request',
      detail: [portMissing],
      reason: 'INPUT_MISSING_FIELD',
    },
  }),
  401: refused('Our own credential, or an `oauth` or `token` credential that is missing, expired or refused.', {
    withoutToken: {
      success: false,
      message: 'Missing authentication token',
      error: 'unauthorized',
      detail: [
        {
          field: 'extra.token',
          message: 'Send the token as extra.token, extra.api_key or password.',
          type: 'TOKEN_MISSING',
        },
      ],
      reason: 'TOKEN_MISSING',
    },
  }),
  500: refused('The database cannot be reached, or refuses the password; the verdict is in `data`.', {
    wrongPassword: {
      success: false,
      message: 'The database refused the credentials',
      error: 'connection_failed',
      detail: 'Check user name and password: the server refused them.',
      reason: 'AUTH_INVALID_CREDENTIALS',
      data: {
        status: 'invalid_credentials',
        message: 'The database refused the credentials',
        ...standing,
        outcome: 'failed',
        engine: 'postgres',
        server_version: null,
        stage: 'authenticate',
        reason: 'AUTH_INVALID_CREDENTIALS',
        retryable: false,
        audience: 'user',
        field: 'password',
        fix: 'Check user name and password: the server refused them.',
        total_ms: 12,
        stages: [],
      },
    },
  }),
};

interface AboutDatabase {
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly text: string;
  readonly body: TSchema;
  readonly besides: object;
  readonly answer: DescribedAnswer;
}

function aboutDatabase({ path, id, summary, text, body, besides, answer }: AboutDatabase): Description {
  const examples = {
    flat: { ...flat, ...besides },
    list: { ...listed, ...besides },
    withoutToken: { ...flat, authType: 'token', password: '', ...besides },
  };
  return {
    method: 'POST',
    path,
    id,
    tag,
    summary,
    text,
    body: { 'application/json': { schema: body, examples } },
    answers: { 200: answer, ...refusals },
  };
}

const health = (path: string, id: string): Description => ({
  method: 'GET',
  path,
  id,
  tag,
  summary: 'Ask whether the process answers',
  answers: { 200: status('It does.', 'healthy') },
});

const ready = (path: string, id: string): Description => ({
  method: 'GET',
  path,
  id,
  tag,
  summary: 'Ask whether the service can work',
  answers: {
    200: status('It can.', 'ok'),
    503: refused('Its store does not answer.', {
      notReady: {
        success: false,
        message: 'The service is not ready.',
        error: 'unavailable',
        detail: 'The service is not ready.',
      },
    }),
  },
});

function status(text: string, word: string): DescribedAnswer {
  const schema = Type.Object({ status: Type.Literal(word) }, closed);
  return { text, content: { 'application/json': { schema, examples: { [word]: { status: word } } } } };
}

const success = (message: string) => ({ success: true, message, successMessage: message, failureMessage: '' });

export const atlanDescriptions: readonly Description[] = [
  aboutDatabase({
    path: '/workflows/v1/auth',
    id: 'testAuthentication',
    summary: 'Test a database’s credentials',
    text:
      'Reaches the database, signs in and runs a trivial query; reads no data. Credentials come flat, as a list of ' +
      '`{key, value}`, or nested in `credentials`.',
    body: authBody,
    besides: {},
    answer: {
      text: 'The database was reached and took the credentials.',
      content: {
        'application/json': {
          schema: passed,
          examples: {
            flat: {
              success: true,
              message: 'Authentication successful',
              data: {
                status: 'success',
                message: 'Authentication successful',
                ...standing,
                outcome: 'passed',
                engine: 'postgres',
                server_version: 'PostgreSQL 15.18',
                stage: null,
                reason: null,
                retryable: false,
                audience: null,
                field: null,
                fix: null,
                total_ms: 41,
                stages: [],
              },
            },
          },
        },
      },
    },
  }),
  aboutDatabase({
    path: '/workflows/v1/metadata',
    id: 'fetchMetadata',
    summary: 'List a database’s schemas',
    text: '`type` is `all`, `database` or `schema`; the last needs `database`. The engine’s own schemas are left out.',
    body: metadataBody,
    besides: { type: 'all' },
    answer: {
      text: 'Rows, sorted, each once. There is no `message`.',
      content: {
        'application/json': {
          schema: catalogRows,
          examples: { flat: { success: true, data: [{ TABLE_CATALOG: 'databasename', TABLE_SCHEMA: 'public' }] } },
        },
      },
    },
  }),
  aboutDatabase({
    path: '/workflows/v1/check',
    id: 'checkDatabase',
    summary: 'Check that a database is ready for extraction',
    text:
      'Filters stand in `metadata` or `connection_config`, with hyphens or underscores. Failed checks are 200, because ' +
      'the question was answered; `preflight` has the twenty-four checks and the statements that mend.',
    body: checkBody,
    besides: { metadata: { 'include-filter': '{"^databasename$":["^public$"]}' } },
    answer: {
      text: 'What was checked.',
      content: {
        'application/json': {
          schema: checkAnswer,
          examples: {
            flat: {
              success: true,
              message: 'Preflight check successful',
              data: {
                databaseSchemaCheck: success('Schemas and Databases check successful'),
                tablesCheck: success('Tables check successful. Table count: 4'),
                versionCheck: success('Client version: 15.18 (no minimum version requirement)'),
              },
              preflight: {
                status: 'ready',
                message: 'Every check passed',
                total_duration_ms: 105,
                checks: [],
                statements: [],
              },
            },
          },
        },
      },
    },
  }),
  health('/server/health', 'getServerHealth'),
  health('/health', 'getHealth'),
  ready('/server/ready', 'getServerReadiness'),
  ready('/ready', 'getReady'),
];
