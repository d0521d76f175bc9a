/**
 * Values of attributes as the family writes them, brought to what the query language takes. What a type can hold is
 * judged there; here only what the family says of its own: which JSON type stands for what, and that moments may be
 * written in any zone.
 *
 * @module
 */
import { namedField } from '../../../query/index.js';
import type { JsonValue } from '../../kit/strict-json.js';
import type { Attribute } from './attributes.js';
import { dayOf, type Moment, readMoment, writeMoment } from './date-time.js';
import { cloudioErrors } from './errors.js';

/**
 * A value to compare with.
 *
 * @throws `cloudio.value_invalid` naming the attribute.
 */
export function comparedValue(attribute: Attribute, json: JsonValue | undefined): unknown {
  if (json === null || json === undefined) throw misfit(attribute, 'For "no value" use empty or notEmpty.');
  if (attribute.kind === 'other' && typeof json === 'object') throw misfit(attribute, 'Send a string or a number.');
  return readValue(attribute, json);
}

/**
 * A value to write; `null` is no value.
 *
 * @throws `cloudio.value_invalid` naming the attribute.
 */
export function writtenValue(attribute: Attribute, json: JsonValue): unknown {
  return json === null ? null : readValue(attribute, json);
}

function readValue(attribute: Attribute, json: JsonValue): unknown {
  switch (attribute.kind) {
    case 'string':
      if (typeof json !== 'string') throw misfit(attribute, 'Send a string.');
      return json;
    case 'number':
      return numberOf(attribute, json);
    case 'boolean':
      if (typeof json !== 'boolean') throw misfit(attribute, 'Send true or false.');
      return json;
    case 'date':
      return dayOf(momentOf(attribute, json).micros).text;
    case 'dateTime':
      return writtenMoment(attribute, momentOf(attribute, json).micros);
    case 'other':
      return json;
  }
}

const plainDigits = /^-?\d{1,1000}(?:\.\d{1,1000})?$/;

/** Texts of digits stand only where a JSON number may be too small for the value: answers have them there too. */
function numberOf(attribute: Attribute, json: JsonValue): unknown {
  const { type } = attribute.column;
  if (typeof json === 'number') return json;
  const isWide = type === 'int64' || type === 'decimal';
  if (isWide && typeof json === 'string' && plainDigits.test(json)) return json;
  if (typeof json === 'bigint') {
    if (type === 'float32' || type === 'float64') return Number(json);
    throw misfit(attribute, 'Send whole numbers beyond 9007199254740991 as a string of digits.');
  }
  throw misfit(attribute, isWide ? 'Send a number, or its digits as a string.' : 'Send a number.');
}

/** @throws `cloudio.value_invalid` */
export function momentOf(attribute: Attribute, json: JsonValue | undefined): Moment {
  const moment = typeof json === 'string' ? readMoment(json) : null;
  if (moment === null) throw misfit(attribute, 'Send an ISO 8601 date and time: 2026-01-31T23:59:59.999Z.');
  return moment;
}

/** A moment as a column of its type takes it; texts hold it with the zone and six digits, so that they sort by time. */
export function writtenMoment({ column }: Attribute, micros: bigint): string {
  const text = writeMoment(micros);
  return column.type === 'timestamp' ? text : `${text}Z`;
}

export function misfit(attribute: Attribute, fix: string) {
  return cloudioErrors.value_invalid({ details: { ...namedField(attribute.name), fix } });
}
