/** Administration of grants: which role may do what with which dataset, judged against the table as it is. @module */
import { type Grant, validateGrant } from '../access/index.js';
import type { AuditEvent } from '../audit/index.js';
import type { Ids } from '../kernel/ids.js';
import type { Relation } from '../query/index.js';
import { adminEvent } from './admin-event.js';
import { findGoverned, findGovernedSource, findTable, insertDataset } from './datasets.js';
import { dataErrors } from './errors.js';
import { assertMayGrant, governed, governs } from './law.js';
import { maxBufferedRows, maxWrittenBytes } from './limits.js';
import type { Actor, Dataset, GrantDetail } from './model.js';
import type { DataParts } from './parts.js';
import type { GuardedSource } from './ports.js';
import { relationOf } from './relation-of.js';
import type { Data, GrantTerms, NewGrant } from './use-cases.js';

export function createGrants(parts: DataParts): Data['grants'] {
  const { store } = parts;
  const find = async ({ principal }: Actor, id: string): Promise<GrantDetail> => {
    assertMayGrant(principal);
    const detail = await store.findGrant(id);
    if (detail === null || !governs(principal, detail)) throw dataErrors.grant_not_found();
    return detail;
  };
  return {
    add: (actor, input) => addGrant(parts, actor, input),

    async list({ principal }, filter, page) {
      assertMayGrant(principal);
      const own = governed(principal);
      if (own === null) return { items: [] };
      const wanted = await filterOf(parts, { principal }, filter, own.organisationId ?? null);
      if (wanted === null) return { items: [] };
      const told = await store.listGrants({ ...wanted, ...own }, page);
      return { ...told, items: told.items.map(withoutSalts) };
    },

    show: async (actor, id) => withoutSalts(await find(actor, id)),

    async change(actor, id, change) {
      const before = await find(actor, id);
      const dataset = await findGoverned(parts, actor.principal, before.grant.datasetId);
      parts.sources.forget(dataset.sourceId);
      const relation = await relationOf(parts, dataset, await limitsOf(parts, dataset));
      const changed = await store.transaction(async (tx) => {
        const current = await tx.findGrant(id);
        if (current === null) throw dataErrors.grant_not_found();
        const grant = { ...current, ...termsOf(change) };
        const salted = { ...grant, masks: withSalts(grant.masks, current.masks, parts.ids) };
        assertValid(salted, relation);
        if (!(await tx.updateGrant(salted))) throw dataErrors.grant_not_found();
        const fields = Object.keys(termsOf(change)).join(' ');
        await tx.appendAudit(grantEvent(parts, 'grant.changed', actor, { ...before, grant: salted }, { fields }));
        return salted;
      });
      return withoutSalts({ ...before, grant: changed });
    },

    async remove(actor, id) {
      const detail = await find(actor, id);
      await store.transaction(async (tx) => {
        if (!(await tx.deleteGrant(id))) throw dataErrors.grant_not_found();
        await tx.appendAudit(grantEvent(parts, 'grant.removed', actor, detail));
      });
    },
  };
}

async function addGrant(parts: DataParts, actor: Actor, input: NewGrant): Promise<GrantDetail> {
  assertMayGrant(actor.principal);
  const place = await findPlace(parts, actor, input.dataset);
  const organisationId = place.dataset?.organisationId ?? place.source?.organisationId ?? '';
  const [role] = await parts.store.findRoles(organisationId, input.role);
  if (role === undefined) throw dataErrors.role_not_found({ details: { field: 'role' } });
  const terms = termsOf(input);
  const masks = withSalts(input.masks, [], parts.ids);
  assertValid({ ...input, masks }, place.relation);
  const nowMs = parts.clock.nowMs();
  const id = await parts.store.transaction(async (tx) => {
    const dataset =
      place.dataset ??
      (await insertDataset(parts, tx, actor, {
        source: place.source,
        name: null,
        of: { kind: 'table', schema: place.schema, name: place.table },
      }));
    const grant: Grant = {
      ...{ id: parts.ids.uuid(), roleId: role.id, datasetId: dataset.id },
      ...{ operations: input.operations, readable: input.readable, writable: input.writable },
      ...{ filter: input.filter, ...terms, masks },
    };
    if (!(await tx.insertGrant(grant, nowMs))) throw dataErrors.role_not_found({ details: { field: 'role' } });
    const names = { role: input.role, dataset: dataset.name, source: dataset.sourceName };
    const { sourceId } = dataset;
    await tx.appendAudit(grantEvent(parts, 'grant.created', actor, { grant, ...names, sourceId, organisationId }));
    return grant.id;
  });
  const detail = await parts.store.findGrant(id);
  if (detail === null) throw dataErrors.grant_not_found();
  return withoutSalts(detail);
}

type Place =
  | { readonly dataset: Dataset; readonly source: null; readonly relation: Relation }
  | {
      readonly dataset: null;
      readonly source: GuardedSource;
      readonly schema: string;
      readonly table: string;
      readonly relation: Relation;
    };

