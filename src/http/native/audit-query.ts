/** Which events of the audit trail are asked for, as it stands in a query. @module */
import { type AuditFilter, auditEventNames } from '../../audit/index.js';
import { httpErrors } from '../errors.js';
import type { GuardedCall } from '../kit/route.js';

export const auditOutcomes = ['ok', 'refused', 'failed'] as const;

export const auditFilters = [
  ...['event', 'outcome', 'actor', 'subject', 'organisation', 'reason', 'fromMs', 'toMs'],
] as const satisfies readonly string[];

type Sent = { readonly [Name in (typeof auditFilters)[number]]?: string };

const maxCharacters = 1_024;

/**
 * Names of users and organisations become their ids.
 *
 * @throws `access.denied` unless the trail may be read · `http.field_invalid` · `identity.organisation_not_found`
 */
export async function readAuditFilter(call: GuardedCall, sent: Sent): Promise<AuditFilter> {
  const { core, principal, origin } = call;
  await core.identity.assertAllowed(principal, 'audit.read', origin);
  const { names } = core.identity;
  for (const [field, text] of Object.entries(sent)) {
    // No event holds such a text, and not every store takes the question.
    if (text.length > maxCharacters || text.includes('\0')) throw invalid(field, 'Send what an event can hold.');
  }
  const { event, outcome, actor, subject, organisation, reason } = sent;
  const [fromMs, toMs] = [instantOf('fromMs', sent.fromMs), instantOf('toMs', sent.toMs)];
  const name = auditEventNames.find((one) => one === event);
  if (event !== undefined && name === undefined) throw invalid('event', 'Send the name of an event.');
  const known = auditOutcomes.find((one) => one === outcome);
  if (outcome !== undefined && known === undefined)
    throw invalid('outcome', `Send one of ${auditOutcomes.join(', ')}.`);
  return {
    ...(name === undefined ? {} : { name }),
    ...(known === undefined ? {} : { outcome: known }),
    ...(actor === undefined ? {} : { actorId: await names.userId(principal, actor, origin) }),
    ...(subject === undefined ? {} : { subject }),
    ...(organisation === undefined
      ? {}
      : { organisationId: await names.organisationId(principal, organisation, origin) }),
    ...(reason === undefined ? {} : { reason }),
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
  };
}

function instantOf(field: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw invalid(field, 'Send milliseconds since the epoch.');
}

function invalid(field: string, fix: string): Error {
  return httpErrors.field_invalid({ details: { field, fix } });
}
