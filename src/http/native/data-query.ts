/** What a list of rows may be asked for in the query. @module */
import { type Aggregate, type Filter, type Order, parseFilter } from '../../query/index.js';
import { numberParameter, onlyParameters } from '../kit/members.js';
import type { Query } from '../kit/url.js';
import {
  type EmbedWord,
  invalid,
  parseJsonParameter,
  readAggregates,
  readEmbeds,
  readNames,
  readOrder,
} from './data-words.js';

/** Rows of one page. */
export const pageLimits = { standard: 100, most: 10_000, withEmbeds: 1_000 } as const;

/** How rows are sent; see {@link formOf} in `data-forms.ts`. */
export type RowsForm = 'json' | 'ndjson' | 'csv';

export interface DataQuestion {
  readonly select: readonly string[] | null;
  readonly filter: Filter | null;
  readonly order: readonly Order[];
  readonly groupBy: readonly string[];
  readonly aggregates: readonly Aggregate[];
  readonly isDistinct: boolean;
  /** `null`: every row, which only streams may be asked for. */
  readonly limit: number | null;
  readonly offset: number;
  readonly cursor: string | null;
  readonly count: 'exact' | 'estimate' | null;
  readonly embeds: readonly EmbedWord[];
}

const known = ['select', 'filter', 'order', 'group', 'aggregate', 'distinct', 'limit', 'offset', 'cursor', 'embed'];

/**
 * @param form  Lines and CSV have no end by themselves; `count` and `cursor` are for JSON pages.
 * @throws `http.parameter_unknown` · `http.field_invalid` with details.field and details.fix ·
 * `query.filter_invalid` · `query.filter_too_large`
 */
export function decodeDataQuery(query: Query, form: RowsForm): DataQuestion {
  onlyParameters(query, form === 'json' ? [...known, 'count'] : known);
  const embeds = readOptional(query, 'embed', readEmbeds) ?? [];
  if (embeds.length > 0 && form === 'csv') throw invalid('embed', 'Ask for JSON: a CSV has no place for it.');
  const most = embeds.length > 0 ? pageLimits.withEmbeds : pageLimits.most;
  const isEndless = form !== 'json' && embeds.length === 0;
  const question: DataQuestion = {
    select: readOptional(query, 'select', (text) => readNames('select', text)),
    filter: filterParameter(query),
    order: readOptional(query, 'order', readOrder) ?? [],
    groupBy: readOptional(query, 'group', (text) => readNames('group', text)) ?? [],
    aggregates: readOptional(query, 'aggregate', readAggregates) ?? [],
    isDistinct: flagParameter(query, 'distinct'),
    limit:
      isEndless && !query.has('limit')
        ? null
        : numberParameter(query, 'limit', {
            from: form === 'json' ? 1 : 0,
            to: isEndless ? 999_999_999 : most,
            standard: pageLimits.standard,
          }),
    offset: numberParameter(query, 'offset', { from: 0, to: 999_999_999, standard: 0 }),
    cursor: query.get('cursor') ?? null,
    count: countParameter(query),
    embeds,
  };
  const isFolded = question.isDistinct || question.groupBy.length > 0 || question.aggregates.length > 0;
  if (isFolded && question.count !== null) throw invalid('count', 'Only rows that are not grouped can be counted.');
  if (isFolded && embeds.length > 0) throw invalid('embed', 'Only rows that are not grouped can have others in them.');
  if (question.cursor !== null && query.has('offset')) throw invalid('offset', 'Send either a cursor or an offset.');
  return question;
}

/** @throws as {@link decodeDataQuery} */
export function filterParameter(query: Query): Filter | null {
  return readOptional(query, 'filter', (text) => parseFilter(parseJsonParameter('filter', text)));
}

/** `true` or `false`; absent, false. @throws `http.field_invalid` */
export function flagParameter(query: Query, name: string): boolean {
  const text = query.get(name) ?? 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  throw invalid(name, 'Send true or false.');
}

/** @throws `http.field_invalid` */
export function countParameter(query: Query): DataQuestion['count'] {
  const text = query.get('count');
  if (text === undefined || text === 'exact' || text === 'estimate') return text ?? null;
  throw invalid('count', 'Send exact or estimate.');
}

function readOptional<T>(query: Query, name: string, read: (text: string) => T): T | null {
  const text = query.get(name);
  return text === undefined ? null : read(text);
}
