import { describe, expect, test } from 'vitest';
import { chooseTables, layOut, maxTables, relationsOf } from './er-layout';

function table(name: string, ...references: readonly string[]) {
  return {
    ...{ kind: 'table' as const, schema: 'main', name, primaryKey: { name: null, columns: ['id'] } },
    foreignKeys: references.map((toTable) => ({
      ...{ name: null, columns: [`${toTable}_id`], toSchema: 'main', toTable, toColumns: ['id'] },
      ...{ onDelete: 'no_action' as const, onUpdate: 'no_action' as const, isDeferrable: false },
    })),
  };
}

/** A chain of thousands: each references the one before. */
const many = Array.from({ length: 5_000 }, (_, place) =>
  place === 0 ? table('t0') : table(`t${place}`, `t${place - 1}`),
);

describe('the diagram of a schema', () => {
  test('shows all of a small schema, and of a large one no more than can be read', () => {
    expect(chooseTables(many.slice(0, maxTables), null)).toHaveLength(maxTables);
    expect(chooseTables(many, null)).toHaveLength(maxTables);
  });

  test('around one table shows it and what is nearest', () => {
    const names = chooseTables(many, 't2500').map(({ name }) => name);
    expect(names).toHaveLength(maxTables);
    expect(names).toEqual(expect.arrayContaining(['t2500', 't2499', 't2501', 't2529', 't2471']));
  });

  test('around a table that stands alone shows that table', () => {
    expect(chooseTables([...many, table('alone')], 'alone').map(({ name }) => name)).toEqual(['alone']);
  });

  test('draws no relation to what is not there, in another schema or not chosen', () => {
    const [own] = table('orders', 'customers').foreignKeys;
    const elsewhere = { ...table('lines'), foreignKeys: [{ ...own, toSchema: 'other' }] } as ReturnType<typeof table>;
    expect(relationsOf([table('orders', 'customers'), elsewhere])).toEqual([]);
    expect(relationsOf([table('orders', 'customers'), table('customers')])).toMatchObject([
      { from: 'orders', to: 'customers', columns: ['customers_id'] },
    ]);
  });

  test('lays boxes over no other, those alone and those that reference themselves included', () => {
    const tables = [
      table('a', 'b', 'c'),
      table('b', 'c'),
      table('c', 'c'),
      table('d'),
      table('e'),
      table('self', 'self'),
    ];
    const { boxes } = layOut(tables);
    expect(boxes).toHaveLength(6);
    for (const one of boxes) {
      for (const other of boxes) {
        if (one === other) continue;
        const isApart =
          one.x + 230 <= other.x ||
          other.x + 230 <= one.x ||
          one.y + one.height <= other.y ||
          other.y + other.height <= one.y;
        expect(isApart, `${one.name} and ${other.name}`).toBe(true);
      }
    }
  });

  test('has the keys of a wide table and counts the rest', () => {
    const columns = Array.from({ length: 40 }, (_, place) => ({ name: `c${place}`, nativeType: 'int' }));
    const wide = { ...table('wide', 'b'), columns: [...columns, { name: 'id', nativeType: 'bigint' }] };
    const { boxes } = layOut([wide as unknown as ReturnType<typeof table>]);
    expect(boxes[0]?.lines.slice(0, 2)).toMatchObject([
      { name: 'id', type: 'bigint', isPrimary: true },
      { name: 'b_id', isForeign: true },
    ]);
    expect(boxes[0]?.left).toBe(30);
  });
});
