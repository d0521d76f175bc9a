/** Chooses what is granted: a source, then one of its tables, views or named queries. @module */
import { Select, SimpleGrid, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useDatasets, useSources } from '../../api/access';
import type { Problem } from '../../api/client';
import { useMay } from '../../api/session';
import { faultOf, ProblemAlert } from '../../parts/problem-alert';
import { useTables } from './catalog';
import type { Target } from './draft';

const typedMs = 300;
const shownAtOnce = 200;

export function GrantTarget({
  source,
  target,
  onSource,
  onTarget,
  problem,
}: {
  readonly source: string;
  readonly target: Target | null;
  readonly onSource: (source: string) => void;
  readonly onTarget: (target: Target | null) => void;
  readonly problem: Problem | null;
}) {
  const may = useMay();
  const sources = useSources(may('sources.inspect'));
  const names = (sources.found ?? []).map(({ name, organisation }) => ({
    value: name,
    label: `${name} (${organisation})`,
  }));
  const isKnown = source === '' || names.some(({ value }) => value === source);
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {may('sources.inspect') ? (
          <Select
            label="Source"
            placeholder={sources.isLoading ? 'Loading…' : 'Choose a source'}
            data={isKnown ? names : [{ value: source, label: source }, ...names]}
            value={source === '' ? null : source}
            onChange={(name) => {
              onSource(name ?? '');
              onTarget(null);
            }}
            searchable
            allowDeselect={false}
            nothingFoundMessage="No such source"
            {...faultOf(problem, 'source')}
            required
          />
        ) : (
          <TextInput
            label="Source"
            description="Its name. Your account may not list sources."
            value={source}
            onChange={(event) => onSource(event.currentTarget.value)}
            {...faultOf(problem, 'source')}
            autoComplete="off"
            required
          />
        )}
        {may('sources.inspect') ? (
          <TableSelect source={source} target={target} onTarget={onTarget} problem={problem} />
        ) : (
          <TypedTable target={target} onTarget={onTarget} problem={problem} />
        )}
      </SimpleGrid>
      <ProblemAlert problem={sources.problem} />
    </>
  );
}

/** What a choice stands for, and how it is written down as one text. */
function keyOf(target: Target): string {
  return JSON.stringify(target.by === 'table' ? [target.schema, target.table] : [target.id]);
}

function TableSelect({
  source,
  target,
  onTarget,
  problem,
}: {
  readonly source: string;
  readonly target: Target | null;
  readonly onTarget: (target: Target | null) => void;
  readonly problem: Problem | null;
}) {
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed, typedMs);
  const all = useTables(source, '');
  const isLooking = all.found?.areMore === true && search !== '' && search !== labelOf(target);
  const narrowed = useTables(isLooking ? source : '', search);
  const { found: datasets = [] } = useDatasets(source === '' ? null : source);
  const tables = (isLooking ? narrowed.found : all.found)?.tables ?? [];
  const choices: readonly Target[] = [
    ...datasets.flatMap(({ id, name, kind }) => (kind === 'query' ? [{ by: 'dataset' as const, id, name }] : [])),
    ...tables.map(({ schema, name }) => ({ by: 'table' as const, schema, table: name })),
  ];
  const isKnown = target === null || choices.some((one) => keyOf(one) === keyOf(target));
  const known = isKnown || target === null ? choices : [target, ...choices];
  const grouped = (by: Target['by']) =>
    known.filter((one) => one.by === by).map((one) => ({ value: keyOf(one), label: labelOf(one) }));
  const queries = grouped('dataset');
  return (
    <>
      <Select
        label="Table, view or named query"
        placeholder={source === '' ? 'Choose a source first' : all.isLoading ? 'Reading the database…' : 'Type a name'}
        disabled={source === ''}
        data={[
          ...(queries.length === 0 ? [] : [{ group: 'Named queries', items: queries }]),
          { group: 'Tables and views', items: grouped('table') },
        ]}
        value={target === null ? null : keyOf(target)}
        onChange={(value) => onTarget(known.find((one) => keyOf(one) === value) ?? null)}
        onSearchChange={setTyped}
        searchable
        allowDeselect={false}
        limit={shownAtOnce}
        nothingFoundMessage={all.isLoading || narrowed.isLoading ? 'Looking…' : 'Nothing of that name'}
        {...faultOf(problem, problem?.field === 'dataset' || problem?.field === 'schema' ? problem.field : 'table')}
        required
      />
      <ProblemAlert problem={all.problem ?? narrowed.problem} title="What the source holds could not be read" />
    </>
  );
}

function labelOf(target: Target | null): string {
  if (target === null) return '';
  return target.by === 'table' ? `${target.schema}.${target.table}` : target.name;
}

/** Who may grant and not look into databases names what they were told. */
function TypedTable({
  target,
  onTarget,
  problem,
}: {
  readonly target: Target | null;
  readonly onTarget: (target: Target | null) => void;
  readonly problem: Problem | null;
}) {
  const [text, setText] = useState(labelOf(target));
  return (
    <TextInput
      label="Table or view"
      description="With its schema: main.orders. Your account may not look into the database."
      value={text}
      onChange={(event) => {
        const { value } = event.currentTarget;
        setText(value);
        const dot = value.indexOf('.');
        onTarget(dot > 0 ? { by: 'table', schema: value.slice(0, dot), table: value.slice(dot + 1) } : null);
      }}
      {...faultOf(problem, problem?.field === 'schema' ? 'schema' : 'table')}
      required
    />
  );
}