/** The dataset that is meant, or the table that is to be one. */
async function findPlace(parts: DataParts, { principal }: Actor, where: NewGrant['dataset']): Promise<Place> {
  if ('reference' in where) {
    const dataset = await findGoverned(parts, principal, where.reference);
    parts.sources.forget(dataset.sourceId);
    return { dataset, source: null, relation: await relationOf(parts, dataset, await limitsOf(parts, dataset)) };
  }
  const { schema, table } = where;
  const source = await findGovernedSource(parts, principal, where.source);
  parts.sources.forget(source.id);
  const relation = await findTable(parts, source, { schema, name: table });
  const question = { by: 'place', source: source.id, object: `${schema}.${table}` } as const;
  const [known] = (await parts.store.findDatasets(question, null)).filter(
    ({ dataset: { of } }) => of.kind === 'table' && of.schema === schema && of.name === table,
  );
  if (known !== undefined) return { dataset: known.dataset, source: null, relation };
  return { dataset: null, source, schema, table, relation };
}

async function limitsOf({ store }: DataParts, dataset: Dataset) {
  const [found] = await store.findDatasets({ by: 'id', id: dataset.id }, null);
  if (found === undefined) throw dataErrors.dataset_not_found();
  const { signal } = new AbortController();
  return { statementMs: found.statementMs, maxRows: maxBufferedRows, maxBytes: maxWrittenBytes, signal };
}

/** @returns `null` when what is named is not there: then no grant is about it. */
async function filterOf(
  parts: DataParts,
  { principal }: Pick<Actor, 'principal'>,
  filter: Parameters<Data['grants']['list']>[1],
  ownOrganisationId: string | null,
): Promise<Parameters<DataParts['store']['listGrants']>[0] | null> {
  const { store } = parts;
  const wanted: { organisationId?: string; roleId?: string; datasetId?: string; sourceId?: string } = {};
  if (filter.organisation !== undefined) {
    const id = await store.findOrganisationId(filter.organisation);
    if (id === null || (ownOrganisationId !== null && id !== ownOrganisationId)) return null;
    wanted.organisationId = id;
  }
  if (filter.source !== undefined) {
    const source = await store.findSource(filter.source);
    if (source === null) return null;
    wanted.sourceId = source.id;
  }
  if (filter.dataset !== undefined) {
    wanted.datasetId = (await findGoverned(parts, principal, filter.dataset)).id;
  }
  if (filter.role !== undefined) {
    const roles = await store.findRoles(wanted.organisationId ?? ownOrganisationId, filter.role);
    const [role, another] = roles;
    if (role === undefined) return null;
    if (another !== undefined) {
      throw dataErrors.role_ambiguous({ details: { field: 'organisation', fix: 'Name the organisation.' } });
    }
    wanted.roleId = role.id;
  }
  return wanted;
}

const terms = [
  'operations',
  'readable',
  'writable',
  'filter',
  'masks',
] as const satisfies readonly (keyof GrantTerms)[];

/** Named one by one: what came along unasked must not become part of a grant. */
function termsOf(change: Partial<GrantTerms>): Partial<GrantTerms> {
  return Object.fromEntries(terms.flatMap((term) => (change[term] === undefined ? [] : [[term, change[term]]])));
}

/** @throws `data.grant_invalid` with the first thing that makes no sense. */
function assertValid(grant: GrantTerms, relation: Relation): void {
  const [fault] = validateGrant(grant, relation);
  if (fault === undefined) return;
  const about = fault.column === undefined ? '' : ` (${fault.column})`;
  throw dataErrors.grant_invalid({ details: { field: fault.field, fix: `${fault.reason}${about}` } });
}

const saltBytes = 16;

/** A salt is ours and stays with the column, so that what was joined by a pseudonym yesterday still is. */
function withSalts(masks: Grant['masks'], before: Grant['masks'], ids: Ids): Grant['masks'] {
  return masks.map(({ column, mask }) => {
    if (mask.kind !== 'hash') return { column, mask };
    const old = before.find((one) => one.column === column)?.mask;
    const salt = old?.kind === 'hash' ? old.salt : Buffer.from(ids.bytes(saltBytes)).toString('hex');
    return { column, mask: { kind: 'hash', salt } };
  });
}

/** Nobody needs the salt of a mask, and with it short values could be guessed back. */
export function saltless(masks: Grant['masks']): Grant['masks'] {
  return masks.map(({ column, mask }) => ({ column, mask: mask.kind === 'hash' ? { ...mask, salt: '' } : mask }));
}

function withoutSalts(detail: GrantDetail): GrantDetail {
  return { ...detail, grant: { ...detail.grant, masks: saltless(detail.grant.masks) } };
}

function grantEvent(
  parts: DataParts,
  name: 'grant.created' | 'grant.changed' | 'grant.removed',
  actor: Actor,
  detail: Omit<GrantDetail, 'organisation' | 'createdAtMs'>,
  facts: AuditEvent['facts'] = {},
): AuditEvent {
  const { grant } = detail;
  return adminEvent(parts.clock, name, actor, {
    organisationId: detail.organisationId,
    subject: `grant:${grant.id}`,
    facts: {
      ...{ role: detail.role, dataset: detail.dataset, source: detail.source },
      operations: grant.operations.join(' '),
      readable: grant.readable === null ? 'all' : grant.readable.length,
      writable: grant.writable === null ? 'all' : grant.writable.length,
      hasFilter: grant.filter !== null,
      masks: grant.masks.length,
      ...facts,
    },
  });
}
