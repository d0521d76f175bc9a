/** What a caller may do with a dataset, column by column, without doing it. @module */
import { type Column, type Operation, operations, type Relation } from '../query/index.js';
import { findArms, visibleColumns } from './arms.js';
import type { Standing } from './subject.js';

export interface ColumnRights {
  readonly column: Column;
  /** By a query. */
  readonly isReadable: boolean;
  /** For some rows something else stands in for its value. */
  readonly isMasked: boolean;
  readonly isInsertable: boolean;
  readonly isUpdatable: boolean;
}

export interface DatasetRights {
  readonly operations: readonly Operation[];
  /** In the order of the table; without those that no grant shows or lets be written. */
  readonly columns: readonly ColumnRights[];
}

export function viewColumns(standing: Standing, relation: Relation): DatasetRights {
  const isNamedQuery = relation.origin.kind === 'query';
  const arms = operations
    .filter((operation) => operation === 'query' || !isNamedQuery)
    .map((operation) => ({ operation, arms: findArms(standing, relation, operation) }))
    .filter((entry) => entry.arms.length > 0);
  const of = (operation: Operation) => arms.find((entry) => entry.operation === operation)?.arms ?? [];
  const visible = visibleColumns(of('query'), relation);
  const known = arms.flatMap((entry) => entry.arms);
  return {
    operations: arms.map(({ operation }) => operation),
    columns: relation.columns.flatMap((column) => {
      const found = visible.get(column.name);
      const mayWrite = (operation: Operation) =>
        !column.isComputed && of(operation).some((arm) => arm.writes(column.name));
      const rights = {
        column,
        isReadable: found !== undefined,
        isMasked: found?.isMasked ?? false,
        isInsertable: mayWrite('insert'),
        isUpdatable: mayWrite('update'),
      };
      const isKnown = rights.isReadable || rights.isInsertable || rights.isUpdatable;
      return isKnown || known.some((arm) => arm.reads(column) !== null) ? [rights] : [];
    }),
  };
}
