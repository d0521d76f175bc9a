/** What would allow what is not: the command, for whoever administers. @module */
import type { Grant } from '../access/index.js';
import type { Operation } from '../query/index.js';
import type { Dataset, DatasetReference } from './model.js';

/** The grant that is missing. */
export function addCommand(
  { role, reference, dataset }: { role: string; reference: DatasetReference; dataset: Dataset | null },
  operation: Operation,
  columns: readonly string[],
): string {
  const where =
    dataset !== null
      ? ['--dataset', word(dataset.name)]
      : reference.by === 'name'
        ? ['--dataset', word(reference.name)]
        : ['--source', word(reference.source), '--table', word(reference.object)];
  const list = columns.length === 0 ? [] : [optionOf(operation), columnsWord(columns)];
  return ['latchkey grant add --role', word(role), ...where, '--operations', operation, ...list].join(' ');
}

/**
 * More of a grant that is there: its role is the one that deals with this table, and its rows stay the ones it is for,
 * where another grant beside it would be for every row.
 *
 * @returns `null` where it leaves nothing out: what is in the way is no grant.
 */
export function changeCommand(
  grants: readonly Grant[],
  operation: Operation,
  columns: readonly string[],
): string | null {
  const grant = grants.find(({ operations }) => operations.includes(operation)) ?? grants[0];
  if (grant === undefined) return null;
  const option = optionOf(operation);
  const open = option === '--writable' ? grant.writable : grant.readable;
  const allColumns = open === null ? [] : [...new Set([...open, ...columns])];
  const changes = [
    ...(grant.operations.includes(operation) ? [] : ['--operations', [...grant.operations, operation].join(',')]),
    ...(allColumns.length === (open?.length ?? 0) ? [] : [option, columnsWord(allColumns)]),
  ];
  return changes.length === 0 ? null : ['latchkey grant set', grant.id, ...changes].join(' ');
}

function optionOf(operation: Operation): '--readable' | '--writable' {
  return operation === 'insert' || operation === 'update' ? '--writable' : '--readable';
}

/** As the option reads it: a list with commas, or JSON where a name would be taken for something else. */
function columnsWord(columns: readonly string[]): string {
  const isPlain = columns.every((name) => !name.includes(',')) && !/^(\[.*|\*)?$/.test(columns.join(','));
  return word(isPlain ? columns.join(',') : JSON.stringify(columns));
}

/** One word of a POSIX shell. */
export function word(text: string): string {
  return /^[\w./:@%+=,<>-]+$/.test(text) && !/[<>]/.test(text.replace(/^<role>$/, ''))
    ? text
    : `'${text.replaceAll("'", "'\\''")}'`;
}
