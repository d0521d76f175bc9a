/** What the data room needs from the outside: a place for datasets and grants. Sources it asks at their door. @module */
import type { Grant } from '../access/index.js';
import type { AuditEvent } from '../audit/index.js';
import type { Page, PageRequest } from '../kernel/page.js';
import type { Dataset, GrantDetail } from './model.js';

/** A dataset with the grants that some roles have on it, in one look-up. */
export interface DatasetWithGrants {
  readonly dataset: Dataset;
  readonly grants: readonly Grant[];
}

export interface DataStore {
  transaction<T>(work: (tx: DataTransaction) => Promise<T>): Promise<T>;
  /** @param roleIds  `null`: no grants are read. */
  findDatasetByName(
    organisationId: string,
    name: string,
    roleIds: readonly string[] | null,
  ): Promise<DatasetWithGrants | null>;
  /** Datasets of a source whose name, `schema.table` or table is `object`. */
  findDatasetsByPlace(
    source: string,
    object: string,
    roleIds: readonly string[] | null,
  ): Promise<readonly DatasetWithGrants[]>;
  findDatasetById(id: string): Promise<Dataset | null>;
  listDatasets(
    filter: {
      readonly organisationId?: string;
      readonly sourceId?: string;
      readonly grantedToRoleIds?: readonly string[];
    },
    page: PageRequest,
  ): Promise<Page<Dataset>>;
  findGrant(id: string): Promise<GrantDetail | null>;
  listGrants(
    filter: {
      readonly organisationId?: string;
      readonly roleId?: string;
      readonly datasetId?: string;
      readonly sourceId?: string;
    },
    page: PageRequest,
  ): Promise<Page<GrantDetail>>;
  /** The answer a write gave before under this key. */
  findWriteReceipt(keyDigest: string, sinceMs: number): Promise<WriteReceipt | null>;
}

/** So that a write that is sent again is not done again. */
export interface WriteReceipt {
  readonly keyDigest: string;
  /** Of the request: another one under the same key is refused. */
  readonly contentDigest: string;
  /** `pending`: it is being done, or its process ended in the middle: nobody knows. */
  readonly state: 'pending' | 'done';
  readonly status: number | null;
  /** Sealed: it may hold rows. */
  readonly body: string | null;
  readonly atMs: number;
}

export interface DataTransaction {
  appendAudit(event: AuditEvent): Promise<void>;
  /** @returns `taken` when the organisation has another of that name. */
  insertDataset(dataset: Dataset): Promise<'ok' | 'taken'>;
  updateDataset(dataset: Dataset): Promise<'ok' | 'gone' | 'taken'>;
  /** Its grants go with it. */
  deleteDataset(id: string): Promise<boolean>;
  insertGrant(grant: Grant, createdAtMs: number): Promise<void>;
  updateGrant(grant: Grant): Promise<boolean>;
  deleteGrant(id: string): Promise<boolean>;
  /** @returns false when there is one of that key. */
  insertWriteReceipt(receipt: WriteReceipt): Promise<boolean>;
  finishWriteReceipt(keyDigest: string, status: number, body: string): Promise<void>;
  deleteWriteReceipt(keyDigest: string): Promise<void>;
  purgeWriteReceipts(beforeMs: number): Promise<void>;
}
