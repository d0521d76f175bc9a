/**
 * Why somebody may do something with a dataset, or may not: the first rule that decides, in the order in which they are
 * asked when it is done. Pure: told what is known, it looks nothing up.
 *
 * @module
 */
import type { Operation, Relation } from '../query/index.js';
import { type Arm, findArms, idsOf } from './arms.js';
import type { Action } from './principal.js';
import type { Standing } from './subject.js';

/** Closed. */
export const accessRules = [
  'granted',
  /** No role of theirs, or not this credential, allows data to be used at all. */
  'action_missing',
  /** The credential reaches other sources only. */
  'credential_narrowed',
  'no_dataset',
  'no_grant',
  'operation_not_granted',
  'column_not_readable',
  'column_not_writable',
] as const;
export type AccessRule = (typeof accessRules)[number];

export interface AccessQuestion {
  /** What the caller's roles and credential allow. */
  readonly allowed: ReadonlySet<Action>;
  /** Sources the credential reaches; `null`: every one. */
  readonly sources: readonly string[] | null;
  readonly sourceId: string;
  /** `null`: there is no such dataset, or its table is gone. */
  readonly relation: Relation | null;
  readonly standing: Standing;
  readonly operation: Operation;
  /** To be read by a query or delete, to be given by an insert or update; may be empty. */
  readonly columns: readonly string[];
}

export interface AccessDecision {
  readonly isAllowed: boolean;
  readonly rule: AccessRule;
  /** A sentence that names the rule. */
  readonly reason: string;
  /** The grants that let it through; where it is refused, those that would have counted. */
  readonly grantIds: readonly string[];
  /** Columns of the question that stood in the way. */
  readonly columns: readonly string[];
  /** A grant that has what was missing would allow it. */
  readonly wouldGrantHelp: boolean;
}

const reasons: Readonly<Record<AccessRule, string>> = {
  granted: 'A grant of one of the roles allows it.',
  action_missing: 'Neither the roles nor the credential allow data.use, without which no data can be used.',
  credential_narrowed: 'The credential is narrowed to other sources.',
  no_dataset: 'There is no such dataset, or the table it stands for is not there.',
  no_grant: 'None of the roles has a grant on the dataset.',
  operation_not_granted: 'The roles have grants on the dataset, and none of them allows this operation.',
  column_not_readable: 'No grant that allows the operation shows this column.',
  column_not_writable: 'No single grant that allows the operation lets all these columns be written.',
};

export function explainAccess(question: AccessQuestion): AccessDecision {
  const { allowed, sources, sourceId, relation, standing, operation, columns } = question;
  if (!allowed.has('data.use')) return refused('action_missing');
  if (sources !== null && !sources.includes(sourceId)) return refused('credential_narrowed');
  if (relation === null || (relation.origin.kind === 'query' && operation !== 'query')) return refused('no_dataset');
  const arms = findArms(standing, relation, operation);
  if (arms.length === 0) {
    const hasNone = standing.kind === 'grants' && standing.grants.length === 0;
    return refused(hasNone ? 'no_grant' : 'operation_not_granted');
  }
  const isGiven = operation === 'insert' || operation === 'update';
  return isGiven ? writing(arms, relation, columns) : reading(arms, relation, columns);
}

function reading(arms: readonly Arm[], relation: Relation, columns: readonly string[]): AccessDecision {
  const hidden = columns.filter((name) => {
    const column = relation.columns.find((candidate) => candidate.name === name);
    return column === undefined || arms.every((arm) => arm.reads(column) === null);
  });
  return hidden.length === 0 ? granted(arms) : refused('column_not_readable', arms, hidden);
}

function writing(arms: readonly Arm[], relation: Relation, columns: readonly string[]): AccessDecision {
  const takes = (name: string): boolean => {
    const column = relation.columns.find((candidate) => candidate.name === name);
    return column !== undefined && !column.isComputed;
  };
  const allowing = arms.filter((arm) => columns.every((name) => takes(name) && arm.writes(name)));
  if (allowing.length > 0) return granted(allowing);
  const closed = columns.filter((name) => !takes(name) || arms.every((arm) => !arm.writes(name)));
  return refused('column_not_writable', arms, closed.length === 0 ? columns : closed);
}

function granted(arms: readonly Arm[]): AccessDecision {
  return {
    isAllowed: true,
    rule: 'granted',
    reason: arms.some(({ grantId }) => grantId === null)
      ? 'The operator of the machine needs no grant.'
      : reasons.granted,
    grantIds: idsOf(arms),
    columns: [],
    wouldGrantHelp: false,
  };
}

const helpless: readonly AccessRule[] = ['action_missing', 'credential_narrowed', 'no_dataset'];

function refused(rule: AccessRule, arms: readonly Arm[] = [], columns: readonly string[] = []): AccessDecision {
  return {
    isAllowed: false,
    rule,
    reason: reasons[rule],
    grantIds: idsOf(arms),
    columns,
    wouldGrantHelp: !helpless.includes(rule),
  };
}
