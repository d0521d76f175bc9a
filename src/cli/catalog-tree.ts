/** A catalogue as indented lines, for people. @module */
import type { App } from '../app.js';
import { printable } from './output.js';

type Answer = Awaited<ReturnType<App['sources']['metadata']>>;
export type Reading = Extract<Answer, { outcome: 'read' }>;
export type Item = ReturnType<Reading['items']> extends AsyncIterable<infer One> ? One : never;
export type Table = Extract<Item, { section: 'table' }>['table'];
type Column = NonNullable<Table['columns']>[number];

/** Lines with their line ends. Schemas without objects are told too: both lists come in one order. */
export async function* treeOf({ server, schemas }: Reading, items: AsyncIterable<Item>): AsyncGenerator<string> {
  yield line(0, [server.catalog, `${server.engine} ${server.version ?? ''}`.trim()]);
  let next = 0;
  let current: string | null = null;
  for await (const item of items) {
    const schema = schemaOf(item);
    if (schema !== null && schema !== current) {
      while (next < schemas.length && current !== schema) {
        const found = schemas[next];
        next += 1;
        if (found === undefined) continue;
        yield line(1, [found.name, remark(found.comment)]);
        current = found.name;
      }
      if (current !== schema) yield line(1, [schema]);
      current = schema;
    }
    yield* linesOf(item);
  }
  for (const { name, comment } of schemas.slice(next)) yield line(1, [name, remark(comment)]);
}

function schemaOf(item: Item): string | null {
  switch (item.section) {
    case 'table':
      return item.table.schema;
    case 'type':
      return item.type.schema;
    case 'sequence':
      return item.sequence.schema;
    case 'routine':
      return item.routine.schema;
    case 'fault':
      return item.fault.schema;
  }
}

function* linesOf(item: Item): Generator<string> {
  switch (item.section) {
    case 'table':
      yield* tableLines(item.table);
      return;
    case 'type': {
      const { kind, name, values, over, comment } = item.type;
      yield line(2, [kind, name, values === null ? `over ${over}` : `(${values.join(', ')})`, remark(comment)]);
      return;
    }
    case 'sequence':
      yield line(2, ['sequence', item.sequence.name, remark(item.sequence.comment)]);
      return;
    case 'routine': {
      const { kind, name, arguments: parameters, returns, comment } = item.routine;
      yield line(2, [kind, `${name}(${parameters})`, returns === null ? '' : `→ ${returns}`, remark(comment)]);
      return;
    }
    case 'fault': {
      const { name, group, reason } = item.fault;
      yield line(2, ['!', name ?? 'an object', `${group === 'object' ? 'was' : `${group} were`} not read: ${reason}`]);
    }
  }
}

function* tableLines(table: Table): Generator<string> {
  const rows = table.rowEstimate === null ? '' : `~${table.rowEstimate} rows`;
  yield line(2, [table.kind.replace('_', ' '), table.name, rows, remark(table.comment)]);
  for (const column of table.columns ?? []) {
    yield line(3, [column.name, column.nativeType, ...marksOf(column, table), remark(column.comment)]);
  }
}

function marksOf({ name, isNullable, default: standard, generated }: Column, table: Table): string[] {
  const isIn = (key: { readonly columns: readonly string[] }) => key.columns.includes(name);
  const references = (table.foreignKeys ?? []).filter(isIn).map((key) => {
    const to = key.toSchema === table.schema ? key.toTable : `${key.toSchema}.${key.toTable}`;
    return `→ ${to}(${key.toColumns[key.columns.indexOf(name)] ?? ''})`;
  });
  return [
    ...(table.primaryKey && isIn(table.primaryKey) ? ['PK'] : []),
    ...((table.uniqueKeys ?? []).some(isIn) ? ['unique'] : []),
    ...(isNullable ? [] : ['not null']),
    ...(generated !== null ? [`generated ${generated}`] : standard === null ? [] : [`default ${standard}`]),
    ...references,
  ];
}

function remark(comment: string | null): string {
  return comment === null || comment === '' ? '' : `-- ${comment}`;
}

function line(depth: number, words: readonly string[]): string {
  return `${'  '.repeat(depth)}${printable(words.filter((word) => word !== '').join('  '))}\n`;
}
