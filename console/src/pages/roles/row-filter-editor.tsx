/** Builds a row filter from conditions and groups, beside the JSON it stands for; either can be written in. @module */
import {
  ActionIcon,
  Autocomplete,
  Button,
  Group as Line,
  Paper,
  Select,
  Stack,
  TagsInput,
  Text,
  Textarea,
} from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useState } from 'react';
import type { Problem } from '../../api/client';
import { focusKeeper } from '../../parts/focus-keeper';
import { faultOf } from '../../parts/problem-alert';
import type { GrantableColumn } from './catalog';
import {
  type Condition,
  formatJson,
  type Group,
  newCondition,
  newGroup,
  type Operator,
  operatorsFor,
  operatorWords,
  put,
  readFilterText,
  readScalar,
  takes,
  toJson,
  withOperator,
} from './row-filter';

interface Shared {
  readonly columns: readonly GrantableColumn[];
  /** Claims that are known to be of use: `$claims.region`. */
  readonly placeholders: readonly string[];
  readonly change: (next: (root: Group) => Group) => void;
}

const placeholders = ['$user', '$org', '$claims.region'];

export function RowFilterEditor({
  columns,
  rows,
  onChange,
  problem,
}: {
  readonly columns: readonly GrantableColumn[] | null;
  readonly rows: Group;
  /** @param fault  What is written as JSON is no filter, and `rows` is the last that was. */
  readonly onChange: (rows: Group, fault: string | null) => void;
  readonly problem: Problem | null;
}) {
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? formatJson(toJson(rows));
  const read = typed === null ? null : readFilterText(typed);
  const fault = read !== null && 'fault' in read ? read.fault : null;
  const shared: Shared = {
    columns: columns ?? [],
    placeholders,
    change: (next) => {
      setTyped(null);
      onChange(next(rows), null);
    },
  };
  return (
    <Stack>
      <GroupEditor group={rows} isRoot shared={shared} />
      <Text size="sm" c="dimmed">
        Values $user, $org and $claims.name stand for what is known of whoever asks; a value that begins with a dollar
        sign of its own is written with two. Whoever a claim is not known of sees no row.
      </Text>
      <Textarea
        label="As JSON"
        description="Paste a filter here, or read what the conditions stand for. Empty: every row."
        autosize
        minRows={2}
        maxRows={12}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        value={text}
        onChange={(event) => {
          const { value } = event.currentTarget;
          setTyped(value);
          const next = readFilterText(value);
          if ('group' in next) onChange(next.group, null);
          else onChange(rows, next.fault);
        }}
        {...(fault === null ? faultOf(problem, 'filter') : { error: fault })}
      />
    </Stack>
  );
}

const joins = [
  { value: 'and', label: 'all of these hold' },
  { value: 'or', label: 'any of these holds' },
  { value: 'nor', label: 'none of these holds' },
];

function GroupEditor({
  group,
  isRoot = false,
  shared,
}: {
  readonly group: Group;
  readonly isRoot?: boolean;
  readonly shared: Shared;
}) {
  const { change, columns } = shared;
  const add = (node: Condition | Group) =>
    change((root) => put(root, group.id, { ...group, members: [...group.members, node] }));
  const first = columns[0]?.name ?? '';
  return (
    <Paper withBorder p="sm" role="group" data-keeps-focus aria-label={isRoot ? 'Rows' : 'A group of conditions'}>
      <Stack gap="sm">
        <Line gap="xs" justify="space-between" wrap="nowrap">
          <Line gap="xs">
            <Text size="sm">Rows where</Text>
            <Select
              aria-label="How the conditions count"
              size="xs"
              w={180}
              data={joins}
              value={group.join}
              onChange={(join) =>
                change((root) => put(root, group.id, { ...group, join: (join ?? 'and') as Group['join'] }))
              }
              allowDeselect={false}
            />
          </Line>
          {isRoot ? null : (
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label="Remove the group"
              onClick={(event) => {
                focusKeeper(event.currentTarget)();
                change((root) => put(root, group.id, null));
              }}
            >
              <IconX size={16} aria-hidden />
            </ActionIcon>
          )}
        </Line>
        {group.members.length === 0 ? (
          <Text size="sm" c="dimmed">
            {isRoot ? 'No condition: the grant is for every row.' : 'No condition yet: the group counts for nothing.'}
          </Text>
        ) : null}
        {group.members.map((member) =>
          member.kind === 'group' ? (
            <GroupEditor key={member.id} group={member} shared={shared} />
          ) : (
            <ConditionEditor key={member.id} condition={member} shared={shared} />
          ),
        )}
        <Line gap="xs">
          <Button size="compact-sm" variant="default" data-next-focus onClick={() => add(newCondition(first))}>
            Add a condition
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => add(newGroup(group.join === 'or' ? 'and' : 'or', [newCondition(first)]))}
          >
            Add a group
          </Button>
        </Line>
      </Stack>
    </Paper>
  );
}

