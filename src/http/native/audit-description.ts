/** `/admin/v1/audit` in words and shapes. @module */
import Type from 'typebox';
import { credentialKinds } from '../../access/index.js';
import { auditEventNames, type TrailFinding } from '../../audit/index.js';
import type { DescribedParameter, Description } from '../kit/description.js';
import { epochMs, nullable, pageOf, pageParameters, wordOf } from '../kit/schemas.js';
import { type auditFilters, auditOutcomes } from './audit-query.js';

const text = Type.String();

const members = {
  chain: Type.Integer({ description: 'The trail has one chain, or several so that writers do not wait.' }),
  seq: Type.Integer({ description: 'Place in its chain, from 1, without gaps.' }),
  event: wordOf(auditEventNames),
  atMs: epochMs('When it happened.'),
  door: Type.String({ description: 'Where it came in: `native`, `precrime`, `cloudio`, `cli`, `schedule` …' }),
  address: nullable(Type.String({ description: 'Of the client.' })),
  requestId: nullable(text),
  actor: nullable(
    Type.Object(
      {
        id: text,
        username: nullable(
          Type.String({ description: 'What the user is called now; null: gone, or not yours to know.' }),
        ),
      },
      { description: 'Null where nobody is proved, and for the operator of the machine.' },
    ),
  ),
  credential: nullable(Type.Object({ kind: wordOf(credentialKinds), id: nullable(text) })),
  organisation: nullable(Type.String({ description: 'Uid; the id of one that is gone.' })),
  subject: nullable(
    Type.String({ description: 'What it was done to: `user:<id>`, `source:<id>`, `target:<host>:<port>`.' }),
  ),
  outcome: wordOf(auditOutcomes),
  reason: nullable(Type.String({ description: 'Why it was refused or failed, or what ended it.' })),
  facts: Type.Record(text, Type.Union([text, Type.Number(), Type.Boolean()])),
};
const entry = Type.Object(members, { $id: 'AuditEntry' });
const line = Type.Object(
  { ...members, mac: Type.String({ description: 'HMAC-SHA-256 over the event and the one before it, hex.' }) },
  { $id: 'AuditLine' },
);

const problems = [
  'record_changed',
  'records_missing',
  'records_behind_end',
  'end_forged',
  'chain_missing',
  'chain_unknown',
  'anchor_unmet',
] as const satisfies readonly TrailFinding['kind'][];

const verdict = Type.Object(
  {
    isIntact: Type.Boolean(),
    atMs: epochMs('When the verification began.'),
    events: Type.Integer({ description: 'How many were read.' }),
    chains: Type.Array(Type.Object({ chain: Type.Integer(), events: Type.Integer(), isIntact: Type.Boolean() })),
    findings: Type.Array(
      Type.Object(
        {
          chain: Type.Integer(),
          seq: nullable(Type.Integer({ description: 'Where; null: of the chain as a whole.' })),
          problem: wordOf(problems),
          count: nullable(Type.Integer({ description: 'How many records are missing.' })),
        },
        { $id: 'TrailFinding' },
      ),
      { description: 'The first 1,000.' },
    ),
  },
  { $id: 'TrailVerdict' },
);

const filters: Readonly<Record<(typeof auditFilters)[number], DescribedParameter>> = {
  event: { schema: wordOf(auditEventNames), text: 'Only events of this name.', example: 'login.refused' },
  outcome: { schema: wordOf(auditOutcomes), text: 'Only what ended so.', example: 'refused' },
  actor: { schema: text, text: 'User name, or the id of a user who is gone: only what they did.', example: 'ada' },
  subject: { schema: text, text: 'Only what was done to this: as events name it.' },
  organisation: { schema: text, text: 'Uid: only of this organisation.', example: 'acme' },
  reason: { schema: text, text: 'Only for this reason.', example: 'wrong_password' },
  fromMs: { schema: epochMs('The first instant.'), text: 'From this instant on.', example: 1_777_162_107_000 },
  toMs: { schema: epochMs('The first instant after.'), text: 'Before this instant.' },
};

const json = 'application/json';
const tag = 'Audit';
const own = 'Who does not manage the directory is told of their own organisation.';
const refusals = ['identity.organisation_not_found'];

export const auditDescriptions: readonly Description[] = [
  {
    ...{ method: 'GET', path: '/admin/v1/audit', id: 'listAuditEvents', tag, summary: 'List what happened' },
    text: `Newest first. Filters combine. A page may be short, or even empty, and have a next one: so much was looked through. ${own}`,
    query: { ...filters, ...pageParameters },
    answers: { 200: { text: 'A page of events.', content: { [json]: { schema: pageOf('AuditPage', entry) } } } },
    refusals,
  },
  {
    ...{
      method: 'GET',
      path: '/admin/v1/audit/export',
      id: 'exportAuditEvents',
      tag,
      summary: 'Export the audit trail',
    },
    text: `Every event up to now as a line, oldest first, with its mac; as fast as it is taken. That it was exported is an event itself. ${own}`,
    query: filters,
    answers: { 200: { text: 'The events.', content: { 'application/x-ndjson': { schema: line } } } },
    refusals,
  },
  {
    ...{
      method: 'POST',
      path: '/admin/v1/audit/verify',
      id: 'verifyAuditTrail',
      tag,
      summary: 'Verify the audit trail',
    },
    text: 'Reads the whole trail and says what is not as it was written. One at a time: who asks meanwhile gets the same verdict.',
    answers: { 200: { text: 'The verdict.', content: { [json]: { schema: verdict } } } },
  },
];
