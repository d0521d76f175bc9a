import { expect, it } from 'vitest';
import { type Item, type Reading, type Table, treeOf } from './catalog-tree.js';

const reading = {
  server: { catalog: 'shop', engine: 'postgres', version: '15.18' },
  schemas: ['audit', 'empty', 'public', 'zebra'].map((name) => ({ name, comment: name === 'public' ? 'ours' : null })),
} as unknown as Reading;

async function draw(...items: Item[]): Promise<string[]> {
  async function* each() {
    yield* items;
  }
  let text = '';
  for await (const piece of treeOf(reading, each())) text += piece;
  return text.slice(0, -1).split('\n');
}

const table = (schema: string, name: string, more: Partial<Table> = {}) =>
  ({ section: 'table', table: { kind: 'table', schema, name, comment: null, rowEstimate: null, ...more } }) as Item;

it('shows schemas, empty ones too, and what is in them', async () => {
  const columns = [
    { name: 'id', nativeType: 'int', isNullable: false, default: null, generated: null, comment: null },
    { name: 'customer', nativeType: 'int', isNullable: true, default: '0', generated: null, comment: 'who' },
  ] as unknown as Table['columns'] & object;
  const foreignKeys = [{ columns: ['customer'], toSchema: 'crm', toTable: 'people', toColumns: ['id'] }];
  expect(
    await draw(
      table('audit', 'log', { kind: 'materialized_view', rowEstimate: 12, comment: 'old' }),
      table('public', 'orders', {
        columns,
        primaryKey: { name: null, columns: ['id'] },
        foreignKeys: foreignKeys as unknown as Table['foreignKeys'] & object,
      }),
      {
        section: 'type',
        type: { kind: 'enum', schema: 'public', name: 'mood', values: ['sad', 'ok'], over: null, comment: null },
      },
      {
        section: 'fault',
        fault: { schema: 'public', name: 'locked', group: 'object', reason: 'PRIV_SELECT' },
      },
    ),
  ).toEqual([
    'shop  postgres 15.18',
    '  audit',
    '    materialized view  log  ~12 rows  -- old',
    '  empty',
    '  public  -- ours',
    '    table  orders',
    '      id  int  PK  not null',
    '      customer  int  default 0  → crm.people(id)  -- who',
    '    enum  mood  (sad, ok)',
    '    !  locked  was not read: PRIV_SELECT',
    '  zebra',
  ]);
});

it('lets no name drive the terminal', async () => {
  const lines = await draw(table('public', 'a\u001b[2Jb\nc\u202e'));
  expect(lines).toContain('    table  a·[2Jb·c·');
});
