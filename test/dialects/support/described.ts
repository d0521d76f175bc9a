/** Whether an answer is what the description of its route says it is. @module */
import { Compile } from 'typebox/compile';
import type { Description } from '../../../src/http/kit/description.js';

/**
 * @param type  Media type of the content; JSON where nothing is said.
 * @returns     What does not fit; `[]` when everything does.
 */
export function faultsOf(
  descriptions: readonly Description[],
  id: string,
  status: number,
  body: unknown,
  type = 'application/json',
): readonly string[] {
  const schema = descriptions.find((one) => one.id === id)?.answers[status]?.content?.[type]?.schema;
  if (schema === undefined) return [`${id} does not describe ${status}`];
  // Every member is named: one that is not is a fault, too.
  const validator = Compile(closed(schema) as typeof schema);
  return validator.Check(body) ? [] : [...validator.Errors(body)].map((one) => `${one.instancePath} ${one.message}`);
}

function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.fromEntries(Object.entries(schema).map(([name, member]) => [name, closed(member)]));
  return 'properties' in schema && !('additionalProperties' in schema)
    ? { ...members, additionalProperties: false }
    : members;
}
