/** Findings of preflight as a connector's checks make them: what was found, without the name and the time. @module */
import type { CheckFinding, Reason } from '../sources/index.js';

export type Found = Omit<CheckFinding, 'check' | 'ms'>;

export interface FoundDetails {
  readonly evidence?: CheckFinding['evidence'];
  /** Quoted; more than {@link maxObjects} are cut. */
  readonly objects?: readonly string[];
  /** In the order in which they are to be run; more than {@link maxStatements} are cut, which evidence then says. */
  readonly statements?: readonly string[];
}

const maxObjects = 20;
const maxStatements = 40;
const maxLength = 4_096;

/** @param objects  What was left out of it: a remark. */
export function passed(evidence: CheckFinding['evidence'] = {}, objects: readonly string[] = []): Found {
  return found('pass', null, { evidence, objects });
}

export function skipped(evidence: CheckFinding['evidence'] = {}): Found {
  return found('skip', null, { evidence });
}

export function warned(reason: Reason, details: FoundDetails = {}): Found {
  return found('warn', reason, details);
}

export function failed(reason: Reason, details: FoundDetails = {}): Found {
  return found('fail', reason, details);
}

function found(status: CheckFinding['status'], reason: Reason | null, details: FoundDetails): Found {
  const fits = [...new Set(details.statements ?? [])].filter((one) => one.length <= maxLength);
  const isCut = fits.length > maxStatements || fits.length < new Set(details.statements ?? []).size;
  return {
    status,
    reason,
    evidence: { ...details.evidence, ...(isCut ? { moreStatements: true } : {}) },
    objects: [...new Set(details.objects ?? [])].slice(0, maxObjects).map((one) => one.slice(0, maxLength)),
    statements: fits.slice(0, maxStatements),
  };
}
