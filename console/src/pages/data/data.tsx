/** The data one may use, in one's own reach: nothing here is more than what the same grants give an API key. @module */
import { Code } from '@mantine/core';
import { Route, Switch } from 'wouter';
import { api, unwrap } from '../../api/client';
import { useList } from '../../api/lists';
import type { components } from '../../api/schema';
import { type Column, DataTable } from '../../parts/data-table';
import { EmptyState } from '../../parts/empty-state';
import { Page } from '../../parts/page';
import { ButtonTo, To } from '../../parts/to';
import { RowsOfDataset } from './rows-of-dataset';

type Dataset = components['schemas']['GrantedDataset'];

export function Data() {
  return (
    <Switch>
      <Route path="/data/:source/:object">
        {({ source, object }) => <RowsOfDataset key={`${source}/${object}`} source={source} object={object} />}
      </Route>
      <Route>
        <Datasets />
      </Route>
    </Switch>
  );
}

const columns: readonly Column<Dataset>[] = [
  {
    title: 'Dataset',
    cell: ({ name, source }) => (
      <To href={`/data/${encodeURIComponent(source)}/${encodeURIComponent(name)}`}>{name}</To>
    ),
  },
  { title: 'Source', cell: ({ source }) => source },
  { title: 'Kind', cell: ({ kind }) => (kind === 'table' ? 'table or view' : 'named query') },
  { title: 'API', cell: ({ path }) => <Code>{path}</Code> },
];

function Datasets() {
  const list = useList(['data'], (cursor) => unwrap(api.GET('/data/v1', { params: { query: { cursor } } })));
  return (
    <Page title="Data" text="Tables, views and named queries that your roles were granted.">
      <DataTable
        label="Datasets"
        list={list}
        columns={columns}
        rowKey={({ source, name }) => `${source}/${name}`}
        empty={
          <EmptyState
            title="Nothing was granted to you"
            text="Administrators have no rows without a grant, either. A role of yours needs a grant on a table."
            action={<ButtonTo href="/roles">Roles and grants</ButtonTo>}
          />
        }
      />
    </Page>
  );
}
