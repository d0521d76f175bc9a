/** `/admin/v1/datasets` in words and shapes. @module */
import Type from 'typebox';
import type { DescribedParameter, Description } from '../kit/description.js';
import { bodyOf, epochMs, nullable, pageOf, pageParameters, wordOf } from '../kit/schemas.js';
import { datasetChange, newDataset } from './dataset-routes.js';

const dataset = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    name: Type.String({ description: 'What it is granted and asked for by; unique in its organisation.' }),
    source: Type.String({ description: 'Name of the source.' }),
    kind: wordOf(['table', 'query']),
    schema: nullable(Type.String()),
    table: nullable(Type.String({ description: 'The table or view; null for a named query.' })),
    query: nullable(Type.String({ description: 'One `SELECT`; null for a table.' })),
    createdAtMs: epochMs('When it was made.'),
  },
  { $id: 'Dataset' },
);

const params: Readonly<Record<string, DescribedParameter>> = {
  dataset: { schema: Type.String(), text: 'Id or name of the dataset.', isRequired: true, example: 'Employees' },
};
const json = 'application/json';
const tag = 'Datasets';
const shown = (text: string) => ({ text, content: { [json]: { schema: dataset } } });

export const datasetDescriptions: readonly Description[] = [
  {
    ...{ method: 'GET', path: '/admin/v1/datasets', id: 'listDatasets', tag, summary: 'List datasets' },
    text: 'The tables, views and named queries that can be granted.',
    query: {
      source: { schema: Type.String(), text: 'Id or name: only those of this source.', example: 'sample' },
      ...pageParameters,
    },
    answers: { 200: { text: 'A page of datasets.', content: { [json]: { schema: pageOf('DatasetPage', dataset) } } } },
  },
  {
    ...{ method: 'POST', path: '/admin/v1/datasets', id: 'addDataset', tag, summary: 'Add a dataset' },
    text:
      'A table or view of a source by `schema` and `table`, or one `SELECT` as `query`. A grant on a table makes its ' +
      'dataset by itself, so this is needed for names of one’s own and for queries.',
    body: {
      [json]: {
        schema: bodyOf('NewDataset', newDataset, {
          source: 'Id or name.',
          name: 'Made from the name of the table where nothing is said: `order_items` becomes `OrderItems`.',
          query: 'One `SELECT` without parameters; then neither `schema` nor `table`.',
        }),
        examples: {
          table: { source: 'sample', name: 'Undertakings', schema: 'main', table: 'projects' },
          query: {
            source: 'sample',
            name: 'DepartmentSizes',
            query: 'SELECT department_id, count(*) AS people FROM employees GROUP BY department_id',
          },
        },
      },
    },
    answers: { 201: shown('The dataset.') },
    refusals: [
      ...['sources.not_found', 'data.name_invalid', 'data.name_taken', 'data.place_taken', 'data.query_invalid'],
      ...['data.relation_not_found', 'sources.unreachable'],
    ],
  },
  {
    ...{ method: 'GET', path: '/admin/v1/datasets/:dataset', id: 'showDataset', tag, summary: 'Show a dataset' },
    params,
    answers: { 200: shown('The dataset.') },
    refusals: ['data.dataset_not_found', 'data.dataset_ambiguous'],
  },
  {
    ...{ method: 'PATCH', path: '/admin/v1/datasets/:dataset', id: 'renameDataset', tag, summary: 'Rename a dataset' },
    params,
    body: {
      [json]: { schema: bodyOf('DatasetChange', datasetChange), examples: { rename: { name: 'Staff' } } },
    },
    answers: { 200: shown('The dataset with its new name.') },
    refusals: ['data.dataset_not_found', 'data.name_invalid', 'data.name_taken'],
  },
  {
    ...{ method: 'DELETE', path: '/admin/v1/datasets/:dataset', id: 'removeDataset', tag, summary: 'Remove a dataset' },
    text: 'With the grants on it. The table itself is not touched.',
    params,
    answers: { 204: { text: 'It is gone.' } },
    refusals: ['data.dataset_not_found'],
  },
];
