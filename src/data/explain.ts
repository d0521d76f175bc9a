/**
 * Why somebody may do something, or may not: the rule that decided, the grants that count, and the command that would
 * allow it. Who asks for themselves learns of no dataset that they could not use anyway.
 *
 * @module
 */
import { type Action, explainAccess, isAllowed, type Principal, type Subject, subjectOf } from '../access/index.js';
import { AppError } from '../kernel/errors.js';
import type { Relation } from '../query/index.js';
import { dataErrors } from './errors.js';
import { saltless } from './grants.js';
import { maxBufferedRows, maxWrittenBytes } from './limits.js';
import type { Actor, Dataset, DatasetReference } from './model.js';
import type { DataParts } from './parts.js';
import type { DatasetQuestion, DatasetWithGrants, Person } from './ports.js';
import { isOperator, nearest } from './reach.js';
import { relationOf } from './relation-of.js';
import { addCommand, changeCommand, word } from './remedy.js';
import type { Data, Explanation, ExplanationRule } from './use-cases.js';

type Question = Parameters<Data['explain']>[1];

/** Whom it is about, as far as it decides. */
interface Asked {
  readonly username: string;
  readonly organisationId: string | null;
  readonly roles: readonly { readonly id: string; readonly name: string | null }[];
  readonly allowed: ReadonlySet<Action>;
  readonly subject: Subject;
  readonly isDisabled: boolean;
  readonly sources: Principal['sources'];
}

/** See `use-cases.ts`. */
export async function explain(parts: DataParts, actor: Actor, question: Question): Promise<Explanation> {
  const { principal } = actor;
  const isForOther = question.username !== null;
  const asked = isForOther
    ? personAsked(await parts.directory.show(actor, question.username ?? ''))
    : principalAsked(principal);
  const roleIds = asked.roles.map(({ id }) => id);
  const found = await parts.store.findDatasets(questionOf(asked.organisationId, question.dataset), roleIds);
  const own = nearest(
    found.filter(({ dataset }) => dataset.organisationId === asked.organisationId),
    question.dataset,
  );
  const [one] = own.length > 1 ? own.filter(({ grants }) => grants.length > 0) : own;
  // Whoever manages the directory may know that it is there; everybody else only with a grant.
  const isTold = one !== undefined && (isForOther || isAllowed(principal, 'directory.manage') || one.grants.length > 0);
  if (!isForOther && isOperator(principal)) return operatorExplained(found[0], question);
  const verdict = await judge(parts, asked, isTold ? one : undefined, question, isForOther);
  return {
    isAllowed: verdict.rule === 'granted',
    ...namesOf(isTold ? one.dataset : null, question.dataset),
    operation: question.operation,
    grants: (isTold ? one.grants : []).map(({ masks, ...grant }) => ({
      id: grant.id,
      role: asked.roles.find(({ id }) => id === grant.roleId)?.name ?? grant.roleId,
      operations: grant.operations,
      readable: grant.readable,
      writable: grant.writable,
      filter: grant.filter,
      masks: saltless(masks),
    })),
    ...verdict,
  };
}

interface Verdict {
  readonly rule: ExplanationRule;
  readonly reason: string;
  readonly remedy: string | null;
}

async function judge(
  parts: DataParts,
  asked: Asked,
  found: DatasetWithGrants | undefined,
  { operation, columns, dataset: reference }: Question,
  isForOther: boolean,
): Promise<Verdict> {
  const role = asked.roles.find(({ name }) => name !== null)?.name ?? '<role>';
  if (asked.isDisabled) {
    const reason = 'The account is disabled.';
    return { rule: 'account_disabled', reason, remedy: `latchkey user enable ${word(asked.username)}` };
  }
  if (found === undefined && asked.allowed.has('data.use')) {
    return isForOther
      ? { rule: 'no_dataset', reason: 'There is no such dataset in the organisation of the account.', remedy: null }
      : noGrant(addCommand({ role, reference, dataset: null }, operation, columns));
  }
  const { rule, reason, wouldGrantHelp } = explainAccess({
    ...{ allowed: asked.allowed, sources: asked.sources, sourceId: found?.dataset.sourceId ?? '' },
    // Without a grant nothing of the table decides.
    relation: found === undefined || found.grants.length === 0 ? noColumns : await relationIfThere(parts, found),
    standing: { kind: 'grants', grants: found?.grants ?? [], subject: asked.subject },
    ...{ operation, columns },
  });
  if (rule === 'action_missing') {
    return { rule, reason, remedy: `latchkey role set ${word(role)} --allow data.use` };
  }
  if (!wouldGrantHelp) return { rule, reason, remedy: null };
  if (rule !== 'no_grant') return { rule, reason, remedy: changeCommand(found?.grants ?? [], operation, columns) };
  return noGrant(addCommand({ role, reference, dataset: found?.dataset ?? null }, operation, columns));
}

const noColumns: Relation = {
  origin: { kind: 'table', schema: '', name: '', isView: false },
  ...{ columns: [], primaryKey: [], uniqueKeys: [], foreignKeys: [], rowEstimate: null },
};

function noGrant(remedy: string): Verdict {
  const reason = 'There is no such dataset, or no role of the account has a grant on it.';
  return { rule: 'no_grant', reason, remedy };
}

/** @returns `null` when its table is gone. @throws what reading the catalogue throws: without it nothing is decided. */
async function relationIfThere(
  parts: DataParts,
  { dataset, statementMs }: DatasetWithGrants,
): Promise<Relation | null> {
  const { signal } = new AbortController();
  const limits = { statementMs, maxRows: maxBufferedRows, maxBytes: maxWrittenBytes, signal };
  try {
    return await relationOf(parts, dataset, limits);
  } catch (error) {
    if (error instanceof AppError && error.code === dataErrors.relation_gone.code) return null;
    throw error;
  }
}

function operatorExplained(found: DatasetWithGrants | undefined, question: Question): Explanation {
  const isThere = found !== undefined;
  return {
    isAllowed: isThere,
    ...namesOf(found?.dataset ?? null, question.dataset),
    operation: question.operation,
    grants: [],
    rule: isThere ? 'granted' : 'no_dataset',
    reason: isThere ? 'The operator of the machine needs no grant.' : 'There is no such dataset.',
    remedy: null,
  };
}

function personAsked({ user, organisation, roles }: Person): Asked {
  return {
    username: user.username,
    organisationId: organisation.id,
    roles,
    allowed: new Set(roles.flatMap(({ allowed }) => allowed)),
    subject: { user: user.username, organisation: organisation.uid, claims: user.claims },
    isDisabled: user.disabledAtMs !== null,
    sources: null,
  };
}

function principalAsked(principal: Principal): Asked {
  return {
    username: principal.username,
    organisationId: principal.organisationId,
    // What roles are called is for whoever administers them.
    roles: principal.roleIds.map((id) => ({ id, name: null })),
    allowed: principal.allowed,
    subject: subjectOf(principal),
    isDisabled: false,
    sources: principal.sources,
  };
}

function questionOf(organisationId: string | null, reference: DatasetReference): DatasetQuestion {
  return reference.by === 'place' ? reference : { by: 'name', organisationId, name: reference.name };
}

/** Where nothing is told, only what was asked for. */
function namesOf(dataset: Dataset | null, reference: DatasetReference): Pick<Explanation, 'dataset' | 'source'> {
  if (dataset !== null) return { dataset: dataset.name, source: dataset.sourceName };
  return reference.by === 'name'
    ? { dataset: reference.name, source: '' }
    : { dataset: reference.object, source: reference.source };
}
