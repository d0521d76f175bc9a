import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.js';
import { CommandEnd, explain, instant, printable, table } from './output.js';

describe('printable', () => {
  it('takes away everything that could drive a terminal or reorder a line', () => {
    const hostile = 'a\u001b[2Jb\rc\nd\u009bm\u202ee\u2066f\u2028g\u0000h';
    expect(printable(hostile)).toMatch(/^[\x20-\x7e·]+$/);
    expect(printable('Bogotá 東京 😀')).toBe('Bogotá 東京 😀');
  });
});

describe('table', () => {
  it('aligns columns by their widest cell and leaves no blanks at line ends', () => {
    expect(
      table(
        ['A', 'LONG'],
        [
          ['wide cell', ''],
          ['x', 'y'],
        ],
      ),
    ).toEqual(['A          LONG', 'wide cell', 'x          y']);
  });
});

describe('instant', () => {
  it('shows UTC to the second, and a dash for never', () => {
    expect(instant(0)).toBe('1970-01-01T00:00:00Z');
    expect(instant(null)).toBe('-');
  });
});

describe('explain', () => {
  it('turns kinds into the documented exit codes', () => {
    expect(explain(new CommandEnd(1, 'no')).exitCode).toBe(1);
    expect(explain(new AppError('invalid_input', 'a.b', 'Bad.')).exitCode).toBe(2);
    expect(explain(new AppError('not_found', 'a.b', 'None.')).exitCode).toBe(1);
    expect(explain(new AppError('unavailable', 'a.b', 'Later.')).exitCode).toBe(3);
  });

  it('shows nothing of a foreign error but its code', () => {
    const error = Object.assign(new Error('password=hunter2'), { code: 'EPERM' });
    expect(explain(error)).toEqual({
      exitCode: 3,
      message: 'Something failed that should not have (EPERM).',
      code: 'internal',
    });
  });
});
