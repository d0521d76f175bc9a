/** The use-cases of audit: write, list and count for those who may, hand out, prove. @module */
import { authorize, isAllowed, type Principal } from '../access/index.js';
import type { Clock } from '../kernel/clock.js';
import type { Page, PageRequest } from '../kernel/page.js';
import { createShortMemory } from '../kernel/short-memory.js';
import { type Activity, countActivity, maxActivityHours } from './activity.js';
import type { AuditEvent, AuditOrigin, AuditRecord } from './event.js';
import type { AuditChain, AuditFilter, AuditStore } from './ports.js';
import { type TrailReport, type VerifyOptions, verifyTrail } from './verify.js';

export interface AuditDeps {
  readonly store: AuditStore;
  /** The chain the store links with. */
  readonly chain: AuditChain;
  readonly clock: Clock;
}

export interface VerifiedTrail extends TrailReport {
  /** When the verification began. */
  readonly atMs: number;
}

export interface Audit {
  /** Durable when it resolves. For events that have no state of their own to be written with. */
  append(events: readonly AuditEvent[]): Promise<void>;
  /**
   * Newest first; a page may be short of its limit, or empty, and not be the last. Who does not manage the directory
   * is told of their own organisation.
   * @throws `access.denied` unless `audit.read` is allowed.
   */
  list(principal: Principal, filter: AuditFilter, page: PageRequest): Promise<Page<AuditRecord>>;
  /**
   * Everything up to now that the principal may see of it, oldest first, in portions; an event says that it was handed
   * out, and is durable before the first portion.
   * @throws `access.denied` unless `audit.read` is allowed.
   */
  export(
    principal: Principal,
    filter: AuditFilter,
    origin: AuditOrigin,
  ): Promise<AsyncIterable<readonly AuditRecord[]>>;
  /**
   * What went on in the last hours, the present one included; as it was at most a minute ago.
   * @param hours  1 to 168.
   * @throws `access.denied` unless `audit.read` is allowed.
   */
  activity(principal: Principal, hours: number): Promise<Activity>;
  /**
   * Reads the whole trail; tells places and counts, nothing of what an event says. One at a time: whoever asks for the
   * same while it runs waits for its report.
   */
  verify(options?: VerifyOptions): Promise<VerifiedTrail>;
}

/** Events held at a time while they are handed out. */
const portion = 500;

export function createAudit({ store, chain, clock }: AuditDeps): Audit {
  const remember = createShortMemory<Activity>(clock);
  let verifying: Promise<VerifiedTrail> | null = null;

  async function verifyNow(options: VerifyOptions): Promise<VerifiedTrail> {
    const atMs = clock.nowMs();
    return { ...(await verifyTrail(store, chain, options)), atMs };
  }

  async function* portions(filter: AuditFilter): AsyncGenerator<readonly AuditRecord[]> {
    let cursor: string | undefined;
    do {
      const page = cursor === undefined ? { limit: portion } : { limit: portion, cursor };
      const { items, nextCursor } = await store.list(filter, page, 'oldest');
      if (items.length > 0) yield items;
      cursor = nextCursor;
    } while (cursor !== undefined);
  }

  return Object.freeze({
    append: (events: readonly AuditEvent[]) => store.append(events),

    async list(principal: Principal, filter: AuditFilter, page: PageRequest) {
      authorize(principal, 'audit.read');
      const visible = visibleTo(principal, filter);
      return visible === null ? { items: [] } : store.list(visible, page, 'newest');
    },

    async export(principal: Principal, filter: AuditFilter, origin: AuditOrigin) {
      authorize(principal, 'audit.read');
      const atMs = clock.nowMs();
      await store.append([exported(principal, filter, origin, atMs)]);
      const visible = visibleTo(principal, { ...filter, toMs: Math.min(filter.toMs ?? atMs + 1, atMs + 1) });
      return visible === null ? nothing() : portions(visible);
    },

    async activity(principal: Principal, hours: number) {
      authorize(principal, 'audit.read');
      if (!Number.isInteger(hours) || hours < 1 || hours > maxActivityHours) throw new TypeError('hours: 1 to 168');
      const isOfAll = isAllowed(principal, 'directory.manage');
      // An account belongs somewhere; who has none and may not see everything sees nothing.
      const organisationId = isOfAll ? null : (principal.organisationId ?? '');
      const find = () => countActivity(store, clock.nowMs(), hours, organisationId);
      return remember(`${hours} ${organisationId ?? 'all'}`, find);
    },

    verify(options: VerifyOptions = {}) {
      if (options.anchors !== undefined || options.pageSize !== undefined) return verifyNow(options);
      verifying ??= verifyNow(options).finally(() => {
        verifying = null;
      });
      return verifying;
    },
  });
}

/** @returns `null`: nothing that the filter lets through may be seen. */
function visibleTo(principal: Principal, filter: AuditFilter): AuditFilter | null {
  if (isAllowed(principal, 'directory.manage')) return filter;
  const { organisationId } = principal;
  if (organisationId === null) return null;
  if (filter.organisationId !== undefined && filter.organisationId !== organisationId) return null;
  return { ...filter, organisationId };
}

/** Of the filter only the times: nobody's words stand in an event. */
function exported(principal: Principal, filter: AuditFilter, origin: AuditOrigin, atMs: number): AuditEvent {
  const { fromMs, toMs, ...others } = filter;
  const isFiltered = Object.values(others).some((value) => value !== undefined);
  return {
    ...{ name: 'audit.exported', atMs, origin, actorId: principal.userId, subject: null, outcome: 'ok', reason: null },
    credential: { kind: principal.credential.kind, id: principal.credential.id },
    organisationId: principal.organisationId,
    facts: {
      filtered: isFiltered,
      ...(fromMs === undefined ? {} : { fromMs }),
      ...(toMs === undefined ? {} : { toMs }),
    },
  };
}

async function* nothing(): AsyncGenerator<readonly AuditRecord[]> {}
