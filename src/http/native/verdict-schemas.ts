/** The verdict of a connection test and what a preflight finds, as shapes; `present-source.ts` fills them. @module */
import Type from 'typebox';
import { checks, engines, reasons, stages } from '../../sources/index.js';
import { nullable, wordOf } from '../kit/schemas.js';

const audience = nullable(
  wordOf(
    ['user', 'dba', 'network', 'platform'],
    'Who can mend it: you, the database’s, the network’s or our operator.',
  ),
);
export const reason = Type.Enum([...Object.keys(reasons)] as (keyof typeof reasons)[], {
  $id: 'Reason',
  type: 'string',
  description: 'Why a stage or a check did not pass. Each is explained in the reference of verdicts.',
});
const stage = wordOf(stages);
const evidence = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
  description: 'Facts for whoever mends it: TLS version, server version, native code.',
});
const field = nullable(Type.String({ description: 'The member of the request to look at: `password`, `tls.mode`.' }));
const fix = nullable(Type.String({ description: 'One sentence: what to do.' }));
const engine = wordOf(engines);

export const stageRow = Type.Object(
  {
    stage,
    status: wordOf(['pass', 'fail', 'warn', 'skip']),
    reason: nullable(Type.Union([reason, Type.Literal('PRIOR_STAGE_FAILED')])),
    ms: Type.Number(),
    evidence,
    retryable: Type.Boolean({ description: 'The same attempt could succeed later without anybody changing anything.' }),
    audience,
    field,
    fix,
  },
  { $id: 'Stage' },
);

export const verdict = Type.Object(
  {
    outcome: wordOf(['passed', 'failed']),
    engine: nullable(engine),
    serverVersion: nullable(Type.String({ examples: ['PostgreSQL 15.18'] })),
    stage: nullable(wordOf(stages, 'The first stage that failed.')),
    reason: nullable(reason),
    retryable: nullable(Type.Boolean()),
    audience,
    field,
    fix,
    totalMs: nullable(Type.Number()),
    stages: nullable(
      Type.Array(stageRow, { description: 'Every stage in order; those after the failure are skipped.' }),
    ),
  },
  {
    $id: 'Verdict',
    description:
      'What a test found. Whoever may not diagnose connections gets `outcome` and `engine`; everything else is null.',
  },
);

const check = Type.Object(
  {
    name: Type.Enum(Object.keys(checks) as (keyof typeof checks)[], { type: 'string' }),
    number: Type.Integer({ minimum: 1, maximum: Object.keys(checks).length }),
    status: wordOf(['pass', 'warn', 'fail', 'skip']),
    reason: nullable(reason),
    ms: Type.Number(),
    evidence,
    objects: Type.Array(Type.String(), { description: 'What it is about, at most twenty, quoted as the engine does.' }),
    statements: Type.Array(Type.String(), { description: 'What its administrator could run to mend it.' }),
    isBlocking: Type.Boolean({ description: 'Its failure means that work would fail.' }),
    asks: Type.String(),
    audience,
    field,
    fix,
  },
  { $id: 'Check' },
);

export const preflight = Type.Object(
  {
    connection: verdict,
    status: nullable(wordOf(['ready', 'partial', 'not_ready'], 'Null where the database was not reached.')),
    checks: nullable(Type.Array(check)),
    statements: Type.Array(Type.String(), { description: 'All that would mend it, in the engine’s own SQL.' }),
    totalMs: nullable(Type.Number()),
  },
  { $id: 'Preflight' },
);

const report = <T extends Type.TSchema>(schema: T) => Type.Object({ report: schema });
const stageLine = Type.Object({ stage: stageRow });

/** Lines of a test that is watched: stages as they end, and last the report. */
export const testLine = Type.Union([stageLine, report(verdict)], { $id: 'TestLine' });
export const preflightLine = Type.Union([stageLine, Type.Object({ check }), report(preflight)], {
  $id: 'PreflightLine',
});
