/** Parameters of OAuth requests (RFC 6749 §3.2): those that are not known are ignored, an empty one counts as absent. @module */
import { httpErrors } from '../errors.js';
import type { Body } from '../kit/body.js';

export type Parameters = (name: string) => string | undefined;

/** A form that names one twice never came this far. */
export function parametersOf(body: Body): Parameters {
  return (name) => {
    const value = body instanceof Map ? body.get(name) : undefined;
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
}

/** @throws `http.field_missing` with details.field */
export function required(parameters: Parameters, name: string): string {
  const value = parameters(name);
  if (value === undefined) throw httpErrors.field_missing({ details: { field: name } });
  return value;
}
