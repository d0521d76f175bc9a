import { describe, expect, it } from 'vitest';
import { textWidth } from './cells.js';
import { endless } from './screen.js';
import { fields, table } from './table.js';

const terminal = (columns: number) => ({ isTerminal: true, columns });
const id = '0b9c2d3e-7f3a-4b7e-9d39-3f5b0f6f0d11';

describe('a table', () => {
  it('aligns columns by their widest cell and leaves no blanks at line ends', () => {
    const rows = [
      ['wide cell', ''],
      ['x', 'y'],
    ];
    expect(table(['A', 'LONG'], rows, endless)).toEqual(['A          LONG', 'wide cell', 'x          y']);
  });

  it('counts wide characters twice, so that what follows them still stands in its column', () => {
    const lines = table(
      ['NAME', 'KIND'],
      [
        ['東京', 'a'],
        ['x', 'b'],
      ],
      endless,
    );
    expect(lines).toEqual(['NAME  KIND', '東京  a', 'x     b']);
  });

  it('shortens nothing where no person looks, and puts numbers left there as ever', () => {
    const lines = table(
      ['NAME', 'N'],
      [
        ['n'.repeat(300), '7'],
        ['x', '1234'],
      ],
      endless,
    );
    expect(lines[1]).toBe(`${'n'.repeat(300)}  7`);
  });

  it('puts numbers right on a terminal', () => {
    const rows = [
      ['a', '7', 'x'],
      ['b', '1,234', 'y'],
      ['c', '-', 'z'],
    ];
    expect(table(['NAME', 'ROWS', 'OF'], rows, terminal(80))).toEqual([
      'NAME   ROWS  OF',
      'a         7  x',
      'b     1,234  y',
      'c         -  z',
    ]);
  });

  it('shortens the longest texts first, and neither ids nor times', () => {
    const rows = [[id, 'a-rather-long-name-of-a-user', '2026-11-22 10:00', 'x'.repeat(60)]];
    const [heading = '', row = ''] = table(['ID', 'USER', 'ENDS', 'REMARK'], rows, terminal(90));
    expect(textWidth(row)).toBeLessThanOrEqual(90);
    expect(row).toContain(id);
    expect(row).toContain('2026-11-22 10:00');
    expect(row).toMatch(/…$/);
    expect(heading).toContain('REMARK');
  });

  it('leaves out the last columns where there is no room, and says which', () => {
    const rows = [[id, 'ada', '2026-11-22 10:00', '2026-12-22 10:00']];
    const lines = table(['ID', 'USER', 'MADE', 'ENDS'], rows, terminal(64));
    expect(lines).toEqual([
      `ID${' '.repeat(36)}USER  MADE`,
      `${id}  ada   2026-11-22 10:00`,
      '(no room for ENDS: --json has everything)',
    ]);
  });

  it.each([1, 10, 20, 40, 80, 200])('never passes a terminal of %i columns', (columns) => {
    const rows = [
      ['東京都庁'.repeat(10), 'text '.repeat(20), id, '12345'],
      ['x', 'y', id, '1'],
    ];
    for (const line of table(['NAME', 'TEXT', 'ID', 'N'], rows, terminal(Math.max(columns, 20)))) {
      expect(textWidth(line)).toBeLessThanOrEqual(Math.max(columns, 20));
    }
  });

  it('goes on below in its last column where that is wished', () => {
    const rows = [['trail', 'one two three four five six seven']];
    expect(table(['CHECK', { heading: 'FINDING', long: 'wrap' }], rows, terminal(32))).toEqual([
      'CHECK  FINDING',
      'trail  one two three four five',
      '       six seven',
    ]);
  });

  it('shows what data holds without letting it drive the terminal', () => {
    const [, row = ''] = table(['NAME'], [['\u001b[31mred\u0007\nnext']], terminal(80));
    expect(row).toBe('·[31mred··next');
  });
});

describe('the fields of one thing', () => {
  it('stand below each other, and long values go on below themselves', () => {
    const pairs = [
      ['name', 'shop'],
      ['description', 'orders and customers of the whole shop'],
    ] as const;
    expect(fields(pairs, terminal(40))).toEqual([
      'name         shop',
      'description  orders and customers of the',
      '             whole shop',
    ]);
    expect(fields(pairs, endless)[1]).toBe('description  orders and customers of the whole shop');
  });
});
