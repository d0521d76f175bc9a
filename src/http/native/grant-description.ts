/** `/admin/v1/grants` and `/data/v1/explain` in words and shapes. @module */
import Type from 'typebox';
import { accessRules } from '../../access/index.js';
import { maskSpellings, operations } from '../../query/index.js';
import type { DescribedParameter, Description } from '../kit/description.js';
import { bodyOf, epochMs, nullable, pageOf, pageParameters, wordOf } from '../kit/schemas.js';
import { grantTerms, newGrant } from './grant-routes.js';

const operation = Type.Enum([...operations], { $id: 'Operation', type: 'string' });
const columns = (text: string) => nullable(Type.Array(Type.String(), { description: `${text} Null: every column.` }));
const filter = Type.Record(Type.String(), Type.Unknown(), {
  $id: 'Filter',
  description:
    'Conditions by column, all of which hold: `{"active": {"eq": "Y"}, "name": {"starts": "A"}}`; `and`, `or` and ' +
    '`not` take a list of filters. Values `$user`, `$org` and `$claims.<name>` stand for what is known of the caller.',
});
const masks = Type.Record(Type.String(), Type.String(), {
  $id: 'Masks',
  description: `By column, what is shown in place of its value: ${maskSpellings.map((one) => `\`${one}\``).join(', ')}.`,
});

const terms = {
  operations: Type.Array(operation),
  readable: columns('Columns whose values it reveals.'),
  writable: columns('Columns whose values may be given.'),
  filter: nullable(filter),
  masks,
};

const grant = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    role: Type.String({ description: 'Name of the role.' }),
    dataset: Type.String({ description: 'Name of the dataset.' }),
    source: Type.String({ description: 'Name of its source.' }),
    organisation: Type.String({ description: 'Uid of the organisation.' }),
    ...terms,
    createdAtMs: epochMs('When it was made.'),
  },
  { $id: 'Grant' },
);

const explanation = Type.Object(
  {
    isAllowed: Type.Boolean(),
    dataset: Type.String(),
    source: Type.String(),
    operation,
    reason: Type.String({ description: 'A sentence that names the rule.' }),
    rule: wordOf([...accessRules, 'account_disabled'], 'The rule that decided.'),
    remedy: nullable(Type.String({ description: 'The command that would allow it, where a grant would help.' })),
    grants: Type.Array(Type.Object({ id: Type.String(), role: Type.String(), ...terms }, { $id: 'ExplainedGrant' }), {
      description: 'The grants that count, and what each lets through.',
    }),
  },
  { $id: 'Explanation' },
);

const given = {
  filter: Type.Optional(nullable(filter)),
  masks: Type.Optional(masks),
};
const texts = {
  dataset: 'Id or name of a dataset; or a table by `source`, `schema` and `table`, which becomes one where it is none.',
  operations: '`query` alone where nothing is said.',
};

const params: Readonly<Record<string, DescribedParameter>> = {
  grant: {
    schema: Type.String({ format: 'uuid' }),
    text: 'Id of the grant.',
    isRequired: true,
    example: '0190b6a4-7d11-7a20-8c55-90be4d1f6a32',
  },
};
const json = 'application/json';
const tag = 'Grants';
const shown = (text: string) => ({ text, content: { [json]: { schema: grant } } });
const termRefusals = ['data.grant_invalid', 'query.filter_invalid', 'query.filter_too_large'];

export const grantDescriptions: readonly Description[] = [
  {
    ...{ method: 'GET', path: '/admin/v1/grants', id: 'listGrants', tag, summary: 'List grants' },
    text: 'Who may do what with which dataset. Several grants of one user add up without lending each other anything.',
    query: {
      role: { schema: Type.String(), text: 'Name: only those of this role.', example: 'member' },
      source: { schema: Type.String(), text: 'Id or name: only those on datasets of this source.' },
      dataset: { schema: Type.String(), text: 'Id or name: only those on this dataset.' },
      organisation: { schema: Type.String(), text: 'Uid: only those of this organisation.', example: 'cloudio' },
      ...pageParameters,
    },
    answers: { 200: { text: 'A page of grants.', content: { [json]: { schema: pageOf('GrantPage', grant) } } } },
  },
  {
    ...{ method: 'POST', path: '/admin/v1/grants', id: 'addGrant', tag, summary: 'Grant a dataset to a role' },
    body: {
      [json]: {
        schema: bodyOf('NewGrant', Type.Object({ ...newGrant.properties, ...given }), texts),
        examples: {
          query: { role: 'member', source: 'sample', schema: 'main', table: 'salaries' },
          narrowed: {
            role: 'member',
            dataset: 'Employees',
            operations: ['query', 'update'],
            readable: ['emp_id', 'name', 'department_id', 'salary'],
            writable: ['department_id'],
            filter: { active: { eq: 'Y' } },
            masks: { salary: 'null' },
          },
        },
      },
    },
    answers: { 201: shown('The grant.') },
    refusals: [
      ...['data.dataset_not_found', 'data.role_not_found', 'data.role_ambiguous', 'data.relation_not_found'],
      ...[...termRefusals, 'sources.not_found', 'sources.unreachable'],
    ],
  },
  {
    ...{ method: 'GET', path: '/admin/v1/grants/:grant', id: 'showGrant', tag, summary: 'Show a grant' },
    params,
    answers: { 200: shown('The grant.') },
    refusals: ['data.grant_not_found'],
  },
  {
    ...{ method: 'PATCH', path: '/admin/v1/grants/:grant', id: 'changeGrant', tag, summary: 'Change a grant' },
    text: 'Only what is named changes, each of them as a whole.',
    params,
    body: {
      [json]: {
        schema: bodyOf('GrantChange', Type.Object({ ...grantTerms.properties, ...given })),
        examples: { mask: { masks: { name: 'keep-left:2' } }, widen: { readable: null, filter: null } },
      },
    },
    answers: { 200: shown('The grant as it is now.') },
    refusals: ['data.grant_not_found', ...termRefusals],
  },
  {
    ...{ method: 'DELETE', path: '/admin/v1/grants/:grant', id: 'removeGrant', tag, summary: 'Take a grant back' },
    params,
    answers: { 204: { text: 'It is gone, and counts no more from the next request on.' } },
    refusals: ['data.grant_not_found'],
  },
  {
    ...{ method: 'GET', path: '/data/v1/explain', id: 'explainAccess', tag, summary: 'Explain access' },
    text:
      'Why somebody may do something with a dataset, or may not. Everybody may ask about themselves; about others, ' +
      'whoever manages the directory. Name the dataset by `source` and `object`, or by `dataset`.',
    query: {
      operation: { schema: operation, text: 'What is to be done.', isRequired: true, example: 'query' },
      source: { schema: Type.String(), text: 'Name or id of a source.', example: 'sample' },
      object: { schema: Type.String(), text: 'Name of its dataset, or `schema.table`.', example: 'Employees' },
      dataset: { schema: Type.String(), text: 'Name of a dataset of one’s organisation.' },
      columns: { schema: Type.String(), text: 'Names with commas between.', example: 'name,salary' },
      user: { schema: Type.String(), text: 'Name of somebody else.' },
    },
    answers: { 200: { text: 'The rule that decides.', content: { [json]: { schema: explanation } } } },
    refusals: ['identity.user_not_found', 'data.dataset_ambiguous'],
  },
];
