/**
 * `/data/v1`: reading the datasets one was granted. What is denied and what does not exist answer alike.
 *
 * @module
 */
import {
  type Actor,
  type DatasetReference,
  dataErrors,
  maxStreamedRows,
  type OutputShape,
  type Reading,
  type ReadOrder,
} from '../../data/index.js';
import { AppError } from '../../kernel/errors.js';
import { type Filter, queryErrors } from '../../query/index.js';
import type { DataRow } from '../../sources/index.js';
import { type Answer, json, jsonText, notModified, type StreamedAnswer } from '../kit/answer.js';
import { isUnchanged } from '../kit/conditional.js';
import { numberParameter, onlyParameters } from '../kit/members.js';
import type { GuardedCall, Method, Route } from '../kit/route.js';
import { accepts, slots } from './credentials.js';
import { presentDataset, presentView } from './data-describe.js';
import { type EmbedLink, linkEmbeds, readEmbedded } from './data-embed.js';
import { rowTag } from './data-etag.js';
import {
  contentTypes,
  csvRecords,
  formOf,
  jsonLines,
  jsonPage,
  jsonRow,
  listForm,
  pageEnd,
  shownOf,
  type Total,
} from './data-forms.js';
import { keyFilter, type RowKey, readKey } from './data-key.js';
import { type ListPlan, planList } from './data-list.js';
import { countParameter, decodeDataQuery, filterParameter, type RowsForm } from './data-query.js';
import { invalid, readEmbeds, readNames } from './data-words.js';

const all = '/data/v1';
const one = `${all}/:source/:object`;

export const dataRoutes: readonly Route[] = [
  { ...guarded('GET', all), body: 'none', answersHead: true, handle: listDatasets },
  { ...guarded('GET', one), body: 'none', handle: listRows },
  { ...guarded('GET', `${one}/describe`), body: 'none', answersHead: true, handle: describe },
  { ...guarded('GET', `${one}/count`), body: 'none', handle: countRows },
  { ...guarded('GET', `${one}/:key`), body: 'none', answersHead: true, handle: showRow },
];

function guarded<M extends Method>(method: M, path: string) {
  return { method, path, accepts, slots };
}

/** The form of a list depends on it. */
const vary = { vary: 'Accept' } as const;

/** The dataset a path names. */
export function referenceOf({ params }: Pick<GuardedCall, 'params'>): DatasetReference {
  return { by: 'place', source: params['source'] ?? '', object: params['object'] ?? '' };
}

async function listDatasets({ core, principal, origin, query }: GuardedCall): Promise<Answer> {
  onlyParameters(query, ['source', 'limit', 'cursor']);
  const limit = numberParameter(query, 'limit', { from: 1, to: 1_000, standard: 100 });
  const [source, cursor] = [query.get('source'), query.get('cursor')];
  const page = cursor === undefined ? { limit } : { limit, cursor };
  const { items, nextCursor } = await core.data.list(
    { principal, origin },
    source === undefined ? {} : { source },
    page,
  );
  return json(200, { items: items.map(presentDataset), nextCursor: nextCursor ?? null });
}

async function describe(call: GuardedCall): Promise<Answer> {
  const { core, principal, origin, query } = call;
  onlyParameters(query, []);
  return json(200, presentView(await core.data.view({ principal, origin }, referenceOf(call))));
}

async function countRows(call: GuardedCall): Promise<Answer> {
  const { query } = call;
  onlyParameters(query, ['filter', 'count']);
  const { count, isEstimate } = await countOf(call, filterParameter(query), countParameter(query) ?? 'exact');
  return json(200, { count, isEstimate });
}

async function listRows(call: GuardedCall): Promise<Answer | StreamedAnswer> {
  const { query, params, wants } = call;
  const form = formOf(wants.accept);
  const question = decodeDataQuery(query, form);
  const dataset = referenceOf(call);
  const view = await call.core.data.view({ principal: call.principal, origin: call.origin }, dataset);
  const links = await linkEmbeds(call, view, params['source'] ?? '', question.embeds);
  const joined = links.flatMap(({ here }) => here);
  const plan = planList(view, dataset, question, form, joined);
  const total = question.count === null ? null : await countOf(call, question.filter, question.count);
  const head = { status: 200, contentType: contentTypes[form], headers: vary } as const;
  const { core, principal, origin } = call;
  const actor: Actor = { principal, origin };
  if (links.length > 0) {
    const reading = await readPage(call, plan, (order) => core.data.read(actor, order));
    return { ...head, pieces: await embeddedRows(call, plan, reading, links, form, total) };
  }
  if (form === 'csv') {
    return { ...head, pieces: csvRecords(await readPage(call, plan, (order) => core.data.read(actor, order)), plan) };
  }
  const shape = listForm(plan, form);
  const reading = await readPage(call, plan, (order) => core.data.readJson(actor, { ...order, form: shape }));
  const content = form === 'json' ? jsonPage(reading, plan, total) : jsonLines(reading);
  return typeof content === 'string' ? { ...head, body: content } : { ...head, pieces: content };
}

/** Refusals of an order that cannot be gone on from. What else is wrong with the query is refused again. */
const notSteady: ReadonlySet<string> = new Set([queryErrors.order_invalid.code, queryErrors.value_invalid.code]);

