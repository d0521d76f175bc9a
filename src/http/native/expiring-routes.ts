/** `/admin/v1/expiring`: everything of the install that will end, with whose it is and how long it has. @module */
import { httpErrors } from '../errors.js';
import { type Answer, json } from '../kit/answer.js';
import { onlyParameters } from '../kit/members.js';
import type { GuardedCall, Route } from '../kit/route.js';
import { accepts, slots } from './credentials.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export const expiringRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/admin/v1/expiring',
    body: 'none',
    answersHead: true,
    accepts,
    slots,
    handle: listExpiring,
  },
];

async function listExpiring({ core, principal, origin, query }: GuardedCall): Promise<Answer> {
  await core.identity.assertAllowed(principal, 'audit.read', origin);
  onlyParameters(query, ['within']);
  const withinMs = periodMs(query.get('within') ?? '30d');
  const items = await core.identity.expiring.list({ principal, origin }, withinMs);
  const nowMs = core.clock.nowMs();
  return json(200, {
    items: items.map((one) => ({ ...one, daysLeft: Math.floor((one.expiresAtMs - nowMs) / dayMs) })),
  });
}

function periodMs(text: string): number {
  const [, number = '', unit] = /^([1-9]\d{0,3})([hd])$/.exec(text) ?? [];
  const fix = 'Send hours or days, such as 12h or 30d, of ten years at most.';
  if (number === '') throw httpErrors.field_invalid({ details: { field: 'within', fix } });
  return Number(number) * (unit === 'h' ? hourMs : dayMs);
}
