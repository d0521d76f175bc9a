/** `/admin/v1/overview` and `/admin/v1/settings` in words and shapes. @module */
import Type from 'typebox';
import { maxActivityHours } from '../../audit/index.js';
import { healthStates } from '../../sources/index.js';
import type { Description } from '../kit/description.js';
import { epochMs, nullable, wordOf } from '../kit/schemas.js';

const text = Type.String();
const count = Type.Integer({ minimum: 0 });
const hour = epochMs('When the hour begins.');

const overview = Type.Object(
  {
    node: Type.Object({
      version: text,
      startedAtMs: epochMs('When this process started.'),
      nodeVersion: text,
      rssBytes: Type.Integer({ description: 'Memory of the process.' }),
      store: Type.Object({ engine: wordOf(['sqlite', 'postgres']), isReady: Type.Boolean() }),
      listeners: Type.Object(
        { http: nullable(text), https: nullable(text) },
        { description: 'Base URLs; null for one that is off.' },
      ),
    }),
    sources: Type.Object({
      total: count,
      byHealth: Type.Object(
        Object.fromEntries(healthStates.map((state) => [state, count])) as Record<
          (typeof healthStates)[number],
          typeof count
        >,
      ),
    }),
    counts: Type.Object({
      users: Type.Integer({ description: 'People and API users.' }),
      serviceAccounts: count,
      organisations: count,
      apiKeys: Type.Integer({ description: 'That are good now.' }),
      sessions: Type.Integer({ description: 'That are live now.' }),
    }),
    signIns: Type.Array(Type.Object({ atMs: hour, succeeded: count, refused: count }), {
      description: 'One for each hour, oldest first; the last is the present one.',
    }),
    refusals: Type.Array(Type.Object({ reason: text, count }), {
      description: 'Of these hours, the most frequent reasons first; at most 20.',
    }),
    connectionTests: Type.Array(Type.Object({ atMs: hour, passed: count, failed: count })),
  },
  { $id: 'Overview' },
);

const setting = Type.Object(
  {
    name: Type.String({ description: 'As it stands in the configuration file.' }),
    variable: Type.String({ description: 'The environment variable, which wins over the file.' }),
    value: nullable(Type.Union([text, Type.Number()], { description: 'Null for a secret, and for what is not set.' })),
    isSecret: Type.Boolean(),
    isSet: Type.Boolean(),
    from: wordOf(['default', 'file', 'environment']),
    text: Type.String({ description: 'What it decides.' }),
    unit: nullable(text),
  },
  { $id: 'Setting' },
);

const json = 'application/json';
const tag = 'Service';

export const overviewDescriptions: readonly Description[] = [
  {
    ...{ method: 'GET', path: '/admin/v1/overview', id: 'showOverview', tag, summary: 'Show how everything is' },
    text: 'The node, what there is, and what went on in the last hours; as it was at most a minute ago. Who does not manage the directory is told of their own organisation.',
    query: {
      hours: {
        schema: Type.Integer({ minimum: 1, maximum: maxActivityHours, default: 24 }),
        text: 'How many hours, the present one included.',
        example: 24,
      },
    },
    answers: { 200: { text: 'The overview.', content: { [json]: { schema: overview } } } },
  },
  {
    ...{ method: 'GET', path: '/admin/v1/settings', id: 'listSettings', tag, summary: 'List settings in force' },
    text: 'What this node was started with, and from where. Secrets are only said to be set.',
    answers: {
      200: {
        text: 'Every setting.',
        content: { [json]: { schema: Type.Object({ items: Type.Array(setting) }, { $id: 'Settings' }) } },
      },
    },
  },
];
