/**
 * What the data room needs from the outside: a place for datasets and grants, and a word about who somebody is. Sources
 * it asks at their door.
 *
 * @module
 */
import type { Action, Grant } from '../access/index.js';
import type { AuditEvent } from '../audit/index.js';
import type { Page, PageRequest } from '../kernel/page.js';
import type { Actor, Dataset, GrantDetail } from './model.js';

/** A dataset with the grants that some roles have on it, in one look-up. */
export interface DatasetWithGrants {
  readonly dataset: Dataset;
  /** In the order of their ids. */
  readonly grants: readonly Grant[];
  /** Wall time one statement may take at its source, milliseconds. */
  readonly statementMs: number;
}

/** Which datasets are meant; at most one but for tables of several schemas, and for names of every organisation. */
export type DatasetQuestion =
  | { readonly by: 'id'; readonly id: string }
  /** @property organisationId  `null`: in every organisation. */
  | { readonly by: 'name'; readonly organisationId: string | null; readonly name: string }
  /** Datasets of a source (name or id) whose name, `schema.table` or table is `object`. */
  | { readonly by: 'place'; readonly source: string; readonly object: string };

/** What of a source the room needs to know before it asks for it. */
export interface GuardedSource {
  readonly id: string;
  readonly name: string;
  readonly organisationId: string;
  readonly statementMs: number;
}

export interface DataStore {
  transaction<T>(work: (tx: DataTransaction) => Promise<T>): Promise<T>;
  /** @param roleIds  `null`: no grants are read. */
  findDatasets(question: DatasetQuestion, roleIds: readonly string[] | null): Promise<readonly DatasetWithGrants[]>;
  /** By name. */
  listDatasets(
    filter: {
      readonly organisationId?: string;
      readonly sourceId?: string;
      /** Of these sources only. */
      readonly sourceIds?: readonly string[];
      readonly grantedToRoleIds?: readonly string[];
    },
    page: PageRequest,
  ): Promise<Page<Dataset>>;
  findGrant(id: string): Promise<GrantDetail | null>;
  /** Oldest first. */
  listGrants(
    filter: {
      readonly organisationId?: string;
      readonly roleId?: string;
      readonly datasetId?: string;
      readonly sourceId?: string;
      readonly sourceIds?: readonly string[];
    },
    page: PageRequest,
  ): Promise<Page<GrantDetail>>;
  /** @param reference  Name or id. */
  findSource(reference: string): Promise<GuardedSource | null>;
  /** Roles of that name; one where the organisation is named. @param organisationId  `null`: in every organisation. */
  findRoles(
    organisationId: string | null,
    name: string,
  ): Promise<readonly { readonly id: string; readonly organisationId: string }[]>;
  findOrganisationId(uid: string): Promise<string | null>;
  /** The answer a write gave before under this key, if that was not before `sinceMs`. */
  findWriteReceipt(keyDigest: string, sinceMs: number): Promise<WriteReceipt | null>;
}

/** So that a write that is sent again is not done again. */
export interface WriteReceipt {
  /** Hex. */
  readonly keyDigest: string;
  /** Of the request: another one under the same key is refused. Hex. */
  readonly contentDigest: string;
  /** `pending`: it is being done, or its process ended in the middle: nobody knows. */
  readonly state: 'pending' | 'done';
  readonly status: number | null;
  /** Kept sealed: it may hold rows. */
  readonly body: string | null;
  readonly atMs: number;
}

export interface DataTransaction {
  appendAudit(event: AuditEvent): Promise<void>;
  /** As it stands; nobody else changes it before the transaction ends. */
  findDataset(id: string): Promise<Dataset | null>;
  /**
   * @returns `taken` when the organisation has another of that name, `place_taken` when the table is one already,
   *          `gone` when its source is no more.
   */
  insertDataset(dataset: Dataset): Promise<'ok' | 'taken' | 'place_taken' | 'gone'>;
  /** Its name; nothing else of a dataset changes. */
  updateDataset(dataset: Dataset): Promise<'ok' | 'gone' | 'taken'>;
  /** Its grants go with it. */
  deleteDataset(id: string): Promise<boolean>;
  /** As it stands; nobody else changes it before the transaction ends. */
  findGrant(id: string): Promise<Grant | null>;
  /** @returns false when its role or its dataset is no more. */
  insertGrant(grant: Grant, createdAtMs: number): Promise<boolean>;
  updateGrant(grant: Grant): Promise<boolean>;
  deleteGrant(id: string): Promise<boolean>;
  /** Forgets what is older than `forgetBeforeMs`. @returns false when there is one of that key. */
  insertWriteReceipt(receipt: WriteReceipt, forgetBeforeMs: number): Promise<boolean>;
  finishWriteReceipt(keyDigest: string, status: number, body: string): Promise<void>;
  deleteWriteReceipt(keyDigest: string): Promise<void>;
}

/** Somebody with an account, as whoever administers sees them. */
export interface Person {
  readonly user: {
    readonly id: string;
    readonly username: string;
    readonly disabledAtMs: number | null;
    readonly claims: ReadonlyMap<string, string>;
  };
  readonly organisation: { readonly id: string; readonly uid: string };
  readonly roles: readonly { readonly id: string; readonly name: string; readonly allowed: readonly Action[] }[];
}

export interface Directory {
  /** @throws `access.denied` unless `directory.manage` is allowed · `identity.user_not_found` */
  show(actor: Actor, username: string): Promise<Person>;
}
