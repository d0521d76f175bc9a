/**
 * `/data/v1`: the rows of one dataset, read in pages or as a stream and written once. Every write carries a name
 * (`Idempotency-Key`), so that it can be sent again when its answer was lost.
 *
 * @module
 */
import type {
  DatasetDescription,
  Filter,
  FoundRow,
  GroupsQuestion,
  Key,
  KeyValue,
  Page,
  PageQuestion,
  RowsQuestion,
  UpsertOptions,
  WriteOptions,
  WriteRowOptions,
  WrittenRow,
  WrittenRows,
} from './data-types.js';
import { readLines } from './lines.js';
import { type CallOptions, type Incoming, type Outgoing, type Parameters, parseJson } from './transport.js';

type Rest = Omit<Outgoing, 'credential'>;

/** How a dataset reaches the service. */
export interface Sender {
  send(outgoing: Rest): Promise<Incoming>;
  open(outgoing: Rest): Promise<Response>;
}

export interface Dataset<Row extends object> {
  /** One page. */
  list(question?: PageQuestion<Row>, options?: CallOptions): Promise<Page<Row>>;
  /** Every row, a page at a time. @param question  With `pageSize`, standard 1,000. */
  rows(question?: RowsQuestion<Row> & { readonly pageSize?: number }, options?: CallOptions): AsyncGenerator<Row>;
  /** Every row in one answer, as fast as it is read; for many rows, or all in one moment. */
  stream(question?: RowsQuestion<Row> & { readonly limit?: number }, options?: CallOptions): AsyncGenerator<Row>;
  /** Rows folded into groups. */
  groups<Group extends object>(question: GroupsQuestion<Row>, options?: CallOptions): Promise<readonly Group[]>;
  /** How many there are. */
  count(filter?: Filter<Row>, options?: CallOptions): Promise<number>;
  describe(options?: CallOptions): Promise<DatasetDescription>;
  /** @throws LatchkeyError `data.row_not_found` */
  row(key: Key, question?: Pick<RowsQuestion<Row>, 'select' | 'embed'>, options?: CallOptions): Promise<FoundRow<Row>>;

  insert(row: Partial<Row>, options?: WriteOptions): Promise<WrittenRow<Row>>;
  update(key: Key, changes: Partial<Row>, options?: WriteRowOptions): Promise<WrittenRow<Row>>;
  /** Changes the row of that key, or else adds it. */
  upsert(key: Key, row: Partial<Row>, options?: UpsertOptions): Promise<WrittenRow<Row>>;
  delete(key: Key, options?: WriteRowOptions): Promise<WrittenRow<Row>>;

  /** Up to 1,000, all or none. */
  insertMany(rows: readonly Partial<Row>[], options?: WriteOptions): Promise<WrittenRows<Row>>;
  /** @param filter  `'all'`: every row in reach. */
  updateMany(filter: Filter<Row> | 'all', changes: Partial<Row>, options?: WriteOptions): Promise<WrittenRows<Row>>;
  deleteMany(filter: Filter<Row> | 'all', options?: WriteOptions): Promise<WrittenRows<Row>>;
}

const lines = 'application/x-ndjson';

