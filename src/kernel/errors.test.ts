import { describe, expect, it } from 'vitest';
import { AppError, defineErrors, describeErrors } from './errors.js';

const errors = defineErrors('garden', {
  gate_shut: { kind: 'failed_precondition', message: 'The gate is shut.' },
  gate_gone: { kind: 'not_found', message: 'There is no gate.', retired: true },
});

describe('defineErrors', () => {
  it('makes errors with a stable code, a kind and one fixed sentence', () => {
    const cause = new Error('rust');
    const error = errors.gate_shut({ details: { field: 'gate' }, cause });
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({
      kind: 'failed_precondition',
      code: 'garden.gate_shut',
      message: 'The gate is shut.',
      details: { field: 'gate' },
      cause,
    });
  });

  it('gives codes literal types and describes every entry, retired ones too', () => {
    const code: 'garden.gate_shut' = errors.gate_shut.code;
    expect(code).toBe('garden.gate_shut');
    expect(describeErrors(errors)).toEqual([
      { code: 'garden.gate_shut', definition: { kind: 'failed_precondition', message: 'The gate is shut.' } },
      { code: 'garden.gate_gone', definition: { kind: 'not_found', message: 'There is no gate.', retired: true } },
    ]);
  });
});