function ConditionEditor({ condition, shared }: { readonly condition: Condition; readonly shared: Shared }) {
  const { columns, change } = shared;
  const { id, column, operator } = condition;
  const type = columns.find(({ name }) => name === column)?.type ?? null;
  const replace = (next: Condition) => change((root) => put(root, id, next));
  const offered = operatorsFor(type);
  const all = offered.includes(operator) ? offered : [operator, ...offered];
  const label = column === '' ? 'the condition' : `the condition on ${column}`;
  return (
    <Line gap="xs" align="flex-start">
      {columns.length === 0 ? (
        <Autocomplete
          aria-label="Column"
          placeholder="column"
          size="xs"
          w={160}
          value={column}
          onChange={(name) => replace({ ...condition, column: name })}
        />
      ) : (
        <Select
          aria-label="Column"
          size="xs"
          w={160}
          data={[...new Set([...columns.map(({ name }) => name), column])].filter((name) => name !== '')}
          value={column === '' ? null : column}
          onChange={(name) => replace({ ...condition, column: name ?? '' })}
          searchable
          allowDeselect={false}
        />
      )}
      <Select
        aria-label={`How ${column} is compared`}
        size="xs"
        w={150}
        data={all.map((name) => ({ value: name, label: operatorWords[name] }))}
        value={operator}
        onChange={(name) => replace(withOperator(condition, (name ?? 'eq') as Operator))}
        allowDeselect={false}
      />
      <Values condition={condition} type={type} shared={shared} onChange={replace} />
      <ActionIcon
        variant="subtle"
        color="gray"
        size={30}
        aria-label={`Remove ${label}`}
        onClick={(event) => {
          focusKeeper(event.currentTarget)();
          change((root) => put(root, id, null));
        }}
      >
        <IconX size={16} aria-hidden />
      </ActionIcon>
    </Line>
  );
}

function Values({
  condition,
  type,
  shared,
  onChange,
}: {
  readonly condition: Condition;
  readonly type: string | null;
  readonly shared: Shared;
  readonly onChange: (condition: Condition) => void;
}) {
  const { column, operator, values } = condition;
  const count = takes(operator);
  if (count === 0) return null;
  const offered = [...(type === 'boolean' ? ['true', 'false'] : []), ...shared.placeholders];
  if (count === 'many') {
    return (
      <TagsInput
        aria-label={`Values for ${column}`}
        placeholder={values.length === 0 ? 'Enter after each' : undefined}
        size="xs"
        miw={200}
        flex={1}
        data={offered}
        value={[...new Set(values.map(String))]}
        onChange={(texts) => onChange({ ...condition, values: texts.map((text) => readScalar(text, type)) })}
        acceptValueOnBlur
      />
    );
  }
  return (
    <Line gap="xs">
      {Array.from({ length: count }, (_, at) => (
        <Autocomplete
          // biome-ignore lint/suspicious/noArrayIndexKey: the first is where a range begins, the second where it ends
          key={at}
          aria-label={count === 1 ? `Value for ${column}` : at === 0 ? `${column} from` : `${column} to`}
          placeholder={count === 1 ? 'value' : at === 0 ? 'from' : 'to'}
          size="xs"
          w={160}
          data={offered}
          value={String(values[at] ?? '')}
          onChange={(text) => {
            const next = values.map((value, place) => (place === at ? readScalar(text, type) : value));
            onChange({ ...condition, values: next });
          }}
        />
      ))}
    </Line>
  );
}
