/**
 * Random tables, grants and statements. Mostly what makes sense, so that rows are looked at; now and then what does not,
 * so that refusals are. Names and texts are as nasty as engines allow.
 *
 * @module
 */
import type { Grant, Subject } from '../../src/access/index.js';
import {
  type Aggregate,
  aggregateFunctions,
  type Filter,
  type Mask,
  type Operation,
  type Order,
  operations,
  type Select,
} from '../../src/query/index.js';
import { masked } from './model.js';
import type { Random } from './random.js';
import {
  type Cell,
  type ColumnSpec,
  type GivenRow,
  type Kind,
  type Row,
  type Step,
  type TableSpec,
  unordered,
  withoutExtremes,
} from './world.js';

const texts = [
  ...['a', 'A', 'a ', ' a', 'ab', 'aB', 'b', 'ä', 'Ä', 'a\u0308', 'ß', 'ss', 'SS', 'İ', 'i', 'ı', 'z', 'Z', '', ' '],
  ...['%', '_', '\\', 'a%b', 'a_b', 'a\\b', '\\%', '%%', "'", "''", '"', '`', "a'b", "'; DROP TABLE x; --", "\\'"],
  ...['$user', '$$', '$1', '?', ':a', '{{a}}', '/*', '--', '#', '😀', '😀a', 'a😀', '\u200b', '\n', '\t', '\r\n', 'ﬀ'],
  ...['null', 'NULL', '0', '1', '1e3', 'true', 'x'.repeat(60), 'ann', 'acme', 'north', '\ufffd', '\ufeffa', '~', '*'],
];
const days = ['1999-12-31', '2000-02-29', '2026-01-01', '2026-01-31', '2026-06-15', '2026-12-31', '0987-06-05'];
const clocks = ['00:00:00', '23:59:59', '12:30:00.5', '12:30:00.25', '12:30:00.001', '06:00:00'];
const wholes = ['-2147483648', '-7', '-1', '0', '1', '2', '3', '7', '10', '42', '2147483647'];
const bigs = [
  ...['9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740993', '9223372036854775807'],
  ...['-9223372036854775808', '0', '5', '1000000007'],
];
// Sums of these are exact, in whatever order they are added.
const floats = ['0', '0.5', '-0.5', '1.25', '-3.75', '1024', '1e+21', '5e-7', '0.1'];
const times = ['00:00:00', '23:59:59.999999', '12:30:00', '12:30:00.5', '12:30:00.25'];
const uuids = [
  ...['00000000-0000-0000-0000-000000000000', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ...['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
];
const byteTexts = ['', 'AA==', 'AAE=', 'AGE=', 'YQ==', 'QQ==', 'YQA=', '/////w==', 'JzsgRFJPUA=='];
const decimals = ['-12345.67', '-0.01', '0', '0.1', '0.2', '0.3', '1', '1.1', '1.5', '99.99', '123456.78'];
const names = [
  ...[
    'name',
    'Name',
    'na me',
    'na"me',
    'na`me',
    "na'me",
    'na;me',
    'select',
    'order',
    'q',
    'd',
    'c1',
    'Ünïcode',
    '名前',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'a--b',
    'a/*b',
    'percent%',
    'dollar$1',
    '$user',
    'null',
    '[x]',
    'a\\b',
    '?',
  ],
];

export function cellOf(random: Random, kind: Kind): string {
  switch (kind) {
    case 'int32':
      return random.pick(wholes);
    case 'int64':
      return random.chance(0.5) ? random.pick(bigs) : random.pick(wholes);
    case 'decimal':
      return random.pick(decimals);
    case 'float':
      return random.pick(floats);
    case 'time':
      return random.pick(times);
    case 'uuid':
      return random.pick(uuids);
    case 'bytes':
      return random.pick(byteTexts);
    case 'timestamptz':
      // MySQL's begin with the epoch.
      return `${random.pick(['1999-12-31', '2000-02-29', '2026-01-01', '2026-06-15'])}T${random.pick(clocks)}Z`;
    case 'boolean':
      return random.pick(['true', 'false']);
    case 'date':
      return random.pick(days);
    case 'timestamp':
      return `${random.pick(days.slice(0, -1))}T${random.pick(clocks)}`;
    default:
      return random.pick(texts);
  }
}

/** @param kinds  Those the engine tells apart. */
export function makeTable(random: Random, name: string, kinds: readonly Kind[]): TableSpec {
  const free = random.shuffled(names);
  const columns: ColumnSpec[] = [
    { name: random.chance(0.7) ? 'id' : (free.pop() as string), kind: 'int64', isNullable: false, byDefault: null },
  ];
  for (const kind of random.shuffled([...kinds, random.pick(kinds), 'text' as const]).slice(0, random.between(3, 8))) {
    const name = free.pop() as string;
    // Engines that fold the case of names have one of them.
    if (columns.some((other) => other.name.toLowerCase() === name.toLowerCase())) continue;
    const isNullable = random.chance(0.8);
    const byDefault = !isNullable || random.chance(0.2) ? cellOf(random, kind === 'loose' ? 'text' : kind) : null;
    columns.push({ name, kind, isNullable, byDefault });
  }
  const rows = random.list(
    random.between(0, 14),
    (at): Row =>
      columns.map(({ kind, isNullable }, column) => {
        if (column === 0) return String(at * 3 + 1);
        return isNullable && random.chance(0.25) ? null : cellOf(random, kind);
      }),
  );
  return { name, columns, hasKey: random.chance(0.85), rows };
}

/** A cell as JSON may write it. */
function asJson(random: Random, kind: Kind, cell: Cell): unknown {
  if (cell === null) return null;
  switch (kind) {
    case 'int32':
    case 'int64':
      return Number.isSafeInteger(Number(cell)) && random.chance(0.8) ? Number(cell) : cell;
    case 'decimal':
      return random.chance(0.5) ? Number(cell) : cell;
    case 'float':
      return Number(cell);
    case 'uuid':
      return random.chance(0.3) ? cell.toUpperCase() : cell;
    case 'timestamptz':
      return random.chance(0.3) ? ahead(cell.slice(0, -1)) : cell;
    case 'boolean':
      return cell === 'true';
    case 'timestamp':
      return random.chance(0.2) ? `${cell}Z` : random.chance(0.1) ? ahead(cell) : cell;
    default:
      return cell;
  }
}

/** The same moment two hours ahead of UTC. */
function ahead(cell: string): string {
  const local = new Date(`${cell}Z`).getTime() + 7_200_000;
  return `${new Date(local).toISOString().slice(0, -1)}+02:00`;
}

const unfit: readonly unknown[] = [
  {},
  [],
  2 ** 53,
  1.5,
  'x',
  true,
  '\0',
  '\ud800',
  Number.NaN,
  '2026-02-30',
  '1e3',
  ' 1',
];

export class SceneMaker {
  readonly #random: Random;
  readonly #table: TableSpec;
  readonly subject: Subject;
  readonly grants: readonly Grant[];

  constructor(random: Random, table: TableSpec) {
    this.#random = random;
    this.#table = table;
    this.subject = {
      user: random.pick(['ann', 'a', "o'hara", '%']),
      organisation: random.chance(0.8) ? random.pick(['acme', 'A']) : null,
      claims: new Map(
        random.some(
          [
            ['region', random.pick(['north', 'a', 'ß'])],
            ['limit', '7'],
            ['day', '2026-01-01'],
          ],
          0.7,
        ),
      ),
    };
    this.grants = random.shuffled(random.list(random.pick([1, 1, 2, 2, 3, 4]), (at) => this.#grant(`g${at}`)));
  }

  steps(count: number): Step[] {
    return this.#random.list(count, () => this.#step());
  }

  #step(): Step {
    const random = this.#random;
    const granted = [...new Set(this.grants.flatMap((grant) => grant.operations))];
    const likely = granted.includes('query') && random.chance(0.6) ? ('query' as const) : random.pick(granted);
    const operation = random.chance(0.97) ? likely : random.pick(operations);
    const filter = random.chance(operation === 'delete' ? 0.9 : 0.7) ? this.#filter(operation, 3) : null;
    switch (operation) {
      case 'query':
        return random.chance(0.15) ? { kind: 'count', filter } : { kind: 'select', select: this.#select(filter) };
      case 'insert':
        return {
          kind: 'insert',
          rows: random.list(random.pick([1, 1, 2, 4]), () => this.#newRow()),
          stamps: this.#stamps(),
        };
      case 'update':
        return { kind: 'update', set: this.#set(), stamps: this.#stamps(), filter };
      case 'delete':
        return { kind: 'delete', filter };
    }
  }

  #grant(id: string): Grant {
    const random = this.#random;
    const all = this.#table.columns.map(({ name }) => name);
    const list = (whole: number) =>
      random.chance(whole) ? null : all.filter((_, at) => random.chance(at === 0 ? 0.85 : 0.65));
    const allowed = operations.filter((operation) => random.chance(operation === 'query' ? 0.85 : 0.55));
    return {
      id,
      roleId: 'role',
      datasetId: 'dataset',
      operations: allowed.length === 0 ? ['query'] : allowed,
      readable: random.chance(0.03) ? [...all, 'vanished'] : list(0.5),
      writable: list(0.6),
      filter: random.chance(0.4) ? null : this.#rowFilter(),
      masks: all.flatMap((column) => (random.chance(0.15) ? [{ column, mask: this.#mask(column) }] : [])),
    };
  }

  #mask(name: string): Mask {
    const random = this.#random;
    const { kind } = this.#column(name) as ColumnSpec;
    const isText = kind === 'text' || kind === 'loose';
    const isMoment = kind === 'date' || kind === 'timestamp' || kind === 'timestamptz';
    const keep = random.pick([0, 1, 1, 2, 3, 100]);
    const salt = random.pick(['0123456789abcdef', "salt'of''many\\chars"]);
    const fitting: Mask[] = isText
      ? [
          { kind: 'keep_left', keep },
          { kind: 'keep_right', keep },
          { kind: 'hash', salt },
        ]
      : isMoment
        ? [
            { kind: 'truncate', unit: 'year' },
            { kind: 'truncate', unit: 'month' },
            { kind: 'truncate', unit: 'day' },
          ]
        : [];
    if (fitting.length > 0 && random.chance(0.8)) return random.pick(fitting);
    return random.chance(0.9)
      ? { kind: 'null' }
      : random.pick([
          { kind: 'keep_left', keep },
          { kind: 'truncate', unit: 'day' },
        ]);
  }

  #column(name: string): ColumnSpec | undefined {
    return this.#table.columns.find((column) => column.name === name);
  }

  /** Over the columns as they are, with placeholders. */
  #rowFilter(): Filter {
    const random = this.#random;
    const isVanished = random.chance(0.03);
    const filter = this.#anyFilter(
      2,
      () => (isVanished ? 'vanished' : random.pick(this.#table.columns).name),
      (kind, value) => {
        const isText = kind === 'text' || kind === 'loose';
        if (isText && random.chance(0.3)) return random.pick(['$user', '$org', '$claims.region', '$claims.other']);
        if (kind === 'int32' && random.chance(0.2)) return '$claims.limit';
        if (kind === 'date' && random.chance(0.2)) return '$claims.day';
        return typeof value === 'string' && value.startsWith('$') ? `$${value}` : value;
      },
      false,
    );
    return filter;
  }

  /** Over what the grants of the operation show; now and then over what they hide or what is not there. */
  #filter(operation: Operation, depth: number): Filter {
    const random = this.#random;
    const known = this.#known(operation);
    const odd = random.chance(0.03);
    return this.#anyFilter(
      depth,
      () => {
        if (known.length === 0 || (odd && random.chance(0.5))) {
          return random.pick([...this.#table.columns.map(({ name }) => name), 'nowhere', '__proto__']);
        }
        return random.pick(known).name;
      },
      (_, value) => (odd && random.chance(0.3) ? random.pick([...unfit, null]) : value),
    );
  }

  #known(operation: Operation): ColumnSpec[] {
    const arms = this.grants.filter((grant) => grant.operations.includes(operation));
    return this.#table.columns.filter(({ name }) =>
      arms.some(({ readable }) => readable === null || readable.includes(name)),
    );
  }

  #anyFilter(
    depth: number,
    name: () => string,
    turn: (kind: Kind, value: unknown) => unknown,
    mayBeEmpty = true,
  ): Filter {
    const random = this.#random;
    if (depth > 1 && random.chance(0.45)) {
      const members = () => random.list(random.between(1, 3), () => this.#anyFilter(depth - 1, name, turn, mayBeEmpty));
      return random.chance(0.25)
        ? { kind: 'not', filter: this.#anyFilter(depth - 1, name, turn, mayBeEmpty) }
        : { kind: random.pick(['and', 'or']), filters: members() };
    }
    const column = name();
    const kind = this.#column(column)?.kind ?? 'text';
    const value = () => turn(kind, this.#someValue(column, kind));
    const isNegated = random.chance(0.3);
    const isText = kind === 'text' || kind === 'loose';
    const hasRanges = kind !== 'boolean' && !unordered.has(kind);
    const choice = random.below(10);
    if (choice === 0) return { kind: 'null', column, isNegated };
    if (choice <= 2) {
      const values = random.list(random.pick([0, 1, 2, 3, 5]), value);
      // In a row filter an empty list would be a constant that the model need not know of.
      return { kind: 'in', column, isNegated, values: values.length === 0 && !mayBeEmpty ? [value()] : values };
    }
    if (choice <= 4 && isText) {
      return { kind: 'text', column, isNegated, match: random.pick(['contains', 'starts', 'ends']), text: value() };
    }
    if (choice === 5 && hasRanges) return { kind: 'between', column, isNegated, from: value(), to: value() };
    const operator = hasRanges
      ? random.pick(['eq', 'ne', 'gt', 'gte', 'lt', 'lte'] as const)
      : random.pick(['eq', 'ne'] as const);
    if (random.chance(0.01))
      return { kind: 'compare', column, operator: unordered.has(kind) ? 'eq' : 'lt', value: value() };
    return { kind: 'compare', column, operator, value: value() };
  }

  /** Mostly one that some row has, as it is or as a mask shows it. */
  #someValue(name: string, kind: Kind): unknown {
    const random = this.#random;
    const at = this.#table.columns.findIndex((column) => column.name === name);
    const row = this.#table.rows.length > 0 && random.chance(0.75) ? random.pick(this.#table.rows) : undefined;
    let cell = row?.[at] ?? cellOf(random, kind);
    const masks = this.grants?.flatMap((grant) => grant.masks.filter(({ column }) => column === name)) ?? [];
    if (masks.length > 0 && random.chance(0.5)) cell = masked(cell, random.pick(masks).mask, kind) ?? cell;
    const isText = kind === 'text' || kind === 'loose';
    if (isText && random.chance(0.3)) cell = [...cell].slice(0, random.between(1, 2)).join('');
    return asJson(random, kind, cell);
  }

  #select(filter: Filter | null): Select {
    const random = this.#random;
    const known = this.#known('query');
    const sortable = known.filter(({ kind }) => !unordered.has(kind));
    const plain: Select = {
      ...{ kind: 'select', columns: null, filter, groupBy: [], aggregates: [], isDistinct: false, orderBy: [] },
      ...{ limit: null, offset: 0, after: null },
    };
    const columns = random.chance(0.4) ? null : this.#names(known);
    const kind = random.unit();
    if (kind < 0.25) return this.#paged({ ...plain, ...this.#grouping(known) });
    if (kind < 0.4) {
      const chosen = columns ?? known.map(({ name }) => name);
      const orderBy = this.#orders(
        sortable.map(({ name }) => name).filter((name) => chosen.includes(name)),
        null,
      );
      return this.#paged({ ...plain, columns, isDistinct: true, orderBy });
    }
    if (kind < 0.5) return this.#continued({ ...plain, columns });
    const key = this.#table.columns[0]?.name as string;
    const isUnique = random.chance(0.85) && known.some(({ name }) => name === key);
    const orderBy = this.#orders(
      sortable.map(({ name }) => name),
      isUnique ? key : null,
    );
    return this.#paged({ ...plain, columns, orderBy });
  }

  #names(known: readonly ColumnSpec[]): string[] {
    const random = this.#random;
    const chosen = random.some(random.shuffled(known), 0.6).map(({ name }) => name);
    if (random.chance(0.02)) chosen.push(random.pick(['nowhere', ...this.#table.columns.map(({ name }) => name)]));
    return chosen.length === 0 && known[0] !== undefined ? [known[0].name] : [...new Set(chosen)];
  }

  #orders(names: readonly string[], last: string | null): Order[] {
    const random = this.#random;
    const chosen = random.some(random.shuffled(names.filter((name) => name !== last)), 0.3).slice(0, 3);
    return [...chosen, ...(last === null ? [] : [last])].map((by) => ({ by, direction: random.pick(['asc', 'desc']) }));
  }

  #paged(select: Select): Select {
    const random = this.#random;
    if (random.chance(0.5)) return select;
    return {
      ...select,
      limit: random.chance(0.8) ? random.below(8) : null,
      offset: random.chance(0.5) ? random.below(4) : 0,
    };
  }

  #continued(select: Select): Select {
    const random = this.#random;
    const [key, ...others] = this.#table.columns;
    const before = others
      .filter(({ isNullable, kind }) => random.chance(0.5) && !isNullable && !unordered.has(kind))
      .slice(0, 2);
    const terms = random.chance(0.95) ? [...before, key as ColumnSpec] : before;
    if (terms.length === 0) return select;
    const orderBy = terms.map(({ name: by }): Order => ({ by, direction: random.pick(['asc', 'desc']) }));
    const after = terms.map(({ name, kind }) => this.#someValue(name, kind));
    return { ...select, orderBy, after, limit: random.chance(0.5) ? random.between(1, 5) : null };
  }

  #grouping(known: readonly ColumnSpec[]): Partial<Select> {
    const random = this.#random;
    const groups = random.some(random.shuffled(known), 0.35).slice(0, 3);
    const aggregates = random.list(
      random.between(groups.length === 0 ? 1 : 0, 3),
      (at): Aggregate => this.#aggregate(known, `a${at}`),
    );
    const groupBy = groups.map(({ name }) => name);
    const isPart = random.chance(0.2) && aggregates.length > 0;
    const columns = isPart ? random.some(groupBy, 0.5) : null;
    const isDistinct = random.chance(0.1);
    const loose = new Set(known.filter(({ kind }) => unordered.has(kind)).map(({ name }) => name));
    const sorted = aggregates.filter(({ column }) => column === null || !loose.has(column)).map(({ alias }) => alias);
    const groupsShown = isDistinct && columns !== null ? columns : groupBy;
    return {
      groupBy,
      aggregates,
      columns,
      isDistinct,
      orderBy: this.#orders([...groupsShown.filter((name) => !loose.has(name)), ...sorted], null),
    };
  }

  #aggregate(known: readonly ColumnSpec[], alias: string): Aggregate {
    const random = this.#random;
    const column = known.length === 0 || random.chance(0.2) ? null : random.pick(known);
    if (column === null) return { function: 'count', column: null, alias };
    const { kind, name } = column;
    if (random.chance(0.01) && !unordered.has(kind) && kind !== 'int64' && kind !== 'float')
      return { function: random.pick(aggregateFunctions), column: name, alias };
    const isNumber = ['int32', 'int64', 'decimal', 'float'].includes(kind);
    const isOrdered = !withoutExtremes.has(kind);
    // Not every engine holds the sum of the largest whole numbers, and only some fractions add up exactly.
    const isHard = kind === 'int64' || kind === 'float';
    const adds = isNumber && (!isHard || this.#addsExactly(name)) ? (['sum', 'avg'] as const) : [];
    const extremes = isOrdered ? (['min', 'max'] as const) : [];
    return { function: random.pick([...adds, ...extremes, 'count', 'count_distinct']), column: name, alias };
  }

  /** Halves and quarters do, in every order; and nothing else gets into the column. */
  #addsExactly(name: string): boolean {
    const at = this.#table.columns.findIndex((column) => column.name === name);
    if (at === 0) return true;
    const isWritten = this.grants.some(({ operations: all }) => all.includes('insert') || all.includes('update'));
    const numbers = this.#table.rows.map((row) => Number(row[at] ?? 0));
    return !isWritten && numbers.every((number) => (number * 4) % 1 === 0 && Math.abs(number) < 1e9);
  }

  #writable(operation: Operation): ColumnSpec[] {
    const grants = this.grants.filter((grant) => grant.operations.includes(operation));
    const one = grants.length === 0 ? undefined : this.#random.pick(grants);
    return this.#table.columns.filter(
      ({ name }) => one === undefined || one.writable === null || one.writable.includes(name),
    );
  }

  #newRow(): GivenRow {
    const random = this.#random;
    const [key] = this.#table.columns;
    const writable = this.#writable('insert').filter((column) => column !== key && random.chance(0.8));
    const isWithKey = random.chance(0.97);
    const id =
      random.chance(0.05) && this.#table.rows.length > 0
        ? random.pick(this.#table.rows)[0]
        : String(random.between(1_000, 9_000_000));
    const first = isWithKey ? [[(key as ColumnSpec).name, Number(id)] as const] : [];
    return [
      ...first,
      ...writable.map(({ name, kind, isNullable }) => [name, this.#newValue(kind, isNullable, name)] as const),
    ];
  }

  #newValue(kind: Kind, isNullable: boolean, name: string): unknown {
    const random = this.#random;
    if (random.chance(0.01)) return random.pick(unfit);
    // MariaDB takes null for a TIMESTAMP that is never null as the present moment.
    const mayBeRefused = isNullable || kind !== 'timestamptz';
    if (random.chance(isNullable ? 0.15 : 0.01) && mayBeRefused) return null;
    // Values that a row filter asks for, so that new rows are within reach now and then.
    const asked = this.grants.flatMap(({ filter }) => (filter === null ? [] : valuesAsked(filter, name)));
    if (asked.length > 0 && random.chance(0.5)) {
      const value = random.pick(asked);
      if (value === '$user') return this.subject.user;
      if (value === '$claims.region') return this.subject.claims.get('region') ?? 'x';
      if (typeof value !== 'string' || !value.startsWith('$')) return value;
    }
    return asJson(random, kind, cellOf(random, kind));
  }

  #set(): GivenRow {
    const random = this.#random;
    const [key] = this.#table.columns;
    const others = this.#writable('update').filter((column) => column !== key);
    const chosen = random.shuffled(others).slice(0, random.between(1, 2));
    const set = chosen.map(({ name, kind, isNullable }) => [name, this.#newValue(kind, isNullable, name)] as const);
    if (random.chance(0.04) || set.length === 0) set.push([(key as ColumnSpec).name, random.between(1, 60)]);
    if (random.chance(0.02)) set.push([random.pick(['nowhere', 'constructor']), 1]);
    return set;
  }

  /** What the service writes by itself. */
  #stamps(): GivenRow {
    const random = this.#random;
    if (random.chance(0.8)) return [];
    const column = random.pick(this.#table.columns.slice(1));
    if (column === undefined) return [];
    return [[column.name, asJson(random, column.kind, cellOf(random, column.kind))]];
  }
}

function valuesAsked(filter: Filter, name: string): unknown[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.filters.flatMap((member) => valuesAsked(member, name));
    case 'not':
      return valuesAsked(filter.filter, name);
    case 'compare':
      return filter.column === name ? [filter.value] : [];
    case 'in':
      return filter.column === name ? [...filter.values] : [];
    case 'between':
      return filter.column === name ? [filter.from, filter.to] : [];
    default:
      return [];
  }
}
