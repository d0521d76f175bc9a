/** Which columns a grant reveals, which it lets be written, and what stands in for what may not be seen. @module */
import { Badge, Checkbox, Group, NumberInput, Select, Stack, Switch, TagsInput, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Problem } from '../../api/client';
import { Rows } from '../../parts/data-table';
import { faultOf } from '../../parts/problem-alert';
import type { GrantableColumn } from './catalog';
import { masksFor } from './draft';

/** Above it, a search helps. */
const manyColumns = 12;
const keptAtFirst = 4;

const maskWords: Readonly<Record<string, string>> = {
  '': 'as it is',
  null: 'empty',
  hash: 'a pseudonym (hash)',
  'keep-left': 'its first characters',
  'keep-right': 'its last characters',
  year: 'the year only',
  month: 'year and month only',
  day: 'the day only',
};

export interface ColumnTerms {
  readonly readable: readonly string[] | null;
  readonly writable: readonly string[] | null;
  readonly masks: Readonly<Record<string, string>>;
}

export function GrantColumns({
  columns,
  terms,
  canWrite,
  onChange,
  problem,
}: {
  /** `null`: not known; their names are typed. */
  readonly columns: readonly GrantableColumn[] | null;
  readonly terms: ColumnTerms;
  /** Whether an operation is chosen that gives values. */
  readonly canWrite: boolean;
  readonly onChange: (terms: Partial<ColumnTerms>) => void;
  readonly problem: Problem | null;
}) {
  const { readable, writable } = terms;
  const [search, setSearch] = useState('');
  const all = columns?.map(({ name }) => name) ?? [];
  const givable = columns?.filter(({ isComputed }) => !isComputed).map(({ name }) => name) ?? [];
  // What a grant or an address names and the table has not is shown too: else nobody could take it out.
  const strays = namedIn(terms).filter((name) => !all.includes(name));
  const known = [...(columns ?? []), ...strays.map(unknownColumn)];
  const shown = known.filter(({ name }) => name.toLowerCase().includes(search.toLowerCase()));
  return (
    <Stack>
      <Group gap="lg">
        <Switch
          label="Every column may be read"
          description="Also those that are added to the table later."
          checked={readable === null}
          onChange={(event) => onChange({ readable: event.currentTarget.checked ? null : all })}
        />
        {canWrite ? (
          <Switch
            label="Every column may be written"
            description="Also those that are added to the table later."
            checked={writable === null}
            onChange={(event) => onChange({ writable: event.currentTarget.checked ? null : givable })}
          />
        ) : null}
      </Group>
      {columns === null && readable !== null ? (
        <TypedColumns
          label="Columns that may be read"
          names={readable}
          onChange={(names) => onChange({ readable: names })}
        />
      ) : null}
      {columns === null && canWrite && writable !== null ? (
        <TypedColumns
          label="Columns that may be written"
          names={writable}
          onChange={(names) => onChange({ writable: names })}
        />
      ) : null}
      {columns === null ? (
        <TypedColumns
          label="Columns that are masked"
          names={Object.keys(terms.masks)}
          onChange={(names) =>
            onChange({ masks: Object.fromEntries(names.map((name) => [name, terms.masks[name] ?? 'null'])) })
          }
        />
      ) : null}
      {(['readable', 'writable', 'masks'] as const).map((field) => {
        const { error } = faultOf(problem, field);
        return error === undefined ? null : (
          <Text key={field} size="sm" c="var(--mantine-color-error)" role="alert">
            {error}
          </Text>
        );
      })}
      {known.length > manyColumns ? (
        <TextInput
          label="Find a column"
          type="search"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      ) : null}
      {known.length === 0 ? null : (
        <Rows
          label="Columns"
          rows={shown}
          rowKey={({ name }) => name}
          columns={[
            {
              title: 'Column',
              cell: ({ name, isKey, isComputed }) => (
                <Group gap={6}>
                  <span>{name}</span>
                  {isKey ? <Mark>key</Mark> : null}
                  {isComputed ? <Mark>computed</Mark> : null}
                  {columns !== null && strays.includes(name) ? <Mark>not in the table</Mark> : null}
                </Group>
              ),
            },
            ...(columns === null
              ? []
              : [{ title: 'Type', cell: ({ nativeType, type }: GrantableColumn) => nativeType ?? type ?? '–' }]),
            {
              title: 'Read',
              cell: ({ name }) => (
                <Tick
                  label={`Read ${name}`}
                  isAll={readable === null}
                  isOn={readable === null || readable.includes(name)}
                  onChange={(isOn) => onChange({ readable: toggled(readable ?? all, name, isOn, all) })}
                />
              ),
            },
            ...(canWrite
              ? [
                  {
                    title: 'Write',
                    cell: ({ name, isComputed }: GrantableColumn) =>
                      isComputed ? (
                        <Text size="sm" c="dimmed">
                          never
                        </Text>
                      ) : (
                        <Tick
                          label={`Write ${name}`}
                          isAll={writable === null}
                          isOn={writable === null || writable.includes(name)}
                          onChange={(isOn) => onChange({ writable: toggled(writable ?? givable, name, isOn, all) })}
                        />
                      ),
                  },
                ]
              : []),
            {
              title: 'Shown as',
              cell: ({ name, type }) =>
                readable === null || readable.includes(name) ? (
                  <MaskChoice
                    column={name}
                    type={type}
                    mask={terms.masks[name] ?? ''}
                    onChange={(mask) => onChange({ masks: withMask(terms.masks, name, mask) })}
                  />
                ) : (
                  <Text size="sm" c="dimmed">
                    not at all
                  </Text>
                ),
            },
          ]}
        />
      )}
    </Stack>
  );
}

