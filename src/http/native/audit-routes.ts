/**
 * `/admin/v1/audit`: what happened, newest first; all of it, oldest first, as lines; and whether it still proves itself.
 *
 * @module
 */
import type { AuditRecord } from '../../audit/index.js';
import { type Answer, json, type StreamedAnswer } from '../kit/answer.js';
import { onlyParameters } from '../kit/members.js';
import type { GuardedCall, Method, Route } from '../kit/route.js';
import { auditFilters, readAuditFilter } from './audit-query.js';
import { accepts, slots } from './credentials.js';
import { readPage } from './list-page.js';
import { presentEvents, presentVerdict } from './present-audit.js';

const list = '/admin/v1/audit';

export const auditRoutes: readonly Route[] = [
  { ...guarded('GET', list), body: 'none', answersHead: true, handle: listEvents },
  { ...guarded('POST', `${list}/verify`), body: 'none', handle: verifyTrail },
  { ...guarded('GET', `${list}/export`), body: 'none', handle: exportEvents },
];

function guarded<M extends Method>(method: M, path: string) {
  return { method, path, accepts, slots };
}

async function listEvents(call: GuardedCall): Promise<Answer> {
  const { page, filter } = readPage(call.query, auditFilters);
  const asked = await readAuditFilter(call, filter);
  const { items, nextCursor } = await call.core.audit.list(call.principal, asked, page);
  return json(200, { items: await presentEvents(call, items), nextCursor: nextCursor ?? null });
}

async function verifyTrail({ core, principal, origin, query }: GuardedCall): Promise<Answer> {
  onlyParameters(query, []);
  await core.identity.assertAllowed(principal, 'audit.read', origin);
  return json(200, presentVerdict(await core.audit.verify()));
}

async function exportEvents(call: GuardedCall): Promise<StreamedAnswer> {
  const { core, principal, origin, query } = call;
  onlyParameters(query, auditFilters);
  const sent = auditFilters.flatMap((name) => (query.has(name) ? [[name, query.get(name) ?? '']] : []));
  const filter = await readAuditFilter(call, Object.fromEntries(sent));
  const portions = await core.audit.export(principal, filter, origin);
  return {
    status: 200,
    contentType: 'application/x-ndjson; charset=utf-8',
    headers: { 'content-disposition': 'attachment; filename="latchkey-audit.ndjson"' },
    pieces: lines(call, portions),
  };
}

/** With each event its mac, so that what was handed out can be compared with the trail later. */
async function* lines(call: GuardedCall, portions: AsyncIterable<readonly AuditRecord[]>): AsyncGenerator<string> {
  for await (const records of portions) {
    const events = await presentEvents(call, records);
    for (const [place, event] of events.entries()) {
      yield `${JSON.stringify({ ...event, mac: records[place]?.mac })}\n`;
    }
  }
}
