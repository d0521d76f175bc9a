/** What an API key is narrowed to, as fields of a form: actions, sources, addresses, and when it ends. @module */
import { MultiSelect, NumberInput, Select, Stack, Switch, TagsInput } from '@mantine/core';
import { type ApiKey, useSources } from '../../api/access';
import type { Problem } from '../../api/client';
import { type Action, useMay } from '../../api/session';
import { ActionBoxes } from '../../parts/action-boxes';
import { faultOf } from '../../parts/problem-alert';

export interface Narrowing {
  /** `null`: what the owner may. */
  readonly scopes: readonly Action[] | null;
  /** Ids; `null`: any. */
  readonly sources: readonly string[] | null;
  readonly cidrs: readonly string[];
  readonly end: { readonly kind: 'unchanged' } | { readonly kind: 'days'; readonly days: number | null };
}

type Limits = Pick<ApiKey, 'scopes' | 'sources' | 'cidrs' | 'expiresAtMs'>;

const periods = [7, 30, 90, 365];

export function NarrowingFields({
  value,
  onChange,
  within,
  scopesAmong,
  problem,
}: {
  readonly value: Narrowing;
  readonly onChange: (value: Narrowing) => void;
  /** The key as it is, beyond which nothing is offered; `null`: a new one. */
  readonly within: Limits | null;
  readonly scopesAmong?: readonly string[];
  readonly problem: Problem | null;
}) {
  const may = useMay();
  const seesSources = may('sources.inspect') || may('directory.manage');
  const { found: sources = [] } = useSources(seesSources);
  const { scopes, sources: chosen, cidrs, end } = value;
  const put = (part: Partial<Narrowing>) => onChange({ ...value, ...part });
  const offered = sources.filter(({ id }) => within?.sources == null || within.sources.includes(id));
  // Sources that were removed since are told by their ids: they can still be taken from the key.
  const gone = (within?.sources ?? []).filter((id) => sources.every((source) => source.id !== id));
  const areScopesFixed = within !== null && within.scopes !== null;
  const areSourcesFixed = within !== null && within.sources !== null;
  return (
    <Stack>
      {areScopesFixed ? null : (
        <Switch
          label="Only some actions"
          description="Else the key may do what its owner may, whatever that becomes."
          checked={scopes !== null}
          onChange={(event) => put({ scopes: event.currentTarget.checked ? ['data.use'] : null })}
        />
      )}
      {scopes === null ? null : (
        <ActionBoxes
          label="It may at most"
          among={within?.scopes ?? scopesAmong}
          chosen={scopes}
          onChange={(names) => put({ scopes: names })}
          {...faultOf(problem, 'scopes')}
        />
      )}
      {seesSources && !areSourcesFixed ? (
        <Switch
          label="Only some sources"
          description="Else it reaches every source that its owner reaches."
          checked={chosen !== null}
          onChange={(event) => put({ sources: event.currentTarget.checked ? [] : null })}
        />
      ) : null}
      {chosen === null || !seesSources ? null : (
        <MultiSelect
          label="Sources it reaches"
          data={[
            ...offered.map(({ id, name }) => ({ value: id, label: name })),
            ...gone.map((id) => ({ value: id, label: `removed (${id.slice(0, 8)})` })),
          ]}
          value={[...chosen]}
          onChange={(ids) => put({ sources: ids })}
          searchable
          nothingFoundMessage="No such source"
          {...faultOf(problem, 'sources')}
        />
      )}
      <TagsInput
        label="Good from these addresses only"
        description="Addresses or ranges such as 10.0.0.0/8, with Enter after each. None: from anywhere."
        value={[...cidrs]}
        onChange={(ranges) => put({ cidrs: ranges })}
        splitChars={[',', ' ']}
        acceptValueOnBlur
        {...faultOf(problem, 'cidrs')}
      />
      <EndField end={end} onChange={(next) => put({ end: next })} within={within} problem={problem} />
    </Stack>
  );
}

function EndField({
  end,
  onChange,
  within,
  problem,
}: {
  readonly end: Narrowing['end'];
  readonly onChange: (end: Narrowing['end']) => void;
  readonly within: Limits | null;
  readonly problem: Problem | null;
}) {
  const isUsual = end.kind === 'days' && (end.days === null || periods.includes(end.days));
  const chosen = end.kind === 'unchanged' ? 'unchanged' : isUsual ? String(end.days) : 'other';
  return (
    <>
      <Select
        label="Ends"
        data={[
          within === null
            ? { value: 'null', label: 'Never by itself, as far as this install allows' }
            : { value: 'unchanged', label: 'As it is' },
          ...periods.map((days) => ({ value: String(days), label: `After ${days} days` })),
          { value: 'other', label: 'After another number of days' },
        ]}
        value={chosen}
        onChange={(word) => {
          if (word === 'unchanged') onChange({ kind: 'unchanged' });
          else if (word === 'other') onChange({ kind: 'days', days: 14 });
          else onChange({ kind: 'days', days: word === null || word === 'null' ? null : Number(word) });
        }}
        allowDeselect={false}
        {...(chosen === 'other' ? {} : faultOf(problem, 'expiresAtMs'))}
      />
      {chosen === 'other' && end.kind === 'days' ? (
        <NumberInput
          label="Days until it ends"
          min={1}
          max={36_500}
          allowDecimal={false}
          value={end.days ?? ''}
          onChange={(days) => onChange({ kind: 'days', days: typeof days === 'number' ? days : 1 })}
          {...faultOf(problem, 'expiresAtMs')}
        />
      ) : null}
    </>
  );
}