function Mark({ children }: { readonly children: string }) {
  return (
    <Badge size="sm" variant="light" color="gray" tt="none">
      {children}
    </Badge>
  );
}

/** A box that cannot be unticked alone while every column is meant. */
function Tick({
  label,
  isAll,
  isOn,
  onChange,
}: {
  readonly label: string;
  readonly isAll: boolean;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}) {
  return (
    <Checkbox
      aria-label={label}
      checked={isOn}
      disabled={isAll}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

function MaskChoice({
  column,
  type,
  mask,
  onChange,
}: {
  readonly column: string;
  readonly type: string | null;
  /** As the server spells it; empty: none. */
  readonly mask: string;
  readonly onChange: (mask: string) => void;
}) {
  const [kind = '', count] = mask.split(':');
  const offered = masksFor(type);
  const words = offered.includes(kind) || kind === '' ? offered : [...offered, kind];
  return (
    <Group gap={6}>
      <Select
        aria-label={`${column} is shown as`}
        size="xs"
        w={170}
        data={['', ...words].map((word) => ({ value: word, label: maskWords[word] ?? word }))}
        value={kind}
        onChange={(word) =>
          onChange(word === 'keep-left' || word === 'keep-right' ? `${word}:${keptAtFirst}` : (word ?? ''))
        }
        allowDeselect={false}
      />
      {count === undefined ? null : (
        <NumberInput
          aria-label={`How many characters of ${column} are shown`}
          size="xs"
          w={72}
          min={0}
          max={1_000}
          allowDecimal={false}
          value={Number(count)}
          onChange={(next) => onChange(`${kind}:${typeof next === 'number' ? next : 0}`)}
        />
      )}
    </Group>
  );
}

function TypedColumns({
  label,
  names,
  onChange,
}: {
  readonly label: string;
  readonly names: readonly string[];
  readonly onChange: (names: string[]) => void;
}) {
  return (
    <TagsInput
      label={label}
      description="Their names, with Enter after each: the columns of this one cannot be looked up."
      value={[...names]}
      onChange={onChange}
      acceptValueOnBlur
    />
  );
}

/** In the order of the table, whatever the order of the clicks. */
function toggled(names: readonly string[], name: string, isOn: boolean, order: readonly string[]): string[] {
  const next = isOn ? [...names, name] : names.filter((one) => one !== name);
  const place = (one: string) => order.indexOf(one);
  return next.sort((a, b) => place(a) - place(b));
}

function withMask(masks: Readonly<Record<string, string>>, column: string, mask: string): Record<string, string> {
  const rest = Object.entries(masks).filter(([name]) => name !== column);
  return Object.fromEntries(mask === '' ? rest : [...rest, [column, mask]]);
}

function namedIn({ readable, writable, masks }: ColumnTerms): readonly string[] {
  return [...new Set([...(readable ?? []), ...(writable ?? []), ...Object.keys(masks)])];
}

function unknownColumn(name: string): GrantableColumn {
  return { name, type: null, nativeType: null, isKey: false, isComputed: false };
}
