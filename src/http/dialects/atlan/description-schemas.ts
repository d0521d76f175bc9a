/** Requests and answers of `/workflows/v1/*` as schemas, for the document. @module */
import Type, { type TSchema } from 'typebox';
import { checks, engines, reasons, stages } from '../../../sources/index.js';
import { metadataTypes, timeoutLimits, timeoutSeconds } from './schemas.js';

const closed = { additionalProperties: false } as const;
const oneOf = (values: readonly string[]) => Type.Enum([...values]);
const orNull = (schema: TSchema) => Type.Union([schema, Type.Null()]);

const engine = oneOf(engines);
const reason = oneOf([...Object.keys(reasons), 'PRIOR_STAGE_FAILED', 'TOKEN_MISSING', 'TOKEN_EXPIRED']);
const audience = oneOf(['user', 'dba', 'network', 'platform']);
const evidence = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
  description: 'Facts for whoever mends it; never a secret.',
});

const port = Type.Union([Type.Integer({ minimum: 1, maximum: 65_535 }), Type.String({ pattern: '^[0-9]{1,5}$' })]);
const extra = Type.Union([Type.Object({}, { additionalProperties: true }), Type.String()], {
  description: 'An object or its JSON text: `ssl_mode`, `ssl_cert`, `oauth_token`, `token`, `engine` …',
});

const target = {
  authType: oneOf(['basic', 'oauth', 'token']),
  host: Type.String({ description: 'A DNS name or an IP address.' }),
  port,
  username: Type.String(),
  password: Type.String({ format: 'password' }),
  database: Type.String(),
  extra: Type.Optional(extra),
};
const timeout = { timeout_seconds: Type.Optional({ ...timeoutSeconds, description: timeoutNote() } as TSchema) };

function timeoutNote(): string {
  return `${timeoutLimits.min} to ${timeoutLimits.max}; a connection test is given 30 at most.`;
}

const list = Type.Array(Type.Object({ key: Type.String(), value: Type.Unknown() }), {
  description: 'Keys `host`, `port` … and `extra.<name>`, values as texts.',
});
const nested = Type.Object({}, { additionalProperties: true, description: 'The same members, nested.' });

/** The three shapes a body comes in, with what a route takes besides the credentials. */
function inEveryShape(besides: Readonly<Record<string, TSchema>>): TSchema {
  return Type.Union([
    Type.Object({ ...target, ...timeout, ...besides }),
    Type.Object({ credentials: Type.Union([list, nested]), ...timeout, ...besides }),
  ]);
}

const filters = Type.Object(
  {
    'include-filter': Type.Optional(filter('What to look at: `{"^database$": ["^schema$"]}`, an object or its text.')),
    'exclude-filter': Type.Optional(filter('What to leave out, in the same form.')),
    'temp-table-regex': Type.Optional(Type.String({ description: 'Tables to leave out (RE2).' })),
  },
  { additionalProperties: true },
);

function filter(description: string): TSchema {
  return Type.Union([Type.Object({}, { additionalProperties: true }), Type.String()], { description });
}

export const authBody = inEveryShape({});
export const metadataBody = inEveryShape({ type: Type.Optional(oneOf(metadataTypes)) });
export const checkBody = inEveryShape({
  metadata: Type.Optional(filters),
  connection_config: Type.Optional(filters),
});

const stageRow = Type.Object(
  {
    stage: oneOf(stages),
    status: oneOf(['pass', 'fail', 'warn', 'skip']),
    reason: orNull(reason),
    ms: Type.Number(),
    evidence,
    retryable: Type.Boolean(),
    audience: orNull(audience),
    field: orNull(Type.String()),
    fix: orNull(Type.String()),
  },
  closed,
);

/** Whoever may not diagnose gets the first five members, and `outcome` and `engine` where it passed. */
const data = Type.Object(
  {
    status: oneOf(['success', 'failed', 'expired', 'invalid_credentials']),
    message: Type.String(),
    identities: Type.Array(Type.Unknown(), { maxItems: 0 }),
    scopes: Type.Array(Type.Unknown(), { maxItems: 0 }),
    expires_at: Type.Literal(''),
    outcome: Type.Optional(oneOf(['passed', 'failed'])),
    engine: Type.Optional(orNull(engine)),
    server_version: Type.Optional(orNull(Type.String())),
    stage: Type.Optional(orNull(oneOf(stages))),
    reason: Type.Optional(orNull(reason)),
    retryable: Type.Optional(Type.Boolean()),
    audience: Type.Optional(orNull(audience)),
    field: Type.Optional(orNull(Type.String({ description: 'As it is sent: `extra.ssl_mode`.' }))),
    fix: Type.Optional(orNull(Type.String({ description: 'What to do.' }))),
    total_ms: Type.Optional(Type.Number()),
    stages: Type.Optional(Type.Array(stageRow, { description: 'Every stage, in order.' })),
  },
  closed,
);

export const passed = Type.Object({ success: Type.Literal(true), message: Type.String(), data }, closed);

/** What every refusal of the family looks like; `data` where a database was asked, `reason` where there is one. */
export const refusal = Type.Object(
  {
    success: Type.Literal(false),
    message: Type.String(),
    error: Type.String({ description: 'A word for it.' }),
    detail: Type.Union([
      Type.String(),
      Type.Array(Type.Object({ field: Type.String(), message: Type.String(), type: Type.String() }, closed)),
    ]),
    reason: Type.Optional(orNull(reason)),
    data: Type.Optional(data),
  },
  closed,
);

export const catalogRows = Type.Object(
  {
    success: Type.Literal(true),
    data: Type.Array(Type.Object({ TABLE_CATALOG: Type.String(), TABLE_SCHEMA: Type.Optional(Type.String()) }, closed)),
  },
  closed,
);

const familyCheck = Type.Object(
  {
    success: Type.Boolean(),
    message: Type.String(),
    successMessage: Type.String(),
    failureMessage: Type.String(),
  },
  closed,
);

const checkRow = Type.Object(
  {
    name: oneOf(Object.keys(checks)),
    number: Type.Integer(),
    passed: Type.Boolean(),
    status: oneOf(['pass', 'warn', 'fail', 'skip']),
    blocking: Type.Boolean(),
    message: Type.String(),
    reason: orNull(reason),
    audience: orNull(audience),
    field: orNull(Type.String()),
    duration_ms: Type.Integer(),
    evidence,
    objects: Type.Array(Type.String()),
    statements: Type.Array(Type.String()),
  },
  closed,
);

export const checkAnswer = Type.Object(
  {
    success: Type.Boolean({ description: 'Whether the three published checks passed.' }),
    message: Type.String(),
    data: Type.Object(
      { databaseSchemaCheck: familyCheck, tablesCheck: familyCheck, versionCheck: familyCheck },
      closed,
    ),
    preflight: Type.Object(
      {
        status: oneOf(['ready', 'partial', 'not_ready']),
        message: Type.String(),
        total_duration_ms: Type.Integer(),
        checks: Type.Array(checkRow),
        statements: Type.Array(Type.String(), { description: 'What would mend what failed, in the engine’s SQL.' }),
      },
      closed,
    ),
  },
  closed,
);
