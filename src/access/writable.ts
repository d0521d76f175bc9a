/** Which arms let a set of columns be written, and what is answered when none does. @module */
import { allColumns, namedField, queryErrors, type Relation, type VisibleColumns } from '../query/index.js';
import type { Arm } from './arms.js';

/** The columns of a relation, and which of them there are for who writes. */
export class WritableColumns {
  readonly table: VisibleColumns;
  readonly #arms: readonly Arm[];

  constructor(relation: Relation, arms: readonly Arm[]) {
    this.table = allColumns(relation);
    this.#arms = arms;
  }

  /** Some arm lets it be written, and the database too. */
  isWritable(name: string): boolean {
    const found = this.table.get(name);
    return found !== undefined && !found.column.isComputed && this.#arms.some((arm) => arm.writes(name));
  }

  /** Some arm shows it or lets it be written; any other is not told from one that is not there. */
  isKnown(name: string): boolean {
    const found = this.table.get(name);
    return found !== undefined && this.#arms.some((arm) => arm.writes(name) || arm.reads(found.column) !== null);
  }
}

/**
 * The arms that let all of these columns be written; one of them alone must allow all.
 *
 * @throws `query.unknown_column` · `query.column_not_writable`
 */
export function assertWritable(
  names: Iterable<string>,
  columns: WritableColumns,
  arms: readonly Arm[],
): readonly Arm[] {
  const given = [...names];
  for (const name of given) {
    if (!columns.isKnown(name)) throw queryErrors.unknown_column({ details: namedField(name) });
  }
  const refused = given.find((name) => !columns.isWritable(name));
  if (refused !== undefined) throw queryErrors.column_not_writable({ details: namedField(refused) });
  const allowing = arms.filter((arm) => given.every((name) => arm.writes(name)));
  // Each column by another grant: rows and columns of different grants are not put together.
  if (allowing.length === 0) throw queryErrors.column_not_writable();
  return allowing;
}
