/** One source, in tabs. Which is open stands in the address, so that it can be sent to somebody. @module */
import { Group, Tabs } from '@mantine/core';
import { Suspense } from 'react';
import { useSearchParams } from 'wouter';
import { problemOf } from '../../api/client';
import { Waiting } from '../../parts/data-table';
import { Page } from '../../parts/page';
import { partOf } from '../../parts/part-of';
import { ProblemAlert } from '../../parts/problem-alert';
import { To } from '../../parts/to';
import { DriftTab } from './drift-tab';
import { engines, placeOf, type Source } from './engines';
import { Health } from './health';
import { useSource } from './one-source';
import { OverviewTab } from './overview-tab';
import { PreflightTab } from './preflight-tab';
import { SchemaTab } from './schema-tab';

const DiagramTab = partOf(async () => (await import('./diagram-tab')).DiagramTab);

const tabs = [
  { value: 'overview', title: 'Overview', panel: OverviewTab },
  { value: 'preflight', title: 'Preflight', panel: PreflightTab },
  { value: 'schema', title: 'Schema', panel: SchemaTab },
  { value: 'diagram', title: 'Diagram', panel: DiagramTab },
  { value: 'drift', title: 'Drift', panel: DriftTab },
] as const;

export interface TabProps {
  readonly source: Source;
}

export function SourcePage({ name }: { readonly name: string }) {
  const { data: source, error } = useSource(name);
  const [search, setSearch] = useSearchParams();
  const tab = tabs.find(({ value }) => value === search.get('tab'))?.value ?? 'overview';
  if (error !== null && source === undefined) {
    return (
      <Page title={name} actions={<AllSources />}>
        <ProblemAlert problem={problemOf(error)} />
      </Page>
    );
  }
  return (
    <Page
      title={source?.name ?? name}
      text={source === undefined ? undefined : `${engines[source.engine].title}, ${placeOf(source)}`}
      actions={
        <Group gap="sm">
          {source === undefined ? null : <Health state={source.health.state} />}
          <AllSources />
        </Group>
      }
    >
      {source === undefined ? (
        <Waiting />
      ) : (
        <Tabs
          value={tab}
          onChange={(value) => setSearch(value === null || value === 'overview' ? {} : { tab: value })}
          keepMounted={false}
          // Some panels ask the database: passing by with the arrow keys is no wish to open them.
          activateTabWithKeyboard={false}
        >
          <Tabs.List mb="md">
            {tabs.map(({ value, title }) => (
              <Tabs.Tab key={value} value={value}>
                {title}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {tabs.map(({ value, panel: Panel }) => (
            <Tabs.Panel key={value} value={value} keepMounted={value === 'preflight'}>
              <Suspense fallback={<Waiting />}>
                <Panel source={source} />
              </Suspense>
            </Tabs.Panel>
          ))}
        </Tabs>
      )}
    </Page>
  );
}

function AllSources() {
  return (
    <To href="/sources" size="sm">
      All sources
    </To>
  );
}