/** Goes on behind the last row; where some grant hides values of the order, behind so many rows. */
async function readPage<T>(
  call: GuardedCall,
  { select, offset }: ListPlan,
  read: (order: ReadOrder) => Promise<T>,
): Promise<T> {
  const maxRows = Math.min(select.limit ?? maxStreamedRows, maxStreamedRows);
  const order = { dataset: referenceOf(call), maxRows, signal: call.signal };
  try {
    return await read({ ...order, query: select });
  } catch (error) {
    if (select.after === null || !(error instanceof AppError) || !notSteady.has(error.code)) throw error;
    return read({ ...order, query: { ...select, after: null, offset } });
  }
}

/** Rows are few here: they are all read before the first of them leaves, and their session is free again by then. */
async function embeddedRows(
  call: GuardedCall,
  plan: ListPlan,
  reading: Reading,
  links: readonly EmbedLink[],
  form: RowsForm,
  total: Total | null,
): Promise<AsyncGenerator<string>> {
  const shown = shownOf(plan, reading.output);
  assertFreeNames(shown, links);
  const read = await collect(reading);
  const rows = plan.limit === null ? read : read.slice(0, plan.limit);
  const members = await readEmbedded(call, links, reading.output, rows);
  const last = rows.at(-1);
  const nextCursor =
    read.length > rows.length && last !== undefined ? plan.cursorAfter(reading.output, last, rows.length) : null;

  async function* pieces(): AsyncGenerator<string> {
    const write = jsonRow(shown);
    if (form === 'json') yield '{"data":[';
    for (const [at, row] of rows.entries()) {
      const text = joinMembers(write(row), members[at] ?? '');
      yield form === 'json' ? `${at === 0 ? '' : ','}${text}` : `${text}\n`;
    }
    if (form === 'json') yield `]${pageEnd(nextCursor, total)}`;
  }
  return pieces();
}

async function showRow(call: GuardedCall): Promise<Answer> {
  const { core, principal, origin, query, params, wants } = call;
  onlyParameters(query, ['select', 'embed']);
  const selected = query.get('select');
  const names = selected === undefined ? null : readNames('select', selected);
  const words = query.get('embed');
  const embeds = words === undefined ? [] : readEmbeds(words);
  const view = await core.data.view({ principal, origin }, referenceOf(call));
  const key = readKey(view, params['key'] ?? '');
  const links = await linkEmbeds(call, view, params['source'] ?? '', embeds);
  const found = await findRow(call, key);
  if (found === null) throw dataErrors.row_not_found();
  const { output, row } = found;
  const { columns, values } = pick(output, row, names);
  assertFreeNames(columns, links);
  const text = jsonRow(columns)(values);
  if (links.length > 0) {
    const [members = ''] = await readEmbedded(call, links, output, [row]);
    return jsonText(200, joinMembers(text, members));
  }
  const etag = rowTag(output, row);
  if (isUnchanged(wants.ifNoneMatch, etag)) return notModified({ etag });
  return { ...jsonText(200, text), headers: { etag } };
}

/** The whole row of a key, as far as it may be read. */
export async function findRow(
  call: GuardedCall,
  key: RowKey,
): Promise<{ readonly output: readonly OutputShape[]; readonly row: DataRow } | null> {
  const { core, principal, origin, signal } = call;
  const reading = await core.data.read(
    { principal, origin },
    {
      dataset: referenceOf(call),
      query: {
        kind: 'select',
        columns: null,
        filter: keyFilter(key),
        ...{ groupBy: [], aggregates: [], isDistinct: false, orderBy: [], limit: 1, offset: 0, after: null },
      },
      maxRows: 1,
      signal,
    },
  );
  const { output } = reading;
  const [row] = await collect(reading);
  return row === undefined ? null : { output, row };
}

async function collect(reading: Reading): Promise<DataRow[]> {
  const rows: DataRow[] = [];
  try {
    for await (const batch of reading.batches) rows.push(...batch);
  } finally {
    await reading.close();
  }
  return rows;
}

/** The columns asked for, in the order asked; `null`: as they are. @throws `query.unknown_column` */
function pick(output: readonly OutputShape[], row: DataRow, names: readonly string[] | null) {
  if (names === null) return { columns: output, values: row };
  const places = names.map((wanted) => output.findIndex(({ name }) => name === wanted));
  if (places.includes(-1)) throw queryErrors.unknown_column({ details: { field: 'select' } });
  return {
    columns: places.map((place) => output[place] as OutputShape),
    values: places.map((place) => row[place] ?? null),
  };
}

/** @throws `http.field_invalid` when an embedded dataset would come under the name of a column. */
function assertFreeNames(shown: readonly OutputShape[], links: readonly EmbedLink[]): void {
  if (links.some(({ as }) => shown.some(({ name }) => name === as))) {
    throw invalid('embed', 'A column has that name. Give the dataset another: name:dataset(column).');
  }
}

/** Further members at the end of a JSON object. */
function joinMembers(object: string, members: string): string {
  return object === '{}' ? `{${members}}` : `${object.slice(0, -1)},${members}}`;
}

async function countOf(call: GuardedCall, filter: Filter | null, kind: 'exact' | 'estimate'): Promise<Total> {
  const { core, principal, origin, signal } = call;
  const order = { dataset: referenceOf(call), filter, isEstimate: kind === 'estimate', signal };
  return core.data.count({ principal, origin }, order);
}
