/**
 * Between rows and the nouns of data. What a row says that this version cannot read grants nothing: an operation it
 * does not know is left out, a filter or a mask it does not know takes the whole grant away.
 *
 * @module
 */
import type { Grant, GrantMask } from '../access/index.js';
import type { Dataset } from '../data/index.js';
import { type Filter, formatFilter, type Operation, operations, parseFilter } from '../query/index.js';
import type { DatasetRow, GrantRow } from './schema.js';

/** A row with the name of its source. */
export type NamedDatasetRow = DatasetRow & { readonly source_name: string };

export function toDataset(row: NamedDatasetRow): Dataset {
  return {
    id: row.id,
    name: row.name,
    sourceId: row.source_id,
    sourceName: row.source_name,
    organisationId: row.organisation_id,
    of:
      row.kind === 'query'
        ? { kind: 'query', text: row.query ?? '' }
        : { kind: 'table', schema: row.table_schema ?? '', name: row.table_name ?? '' },
    createdAtMs: row.created_at_ms,
  };
}

export function fromDataset(dataset: Dataset): DatasetRow {
  const { of } = dataset;
  const isTable = of.kind === 'table';
  return {
    id: dataset.id,
    organisation_id: dataset.organisationId,
    name: dataset.name,
    source_id: dataset.sourceId,
    kind: of.kind,
    table_schema: isTable ? of.schema : null,
    table_name: isTable ? of.name : null,
    place: isTable ? `${of.schema}.${of.name}` : null,
    query: isTable ? null : of.text,
    created_at_ms: dataset.createdAtMs,
  };
}

export function fromGrant(grant: Grant): Omit<GrantRow, 'created_at_ms'> {
  return {
    id: grant.id,
    role_id: grant.roleId,
    dataset_id: grant.datasetId,
    operations: JSON.stringify(grant.operations),
    readable: grant.readable === null ? null : JSON.stringify(grant.readable),
    writable: grant.writable === null ? null : JSON.stringify(grant.writable),
    filter: grant.filter === null ? null : JSON.stringify(formatFilter(grant.filter)),
    masks: JSON.stringify(grant.masks),
  };
}

/** @returns `null` for what cannot be read whole: less of a filter would be more rows. */
export function toGrant(row: Omit<GrantRow, 'created_at_ms'>): Grant | null {
  try {
    const masks = readMasks(JSON.parse(row.masks));
    if (masks === null) return null;
    return {
      id: row.id,
      roleId: row.role_id,
      datasetId: row.dataset_id,
      operations: texts(JSON.parse(row.operations)).filter(isOperation),
      readable: row.readable === null ? null : texts(JSON.parse(row.readable)),
      writable: row.writable === null ? null : texts(JSON.parse(row.writable)),
      filter: row.filter === null ? null : readFilter(row.filter),
      masks,
    };
  } catch {
    return null;
  }
}

function readFilter(text: string): Filter {
  return parseFilter(JSON.parse(text));
}

function isOperation(name: string): name is Operation {
  return operations.some((operation) => operation === name);
}

function texts(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter((entry) => typeof entry === 'string') : [];
}

function readMasks(list: unknown): Grant['masks'] | null {
  if (!Array.isArray(list)) return null;
  const masks: { column: string; mask: GrantMask }[] = [];
  for (const entry of list as { column?: unknown; mask?: Partial<Record<string, unknown>> | null }[]) {
    const mask = readMask(entry?.mask ?? {});
    if (typeof entry?.column !== 'string' || mask === null) return null;
    masks.push({ column: entry.column, mask });
  }
  return masks;
}

function readMask(mask: Partial<Record<string, unknown>>): GrantMask | null {
  const { kind, keep, salt, unit } = mask;
  switch (kind) {
    case 'keep_left':
    case 'keep_right':
      return typeof keep === 'number' && Number.isInteger(keep) && keep >= 0 ? { kind, keep } : null;
    case 'hash':
      return typeof salt === 'string' && salt !== '' ? { kind, salt } : null;
    case 'truncate':
      return unit === 'year' || unit === 'month' || unit === 'day' ? { kind, unit } : null;
    case 'null':
      return { kind };
    default:
      return null;
  }
}
