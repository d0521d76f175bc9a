import { describe, expect, it } from 'vitest';
import { mermaidOf } from './catalog-mermaid.js';
import type { Item, Reading, Table } from './catalog-tree.js';

type Column = NonNullable<Table['columns']>[number];

const reading = (...schemas: string[]) =>
  ({ schemas: schemas.map((name) => ({ catalog: 'shop', name, owner: null, comment: null })) }) as unknown as Reading;

const column = (name: string, more: Partial<Column> = {}) =>
  ({ name, nativeType: 'integer', isNullable: false, comment: null, ...more }) as Column;

const table = (name: string, more: Partial<Table> = {}): Item =>
  ({ section: 'table', table: { kind: 'table', schema: 'public', name, comment: null, ...more } }) as Item;

async function draw(reading: Reading, ...items: Item[]): Promise<string[]> {
  let text = '';
  for await (const piece of mermaidOf(reading, each(items))) text += piece;
  expect(text.endsWith('\n')).toBe(true);
  const lines = text.slice(0, -1).split('\n');
  checkGrammar(lines);
  return lines;
}

async function* each(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

/**
 * What erDiagram.jison asks of the lines we write: an entity in quotes has none of `"%\` and control characters, and no
 * blank, because a line that holds `direction TB` is a statement; a word of a block begins with a letter or `_`, and
 * with no mark; a comment holds no quote and no `~`, which would be read as a generic type.
 */
function checkGrammar([first, ...lines]: readonly string[]): void {
  expect(first).toBe('erDiagram');
  const entity = '"[^"%\\\\\\s\\p{Cc}#<>;{}]+"';
  const word = '(?!(?:pk|fk|uk)\\b)[A-Za-z_][A-Za-z0-9_()\\[\\]-]*';
  const mark = '(?:PK|FK|UK)';
  const comment = '"[^"~%#<>{}\\\\`\\p{Cc}]*"';
  const opening = new RegExp(`^  ${entity}(?<block> \\{)?$`, 'u');
  const relation = new RegExp(`^  ${entity} (?:\\|\\||\\|o)--(?:o\\{|o\\|) ${entity} : ${entity}$`, 'u');
  const attribute = new RegExp(`^    ${word} ${word}(?: ${mark}(?:, ${mark})*)?(?: ${comment})?$`, 'iu');
  let isInBlock = false;
  for (const line of lines) {
    if (isInBlock && line === '  }') isInBlock = false;
    else if (isInBlock) expect(line).toMatch(attribute);
    else if (opening.test(line)) isInBlock = opening.exec(line)?.groups?.['block'] !== undefined;
    else expect(line).toMatch(relation);
  }
  expect(isInBlock).toBe(false);
}

describe('an ER diagram', () => {
  it('has entities with columns and marks, and a relation for every foreign key', async () => {
    const customers = table('customers', {
      columns: [column('id'), column('email', { nativeType: 'text', comment: 'lower case' })],
      primaryKey: { name: 'customers_pkey', columns: ['id'] },
      uniqueKeys: [{ name: 'customers_email_key', columns: ['email'] }],
    });
    const orders = table('orders', {
      columns: [
        column('id'),
        column('customer_id'),
        column('total', { nativeType: 'numeric(10,2)' }),
        column('at', { nativeType: 'timestamp with time zone' }),
      ],
      primaryKey: { name: null, columns: ['id'] },
      foreignKeys: [
        {
          name: 'orders_customer_id_fkey',
          columns: ['customer_id'],
          toSchema: 'public',
          toTable: 'customers',
          toColumns: ['id'],
          onDelete: 'no_action',
          onUpdate: 'no_action',
          isDeferrable: false,
        },
      ],
    });
    expect(await draw(reading('public'), customers, orders)).toEqual([
      'erDiagram',
      '  "customers" {',
      '    integer id PK',
      '    text email UK "lower case"',
      '  }',
      '  "orders" {',
      '    integer id PK',
      '    integer customer_id FK',
      '    numeric(10_2) total',
      '    timestamp_with_time_zone at',
      '  }',
      '  "customers" ||--o{ "orders" : "orders_customer_id_fkey"',
    ]);
  });

  it('says optional and one-to-one where they are', async () => {
    const key = {
      name: 'k',
      columns: ['id'],
      toSchema: 'other',
      toTable: 'parent',
      toColumns: ['id'],
      onDelete: 'cascade',
      onUpdate: 'cascade',
      isDeferrable: false,
    } as const;
    const columns = [column('id', { isNullable: true })];
    const lines = await draw(
      reading('public', 'other'),
      table('child', { columns, foreignKeys: [key] }),
      table('twin', { columns: [column('id')], primaryKey: { name: null, columns: ['id'] }, foreignKeys: [key] }),
    );
    expect(lines).toContain('  "other.parent" |o--o{ "public.child" : "k"');
    expect(lines).toContain('  "other.parent" ||--o| "public.twin" : "k"');
  });

  it('tells apart tables whose names are the same once they are safe', async () => {
    const lines = await draw(reading('public'), table('a b'), table('a"b'), table('a_b'), table(''), table('größe'));
    expect(lines.slice(1)).toEqual(['  "a_b"', '  "a_b_2"', '  "a_b_3"', '  "_"', '  "größe"']);
  });

  it('keeps to the grammar whatever a database calls its things', async () => {
    const hostile = [
      ...['__proto__', 'constructor', 'PK', 'fk', 'Uk-1', 'pk(', '1st', '-', '', ' ', '"', '\\', '%', '%%', '`', '~a~'],
      ...['%%{init: {"theme":"x"}}%%', 'x"} evil { y', 'a\nerDiagram\n  b', 'x direction TB', 'direction\tLR', '---'],
      ...['<script>alert(1)</script>', '#quot;', '}', '{', '||--o{', ': "x"', 'style x fill:#f00', 'classDef a', 'end'],
      ...['\u0000', '\u001b[31m', '\u202e', 'a;b', 'a:::b', 'subgraph s', 'accTitle: t', 'größe', '名前', '😀', 'u-'],
      ...['x'.repeat(500), '"'.repeat(200), 'one or more', '*', 'a.b', "it's", 'back`tick', 'com,ma', '(paren)', '[b]'],
    ];
    const items = hostile.map((name) =>
      table(name, {
        schema: name,
        columns: hostile.map((other) => column(other, { nativeType: name, comment: other })),
        primaryKey: { name: name, columns: [name] },
        foreignKeys: [
          {
            name: name,
            columns: [name],
            toSchema: name,
            toTable: name,
            toColumns: [name],
            onDelete: 'no_action',
            onUpdate: 'no_action',
            isDeferrable: false,
          },
        ],
      }),
    );
    const lines = await draw(reading('a', 'b'), ...items);
    expect(lines.length).toBe(1 + hostile.length * (hostile.length + 3));
  });
});
