/** A grant in one plain sentence, read once more before it is saved. @module */
import { type FilterJson, fromJson, type Group, type Node, operatorWords, type Scalar, takes } from './row-filter';

export interface Terms {
  readonly operations: readonly string[];
  /** `null`: every column. */
  readonly readable: readonly string[] | null;
  readonly writable: readonly string[] | null;
  readonly filter: FilterJson | null;
  readonly masks: Readonly<Record<string, string>>;
}

const writing = new Set(['insert', 'update']);

/** “clerk may query and update Employees of sample, reading emp_id and name, writing name, where department_id = 2.” */
export function sayGrant(role: string, dataset: string, source: string, terms: Terms): string {
  const { operations, readable, writable, masks, filter } = terms;
  if (operations.length === 0) return `${role} may do nothing with ${dataset} of ${source}.`;
  const masked = Object.entries(masks);
  const shown = (name: string) => (masks[name] === undefined ? name : `${name} (masked: ${sayMask(masks[name])})`);
  const reading =
    readable === null
      ? `every column${
          masked.length === 0
            ? ''
            : ` (masked: ${listed(
                masked.map(([name, mask]) => `${name}, ${sayMask(mask)}`),
                ';',
              )})`
        }`
      : readable.length === 0
        ? 'no column'
        : listed(readable.map(shown));
  const given = writable === null ? 'every column' : writable.length === 0 ? 'no column' : listed(writable);
  return [
    `${role} may ${listed(operations)} ${dataset} of ${source}`,
    `reading ${reading}`,
    ...(operations.some((operation) => writing.has(operation)) ? [`writing ${given}`] : []),
    filter === null ? 'in every row' : `where ${sayFilter(filter)}`,
  ]
    .join(', ')
    .concat('.');
}

/** `null` · `keep-left:4` in words. */
export function sayMask(mask: string): string {
  const kept = /^keep-(left|right):(\d+)$/.exec(mask);
  if (kept !== null) return `${kept[1] === 'left' ? 'first' : 'last'} ${kept[2] ?? ''} characters`;
  return { null: 'empty', hash: 'pseudonym', year: 'year only', month: 'month only', day: 'day only' }[mask] ?? mask;
}

/** Filters the server sent are filters; anything else is shown as it is. */
export function sayFilter(filter: FilterJson): string {
  try {
    return sayMembers(fromJson(filter));
  } catch {
    return JSON.stringify(filter);
  }
}

function sayMembers({ join, members }: Group): string {
  const parts = members.map((member) => sayNode(member, members.length > 1));
  return join === 'nor' ? `not (${parts.join(' or ')})` : parts.join(` ${join} `);
}

function sayNode(node: Node, isAmongOthers: boolean): string {
  if (node.kind === 'group') {
    const text = sayMembers(node);
    return isAmongOthers && node.join !== 'nor' ? `(${text})` : text;
  }
  const { column, operator, values } = node;
  const word = operatorWords[operator];
  const count = takes(operator);
  if (count === 0) return `${column} ${word}`;
  if (count === 2) return `${column} ${word} ${values.map(sayValue).join(' and ')}`;
  if (count === 'many') return `${column} ${word} ${values.length === 0 ? 'nothing' : values.map(sayValue).join(', ')}`;
  return `${column} ${word} ${sayValue(values[0] ?? '')}`;
}

function sayValue(value: Scalar): string {
  if (typeof value !== 'string') return String(value);
  if (value === '$user') return 'their own user name';
  if (value === '$org') return 'their own organisation';
  const claim = /^\$claims\.(.+)$/.exec(value)?.[1];
  if (claim !== undefined) return `their own ${claim}`;
  return value.startsWith('$$') ? `“${value.slice(1)}”` : `“${value}”`;
}

function listed(names: readonly string[], comma = ','): string {
  if (names.length < 3 && comma === ',') return names.join(' and ');
  return comma === ',' ? `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}` : names.join(`${comma} `);
}