export function createDataset<Row extends object>(sender: Sender, source: string, object: string): Dataset<Row> {
  const path = `/data/v1/${encodeURIComponent(source)}/${encodeURIComponent(object)}`;

  async function get<T>(query: Parameters, options: CallOptions = {}, at = path): Promise<T> {
    return parseJson<T>(await sender.send({ ...options, method: 'GET', path: at, query, isRepeatable: true }));
  }

  async function write(method: string, at: string, options: UpsertOptions, body?: unknown, query: Parameters = {}) {
    const { returning, dryRun, idempotencyKey, ifMatch, addOnly, ...rest } = options;
    const headers: Record<string, string> = {};
    if (returning !== undefined) headers['prefer'] = `return=${returning ? 'representation' : 'minimal'}`;
    if (ifMatch !== undefined) headers['if-match'] = ifMatch;
    if (addOnly === true) headers['if-none-match'] = '*';
    if (dryRun !== true) headers['idempotency-key'] = idempotencyKey ?? makeName();
    return sender.send({
      ...{ ...rest, method, path: at, headers, isRepeatable: true },
      ...{ body, query: { ...query, ...(dryRun === true ? { dryRun: true } : {}) } },
    });
  }

  async function list(question: PageQuestion<Row> = {}, options?: CallOptions): Promise<Page<Row>> {
    const { limit, cursor, offset, count } = question;
    return get({ ...asked(question), limit, cursor, offset, count }, options);
  }

  return {
    list,
    async *rows({ pageSize = 1_000, ...question } = {}, options) {
      let cursor: string | null = null;
      do {
        const page: Page<Row> = await list(
          { ...question, limit: pageSize, ...(cursor === null ? {} : { cursor }) },
          options,
        );
        yield* page.data;
        cursor = page.nextCursor;
      } while (cursor !== null);
    },
    async *stream(question = {}, options = {}) {
      const query = { ...asked(question), limit: question.limit };
      const headers = { accept: lines };
      yield* readLines<Row>(
        await sender.open({ ...options, method: 'GET', path, query, headers, isRepeatable: true }),
        options.signal,
      );
    },
    async groups<Group extends object>(
      { groupBy, aggregate, filter, order, limit }: GroupsQuestion<Row>,
      options = {},
    ) {
      const words = Object.entries(aggregate ?? {}).map(([alias, word]) => `${alias}:${word}`);
      const query = {
        filter: json(filter),
        order: json(order),
        group: json(groupBy),
        aggregate: words.join(',') || null,
      };
      return (await get<Page<Group>>({ ...query, limit: limit ?? 10_000 }, options)).data;
    },
    async count(filter, options) {
      return (await get<{ count: number }>({ filter: json(filter) }, options, `${path}/count`)).count;
    },
    describe: (options) => get({}, options, `${path}/describe`),
    async row(key, question = {}, options = {}) {
      const query = asked(question);
      const incoming = await sender.send({
        ...options,
        ...{ method: 'GET', path: `${path}/${keyText(key)}`, query, isRepeatable: true },
      });
      return { row: parseJson<Row>(incoming), etag: incoming.headers.get('etag') };
    },

    insert: async (row, options = {}) => oneWritten(await write('POST', path, options, row)),
    update: async (key, changes, options = {}) =>
      oneWritten(await write('PATCH', `${path}/${keyText(key)}`, options, changes)),
    upsert: async (key, row, options = {}) => oneWritten(await write('PUT', `${path}/${keyText(key)}`, options, row)),
    delete: async (key, options = {}) => oneWritten(await write('DELETE', `${path}/${keyText(key)}`, options)),

    insertMany: async (rows, options = {}) => manyWritten(await write('POST', path, options, rows)),
    updateMany: async (filter, changes, options = {}) =>
      manyWritten(await write('PATCH', path, options, changes, narrowed(filter))),
    deleteMany: async (filter, options = {}) =>
      manyWritten(await write('DELETE', path, options, undefined, narrowed(filter))),
  };
}

function asked<Row>({ select, filter, order, distinct, embed }: RowsQuestion<Row>): Parameters {
  return { select: json(select), filter: json(filter), order: json(order), distinct, embed };
}

function narrowed<Row>(filter: Filter<Row> | 'all'): Parameters {
  return filter === 'all' ? { confirm: 'all' } : { filter: json(filter) };
}

function json(value: unknown): string | undefined {
  return value === undefined
    ? undefined
    : JSON.stringify(value, (_name, one: unknown) => (typeof one === 'bigint' ? `${one}` : one));
}

/** Plain ones as they are; everything else as a JSON array, which every key can be written as. */
function keyText(key: Key): string {
  const values: readonly KeyValue[] = typeof key === 'object' ? key : [key];
  const text = values.map(String);
  const isPlain = values.length === 1 && /^(?!(?:count|describe)$)[\w-]+$/.test(`${text[0]}`);
  return isPlain ? `${text[0]}` : encodeURIComponent(JSON.stringify(text));
}

/** 128 random bits: nobody else’s write has this name. */
function makeName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

interface Rehearsed<Row> {
  readonly dryRun?: true;
  readonly affected: number;
  readonly sample?: readonly Row[];
  readonly data?: readonly Row[];
}

function oneWritten<Row>(incoming: Incoming): WrittenRow<Row> {
  const body = parseJson<(Row & Rehearsed<Row>) | undefined>(incoming);
  const isRehearsal = body?.dryRun === true && Array.isArray(body.sample);
  return {
    row: isRehearsal ? (body.sample?.[0] ?? null) : (body ?? null),
    etag: incoming.headers.get('etag'),
    isAdded: incoming.status === 201,
    isRehearsal,
  };
}

function manyWritten<Row>(incoming: Incoming): WrittenRows<Row> {
  const { affected, dryRun, sample, data } = parseJson<Rehearsed<Row>>(incoming);
  return { affected, rows: data ?? sample ?? null, isRehearsal: dryRun === true };
}
