/**
 * A list of rows as one query: what is asked, and what has to be read besides so that the next page and the embedded
 * rows can be found.
 *
 * @module
 */
import type { DatasetReference, DatasetView } from '../../data/index.js';
import { isAble, type Order, type Select } from '../../query/index.js';
import { type Continuation, decodeCursor, digestQuestion, encodeCursor } from './data-cursor.js';
import { keyColumns } from './data-key.js';
import type { DataQuestion, RowsForm } from './data-query.js';

export interface ListPlan {
  readonly select: Select;
  /** Rows before the page, for an order that cannot be gone on from. */
  readonly offset: number;
  /** Columns that are shown: so many of the first that come; `null`: all of them. */
  readonly shown: number | null;
  /** Rows of the page; `null`: all there are. One more is read where pages go on. */
  readonly limit: number | null;
  /** The cursor behind a row, `null` when it is the last there can be. */
  cursorAfter(
    output: readonly { readonly name: string }[],
    row: readonly (string | null)[],
    rows: number,
  ): string | null;
}

/**
 * Rows without an order come in that of the key, so that pages have one; a stream without limit comes as the database
 * has it.
 *
 * @param besides  Columns that must come, shown or not.
 * @throws `query.page_invalid` for a cursor that is not of this list.
 */
export function planList(
  view: DatasetView,
  reference: DatasetReference,
  question: DataQuestion,
  form: RowsForm,
  besides: readonly string[],
): ListPlan {
  const { select, filter, groupBy, aggregates, isDistinct, limit } = question;
  const isFolded = isDistinct || groupBy.length > 0 || aggregates.length > 0;
  const key = isFolded || limit === null ? null : keyColumns(view);
  const isIn = (name: string) => question.order.some(({ by }) => by === name);
  const rest = (key ?? []).filter((name) => !isIn(name)).map((by): Order => ({ by, direction: 'asc' }));
  const order = [...question.order, ...rest];
  const canGoOn = key !== null && order.every(({ by }) => isSteady(view, by));

  const digest = digestQuestion([reference, select, filter, order, groupBy, aggregates, isDistinct]);
  const place: Continuation =
    question.cursor === null ? { offset: question.offset, after: null } : decodeCursor(digest, question.cursor);
  const after = canGoOn && place.after?.length === order.length ? place.after : null;
  const hidden = select === null ? [] : [...(canGoOn ? order.map(({ by }) => by) : []), ...besides];
  const columns = select === null ? null : [...new Set([...select, ...hidden])];

  return {
    select: {
      kind: 'select',
      ...{ columns, filter, groupBy, aggregates, isDistinct, orderBy: order, after },
      limit: limit === null || form !== 'json' ? limit : limit + 1,
      offset: after === null ? place.offset : 0,
    },
    shown: select === null || isFolded ? null : select.length,
    limit,
    offset: place.offset,
    cursorAfter(output, row, rows) {
      const values = canGoOn ? order.map(({ by }) => row[output.findIndex(({ name }) => name === by)] ?? null) : [null];
      const isWhole = values.every((value): value is string => value !== null);
      return encodeCursor(digest, { offset: place.offset + rows, after: isWhole ? values : null });
    },
  };
}

/** Whether rows can be gone on from by its values. */
function isSteady(view: DatasetView, name: string): boolean {
  return view.columns.some(
    (one) => one.name === name && !one.isNullable && !one.isMasked && isAble(one.type, 'ranges'),
  );
}
