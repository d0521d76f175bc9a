/** Changes of a catalogue in words, gathered by what they are about. @module */
import type { components } from '../../api/schema';
import type { Tone } from '../../parts/status';

type Change = components['schemas']['CatalogChange'];

/** `Column added`, `Foreign key removed`. */
export function sayChange({ kind }: Pick<Change, 'kind'>): string {
  const words = kind.replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

export function toneOf({ kind }: Pick<Change, 'kind'>): Tone {
  if (kind.endsWith('_added')) return 'good';
  return kind.endsWith('_removed') ? 'warning' : 'info';
}

/** What it is about, as it was and as it is: `email: text → varchar(80)`. */
export function sayForm({ member, before, after }: Pick<Change, 'member' | 'before' | 'after'>): string {
  const form =
    before !== null && after !== null ? `${before} → ${after}` : before === null ? (after ?? '') : `was ${before}`;
  return [member, form].filter((part) => part !== null && part !== '').join(': ');
}

export interface ChangedObject {
  readonly name: string;
  readonly changes: readonly Change[];
}

/** By table, type, sequence or routine; those with a breaking change first, else as they came. */
export function groupChanges(changes: readonly Change[]): readonly ChangedObject[] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const name = change.object === null ? change.schema : `${change.schema}.${change.object}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [change]);
    else group.push(change);
  }
  const isBreaking = (own: readonly Change[]) => own.some((change) => change.isBreaking);
  return [...groups]
    .map(([name, own]) => ({ name, changes: own }))
    .toSorted((a, b) => Number(isBreaking(b.changes)) - Number(isBreaking(a.changes)));
}
