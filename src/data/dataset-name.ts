/** Names of datasets: `Employees`, as people and URLs write them. @module */
import { dataErrors } from './errors.js';

const form = /^[A-Za-z][A-Za-z0-9_]{0,127}$/;
const maxLength = 128;

/** @throws `data.name_invalid` */
export function readName(name: string): string {
  if (!form.test(name)) {
    const fix = 'Use a letter, then letters, digits and _, at most 128.';
    throw dataErrors.name_invalid({ details: { field: 'name', fix } });
  }
  return name;
}

/**
 * Names a table may go by, the best first: `order_items` → `OrderItems`, then with its schema, then with its source.
 * Empty where a table's name has no letter or digit of ASCII to make one from.
 */
export function namesFor(source: string, schema: string, table: string): readonly string[] {
  const name = pascal(table);
  if (name === '') return [];
  const names = [name, pascal(schema) + name, pascal(source) + name, pascal(source) + pascal(schema) + name];
  const numbered = Array.from({ length: 20 }, (_, place) => `${name.slice(0, maxLength - 3)}${place + 2}`);
  return [...new Set([...names, ...numbered])].map((one) => one.slice(0, maxLength)).filter((one) => form.test(one));
}

function pascal(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + (isShouted(word) ? word.slice(1).toLowerCase() : word.slice(1)))
    .join('')
    .replace(/^(?=\d)/, 'T');
}

/** `ORDERS`, as some engines write every name. */
function isShouted(word: string): boolean {
  return word.length > 1 && word === word.toUpperCase();
}
