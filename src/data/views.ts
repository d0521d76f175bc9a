/** What callers may do with tables, made once for each right and table. @module */
import { LRUCache } from 'lru-cache';
import { type Standing, viewColumns } from '../access/index.js';
import type { Relation } from '../query/index.js';
import { dataErrors } from './errors.js';
import type { Dataset, DatasetView } from './model.js';

export interface Views {
  /** @throws `data.dataset_denied` */
  find(dataset: Dataset, standing: Standing, relation: Relation): DatasetView;
}

/** Columns of all views that are remembered. */
const maxColumns = 50_000;

/** A view of a table is found again by the very right and the very table it was made from. */
export function createViews(): Views {
  const views = new LRUCache<Standing, { readonly relation: Relation; readonly view: DatasetView }>({
    maxSize: maxColumns,
    sizeCalculation: ({ relation }) => 1 + relation.columns.length,
  });
  return {
    find(dataset, standing, relation) {
      const known = views.get(standing);
      if (known?.relation === relation) return known.view;
      const made = viewOf(dataset, standing, relation);
      views.set(standing, { relation, view: made });
      return made;
    },
  };
}

function viewOf(dataset: Dataset, standing: Standing, relation: Relation): DatasetView {
  const rights = viewColumns(standing, relation);
  if (rights.operations.length === 0) throw dataErrors.dataset_denied();
  const readable = new Set(rights.columns.filter(({ isReadable }) => isReadable).map(({ column }) => column.name));
  const isShown = (columns: readonly string[]) => columns.every((name) => readable.has(name));
  return {
    dataset,
    operations: rights.operations,
    columns: rights.columns.map(({ column, ...may }) => ({ ...column, ...may })),
    tableColumns: relation.columns,
    tableKey: relation.primaryKey,
    primaryKey: isShown(relation.primaryKey) ? relation.primaryKey : [],
    foreignKeys: relation.foreignKeys.filter(({ columns }) => isShown(columns)),
    rowEstimate: seesEveryRow(standing) ? relation.rowEstimate : null,
  };
}

function seesEveryRow(standing: Standing): boolean {
  if (standing.kind === 'operator') return true;
  return standing.grants.some(({ operations, filter }) => operations.includes('query') && filter === null);
}
