/** What the trail is told of a write: which columns of which dataset, under which grants, how many rows. @module */
import type { ScopedWrite } from '../access/index.js';
import type { AuditEvent } from '../audit/index.js';
import type { Clock } from '../kernel/clock.js';
import type { Write } from '../query/index.js';
import type { Actor } from './model.js';
import { type Reach, subjectOf } from './reach.js';
import { columnsOf } from './read-facts.js';
import { listText } from './read-trail.js';

export interface DoneStatement {
  readonly reach: Reach;
  readonly write: Write;
  readonly queries: readonly ScopedWrite[];
  readonly affected: number;
  /** Handed back to the caller. */
  readonly rows: number;
}

interface Sum {
  readonly reach: Reach;
  readonly counts: { inserted: number; updated: number; deleted: number; statements: number; rows: number };
  readonly columns: Set<string>;
  readonly conditions: Set<string>;
  readonly grants: Set<string>;
}

const countOf = { insert: 'inserted', update: 'updated', delete: 'deleted' } as const;

/** One event per dataset. */
export function writeEvents(
  clock: Clock,
  { principal, origin }: Actor,
  done: readonly DoneStatement[],
  isRehearsal: boolean,
): readonly AuditEvent[] {
  const sums = new Map<string, Sum>();
  for (const statement of done) {
    const { dataset } = statement.reach;
    const key = `${dataset.id} ${dataset.name}`;
    const sum = sums.get(key) ?? newSum(statement.reach);
    sums.set(key, sum);
    sum.counts[countOf[statement.write.kind]] += statement.affected;
    sum.counts.statements += 1;
    sum.counts.rows += statement.rows;
    for (const column of givenIn(statement.write)) sum.columns.add(column);
    const filter = statement.write.kind === 'insert' ? null : statement.write.filter;
    for (const column of columnsOf(filter)) sum.conditions.add(column);
    for (const query of statement.queries) for (const id of query.grantIds) sum.grants.add(id);
  }
  return [...sums.values()].map(({ reach: { dataset }, counts, columns, conditions, grants }) => ({
    name: 'data.written',
    atMs: clock.nowMs(),
    origin,
    actorId: principal.userId,
    credential: { kind: principal.credential.kind, id: principal.credential.id },
    organisationId: principal.organisationId ?? dataset.organisationId,
    subject: subjectOf(dataset),
    outcome: 'ok',
    reason: null,
    facts: {
      dataset: dataset.name,
      source: dataset.sourceName,
      ...counts,
      ...(isRehearsal ? { rehearsal: true } : {}),
      ...(columns.size === 0 ? {} : { columns: listText(columns) }),
      ...(conditions.size === 0 ? {} : { conditions: listText(conditions) }),
      ...(grants.size === 0 ? {} : { grants: listText(grants) }),
    },
  }));
}

function newSum(reach: Reach): Sum {
  const counts = { inserted: 0, updated: 0, deleted: 0, statements: 0, rows: 0 };
  return { reach, counts, columns: new Set(), conditions: new Set(), grants: new Set() };
}

function givenIn(write: Write): readonly string[] {
  switch (write.kind) {
    case 'insert':
      return write.rows.flatMap((row) => [...row.keys()]);
    case 'update':
      return [...write.set.keys()];
    case 'delete':
      return [];
  }
}
