/**
 * Checks a decoded value against a schema and names the first field that does not fit, never its value.
 *
 * @module
 */
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { httpErrors } from '../errors.js';

/**
 * Compiles a schema once into a decoder.
 *
 * @returns a function that returns the value typed, or throws
 * `http.field_missing` · `http.field_invalid` (details.field: the member's name as the schema spells it) ·
 * `http.body_shape_invalid` when it is not an object at all.
 */
export function shape<Schema extends TSchema>(schema: Schema): (value: unknown) => Static<Schema> {
  const validator = Compile(schema);
  return (value) => {
    if (validator.Check(value)) return value;
    throw refusal(validator.Errors(value));
  };
}

interface Fault {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
}

function refusal(faults: Iterable<Fault>) {
  for (const fault of faults) {
    if (fault.keyword === 'required' && 'requiredProperties' in fault.params) {
      const names = fault.params.requiredProperties;
      const field: unknown = Array.isArray(names) ? names[0] : undefined;
      if (typeof field === 'string') return httpErrors.field_missing({ details: { field } });
    }
    const field = fault.instancePath.split('/')[1];
    if (field !== undefined && field !== '') {
      // An empty string is how forms say "not given".
      const make = fault.keyword === 'minLength' ? httpErrors.field_missing : httpErrors.field_invalid;
      return make({ details: { field } });
    }
  }
  return httpErrors.body_shape_invalid();
}
