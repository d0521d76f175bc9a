/**
 * What auditors read of the trail: lists by any combination of filters, and counts. A list walks one index in the order
 * of time: that of the first filter that has one. What else is asked for is looked for on the way, in a bounded number
 * of events, so that no question costs more with a longer trail.
 *
 * @module
 */
import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { AuditCount, AuditFilter, AuditRecord, AuditStore } from '../audit/index.js';
import type { Page } from '../kernel/page.js';
import { toAuditRecord } from './audit-codecs.js';
import type { StoreDatabase } from './engine.js';
import { cursorOf, pageLimit, pageOf, readCursor } from './page.js';
import type { AuditEventRow, StoreTables } from './schema.js';

/** Events looked at in one walk, and walks for a page as long as nothing was found. */
const walkEvents = 10_000;
const maxWalks = 4;

type Events = SelectQueryBuilder<StoreTables, 'audit_events', object>;
/** at_ms, chain, seq. */
type Place = readonly [number, number, number];

export function auditReads(db: StoreDatabase): Pick<AuditStore, 'list' | 'countByHour' | 'countReasons'> {
  return {
    async list(filter, page, order = 'newest') {
      const limit = pageLimit(page);
      const after = readCursor(page, ['number', 'number', 'number']);
      const [first, ...others] = termsOf(filter);
      const events = () => {
        let query: Events = db.selectFrom('audit_events');
        if (filter.fromMs !== undefined) query = query.where('at_ms', '>=', filter.fromMs);
        if (filter.toMs !== undefined) query = query.where('at_ms', '<', filter.toMs);
        return first === undefined ? query : first(query);
      };
      const behind = order === 'newest' ? '<' : '>';
      const on = (place: Place | null) => (place === null ? events() : events().where(compare(behind, place)));
      if (others.length === 0) {
        const rows = await inOrder(on(after).selectAll(), order)
          .limit(limit + 1)
          .execute();
        return pageOf(rows, limit, toAuditRecord, placeOf);
      }
      return search(db, { on, others, order, limit, after });
    },

    async countByHour({ name, outcome, ...within }) {
      let query = counted(db, within).where('name', '=', name);
      if (outcome !== undefined) query = query.where('outcome', '=', outcome);
      const hour = sql<number>`at_ms / 3600000`;
      const rows = await query
        .select(({ fn }) => [hour.as('hour'), fn.countAll<number>().as('count')])
        .groupBy(hour)
        .execute();
      return rows.map((row) => ({ hour: Number(row.hour), count: Number(row.count) }));
    },

    async countReasons({ limit, ...within }) {
      const rows = await counted(db, within)
        .where(isNotOk)
        .where('outcome', '=', 'refused')
        .select(({ fn }) => ['reason', fn.countAll<number>().as('count')])
        .groupBy('reason')
        .orderBy('count', 'desc')
        .orderBy('reason')
        .limit(limit)
        .execute();
      return rows.map(({ reason, count }) => ({ reason, count: Number(count) }));
    },
  };
}

function counted(db: StoreDatabase, { fromMs, organisationId }: AuditCount): Events {
  const query = db.selectFrom('audit_events').where('at_ms', '>=', fromMs);
  return organisationId === undefined ? query : query.where('organisation_id', '=', organisationId);
}

/** As the index of what did not go well says it, so that SQLite sees that it is meant. */
const isNotOk = sql<boolean>`outcome <> 'ok'`;

type Term = (query: Events) => Events;

/** Every filter, the one that most likely lets the fewest through first. */
function termsOf({ name, actorId, subject, outcome, reason, organisationId }: AuditFilter): readonly Term[] {
  const terms: Term[] = [];
  if (subject !== undefined) terms.push((query) => query.where('subject', '=', subject));
  if (reason !== undefined) terms.push((query) => query.where('reason', '=', reason));
  if (actorId !== undefined) terms.push((query) => query.where('actor_id', '=', actorId));
  if (outcome !== undefined && outcome !== 'ok') {
    terms.push((query) => query.where(isNotOk).where('outcome', '=', outcome));
  }
  if (name !== undefined) terms.push((query) => query.where('name', '=', name));
  if (organisationId !== undefined) terms.push((query) => query.where('organisation_id', '=', organisationId));
  // Nearly every event is: no index tells them apart, and hardly any walk is long.
  if (outcome === 'ok') terms.push((query) => query.where('outcome', '=', 'ok'));
  return terms;
}

interface Search {
  /** Events of the first term, from a place on. */
  readonly on: (place: Place | null) => Events;
  readonly others: readonly Term[];
  readonly order: 'newest' | 'oldest';
  readonly limit: number;
  readonly after: Place | null;
}

async function search(db: StoreDatabase, { on, others, order, limit, after }: Search): Promise<Page<AuditRecord>> {
  let place = after;
  for (let walk = 1; ; walk += 1) {
    // Where the walk ends is settled first: events that are appended meanwhile are found by it or by nobody.
    const end = await inOrder(on(place).select(['at_ms', 'chain', 'seq']), order)
      .offset(walkEvents - 1)
      .limit(1)
      .executeTakeFirst();
    const range =
      end === undefined ? on(place) : on(place).where(compare(order === 'newest' ? '>=' : '<=', placeOf(end)));
    // The limit keeps the database from looking for the other terms first, over however many events.
    const walked = inOrder(range.selectAll(), order).limit(2 * walkEvents);
    const found = others.reduce<Events>(
      (query, term) => term(query),
      db.selectFrom(walked.as('audit_events')) as unknown as Events,
    );
    const rows = await inOrder(found.selectAll(), order)
      .limit(limit + 1)
      .execute();
    if (rows.length > limit || end === undefined) return pageOf(rows, limit, toAuditRecord, placeOf);
    place = placeOf(end);
    if (rows.length > 0 || walk === maxWalks) {
      return { items: rows.map(toAuditRecord), nextCursor: cursorOf(place) };
    }
  }
}

/** Every order is whole: no two events have one place. */
function inOrder<Output>(
  query: SelectQueryBuilder<StoreTables, 'audit_events', Output>,
  order: 'newest' | 'oldest',
): SelectQueryBuilder<StoreTables, 'audit_events', Output> {
  const direction = order === 'newest' ? 'desc' : 'asc';
  return query.orderBy('at_ms', direction).orderBy('chain', direction).orderBy('seq', direction);
}

function compare(operator: '<' | '>' | '<=' | '>=', [atMs, chain, seq]: Place): RawBuilder<boolean> {
  return sql<boolean>`(at_ms, chain, seq) ${sql.raw(operator)} (${atMs}, ${chain}, ${seq})`;
}

function placeOf(row: Pick<AuditEventRow, 'at_ms' | 'chain' | 'seq'>): Place {
  return [row.at_ms, row.chain, row.seq];
}
