/**
 * Rows of other datasets inside the rows of one, along the foreign keys between them. Each is a reading of its own, under
 * the caller's grants for that dataset: what may not be read there does not come in here. One level, and no more than
 * {@link embedLimits}.
 *
 * @module
 */
import type { DatasetReference, DatasetView, OutputShape } from '../../data/index.js';
import type { Filter, ForeignKey } from '../../query/index.js';
import type { DataRow } from '../../sources/index.js';
import type { GuardedCall } from '../kit/route.js';
import { jsonRow } from './data-forms.js';
import { keyColumns } from './data-key.js';
import { type EmbedWord, invalid } from './data-words.js';

export const embedLimits = {
  /** Keys looked up by one query. */
  keys: 200,
  /** Rows that may come for them. */
  rows: 10_000,
} as const;

/** One embedded dataset, with the columns that join it. */
export interface EmbedLink {
  readonly as: string;
  /** Whether there is at most one such row. */
  readonly isOne: boolean;
  readonly reference: DatasetReference;
  readonly here: readonly string[];
  readonly there: readonly string[];
  readonly columns: readonly string[] | null;
  readonly order: readonly string[];
}

/**
 * Finds the foreign keys by which datasets are embedded.
 *
 * @throws `data.dataset_denied` · `http.field_invalid` details.field `embed` when there is no such foreign key, or more
 * than one and none is named.
 */
export async function linkEmbeds(
  { core, principal, origin }: GuardedCall,
  view: DatasetView,
  source: string,
  words: readonly EmbedWord[],
): Promise<EmbedLink[]> {
  const links: EmbedLink[] = [];
  for (const word of words) {
    const reference: DatasetReference = { by: 'place', source, object: word.object };
    const other = await core.data.view({ principal, origin }, reference);
    links.push(linkTo(view, other, reference, word));
  }
  return links;
}

function linkTo(view: DatasetView, other: DatasetView, reference: DatasetReference, word: EmbedWord): EmbedLink {
  const isNamed = (key: ForeignKey) => word.via === null || key.columns.includes(word.via);
  const keysBetween = (from: DatasetView, to: DatasetView) =>
    from.foreignKeys.filter((key) => pointsTo(key, to) && isNamed(key) && canRead(to, key.toColumns));
  const toOne = keysBetween(view, other);
  // A table that points to itself is followed the way the key points.
  const toMany = toOne.length > 0 ? [] : keysBetween(other, view);
  const [key, ...more] = [...toOne, ...toMany];
  if (key === undefined) throw invalid('embed', 'There is no foreign key of that kind between the two.');
  // The same key may have been declared twice.
  if (more.some((another) => !isSame(another, key)))
    throw invalid('embed', 'Say which foreign key: dataset!column(…).');
  const isOne = toOne.length > 0;
  const [here, there] = isOne ? [key.columns, key.toColumns] : [key.toColumns, key.columns];
  return {
    ...{ as: word.as, isOne, reference, here, there, columns: word.columns },
    order: keyColumns(other) ?? [],
  };
}

function isSame(one: ForeignKey, other: ForeignKey): boolean {
  return JSON.stringify([one.columns, one.toColumns]) === JSON.stringify([other.columns, other.toColumns]);
}

function canRead(view: DatasetView, names: readonly string[]): boolean {
  return names.every((name) => view.columns.some((column) => column.name === name && column.isReadable));
}

function pointsTo({ toSchema, toTable }: ForeignKey, { dataset }: DatasetView): boolean {
  return dataset.of.kind === 'table' && dataset.of.schema === toSchema && dataset.of.name === toTable;
}

/**
 * Reads what belongs into each of the rows.
 *
 * @returns for each row the JSON text of its further members: `"department":{…},"orders":[…]`.
 * @throws what readings throw; `sources.result_too_large` when too many rows belong to one batch of keys.
 */
export async function readEmbedded(
  call: GuardedCall,
  links: readonly EmbedLink[],
  output: readonly OutputShape[],
  rows: readonly DataRow[],
): Promise<string[]> {
  const members = rows.map((): string[] => []);
  for (const link of links) {
    const places = link.here.map((name) => output.findIndex((column) => column.name === name));
    const tuples = rows.map((row) => tupleOf(row, places));
    const found = await readLinked(call, link, tuples);
    for (const [at, tuple] of tuples.entries()) {
      const others = tuple === null ? [] : (found.get(JSON.stringify(tuple)) ?? []);
      const text = link.isOne ? (others[0] ?? 'null') : `[${others.join(',')}]`;
      members[at]?.push(`${JSON.stringify(link.as)}:${text}`);
    }
  }
  return members.map((texts) => texts.join(','));
}

/** Rows of the other dataset as JSON, by the values of the columns that join them. */
async function readLinked(
  { core, principal, origin, signal }: GuardedCall,
  link: EmbedLink,
  tuples: readonly (readonly string[] | null)[],
): Promise<Map<string, string[]>> {
  const wanted = new Map(tuples.filter((tuple) => tuple !== null).map((tuple) => [JSON.stringify(tuple), tuple]));
  const all = [...wanted.values()];
  const found = new Map<string, string[]>();
  const step = Math.max(1, Math.floor(embedLimits.keys / link.there.length));
  for (let at = 0; at < all.length; at += step) {
    const reading = await core.data.read(
      { principal, origin },
      {
        dataset: link.reference,
        query: {
          kind: 'select',
          columns: link.columns === null ? null : [...new Set([...link.columns, ...link.there])],
          filter: filterFor(link, all.slice(at, at + step)),
          ...{ groupBy: [], aggregates: [], isDistinct: false, limit: null, offset: 0, after: null },
          orderBy: link.order.map((by) => ({ by, direction: 'asc' })),
        },
        maxRows: embedLimits.rows,
        signal,
      },
    );
    try {
      const shown = link.columns === null ? reading.output : reading.output.slice(0, link.columns.length);
      const write = jsonRow(shown);
      const places = link.there.map((name) => reading.output.findIndex((column) => column.name === name));
      for await (const batch of reading.batches) {
        for (const row of batch) {
          const key = JSON.stringify(tupleOf(row, places));
          const others = found.get(key);
          if (others === undefined) found.set(key, [write(row)]);
          else others.push(write(row));
        }
      }
    } finally {
      await reading.close();
    }
  }
  return found;
}

function filterFor({ there }: EmbedLink, tuples: readonly (readonly string[])[]): Filter {
  const [only, ...more] = there;
  if (only !== undefined && more.length === 0) {
    return { kind: 'in', column: only, isNegated: false, values: tuples.map(([text]) => text) };
  }
  const filters = tuples.map((tuple): Filter => {
    const filters = there.map((column, at): Filter => ({ kind: 'compare', column, operator: 'eq', value: tuple[at] }));
    return { kind: 'and', filters };
  });
  return { kind: 'or', filters };
}

/** `null` where one of them is null: it points to nothing. */
function tupleOf(row: DataRow, places: readonly number[]): string[] | null {
  const values = places.map((place) => row[place] ?? null);
  return values.every((value): value is string => value !== null) ? values : null;
}
