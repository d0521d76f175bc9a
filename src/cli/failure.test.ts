import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.js';
import { explain, printableLines } from './failure.js';
import { CommandEnd } from './output.js';

describe('explain', () => {
  it('turns kinds into the documented exit codes', () => {
    expect(explain(new CommandEnd(1, 'no')).exitCode).toBe(1);
    expect(explain(new AppError('invalid_input', 'a.b', 'Bad.')).exitCode).toBe(2);
    expect(explain(new AppError('not_found', 'a.b', 'None.')).exitCode).toBe(1);
    expect(explain(new AppError('unavailable', 'a.b', 'Later.')).exitCode).toBe(3);
    expect(explain(new AppError('cancelled', 'a.b', 'Stopped.')).exitCode).toBe(130);
  });

  it('keeps the field and the fix apart from the message', () => {
    const refusal = new AppError('invalid_input', 'a.b', 'Bad.', { details: { field: 'host', fix: 'Send one.' } });
    expect(explain(refusal)).toMatchObject({ code: 'a.b', message: 'Bad.', field: 'host', fix: 'Send one.' });
    expect(explain(new CommandEnd(2, 'No.'))).toMatchObject({ code: 'cli.wrong_use', field: null, fix: null });
  });

  it('shows nothing of a foreign error but its code', () => {
    const error = Object.assign(new Error('password=hunter2'), { code: 'EPERM' });
    expect(explain(error)).toEqual({
      ...{ exitCode: 3, code: 'internal', field: null, fix: null },
      message: 'Something failed that should not have (EPERM).',
    });
  });
});

describe('what was typed', () => {
  it('is told without what could drive the terminal, line by line', () => {
    expect(printableLines('unknown \u001b[2J\n(--help)')).toBe('unknown ·[2J\n(--help)');
  });
});
