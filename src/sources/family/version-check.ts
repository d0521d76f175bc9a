/** The family's `versionCheck`, in its published words (api-families.md §0.3). @module */
import type { FamilyCheck } from '../use-cases.js';

/**
 * @param said     As the server says it: `PostgreSQL 15.18`.
 * @param minimum  `null`: none is asked for.
 */
export function checkVersion(said: string | null, minimum: string | null): FamilyCheck {
  const version = numbersOf(said);
  if (version === null) {
    return { success: true, message: 'Client version check skipped - version could not be determined' };
  }
  const text = version.join('.');
  const least = numbersOf(minimum);
  if (least === null) return { success: true, message: `Client version: ${text} (no minimum version requirement)` };
  const isMet = !isBelow(version, least);
  const verb = isMet ? 'meets' : 'does not meet';
  return { success: isMet, message: `Client version ${text} ${verb} minimum required version ${least.join('.')}` };
}

function numbersOf(text: string | null): readonly number[] | null {
  const [found] = /\d{1,9}(?:\.\d{1,9}){0,5}/.exec(text ?? '') ?? [];
  return found === undefined ? null : found.split('.').map(Number);
}

function isBelow(version: readonly number[], least: readonly number[]): boolean {
  for (let index = 0; index < Math.max(version.length, least.length); index += 1) {
    const [is, needs] = [version[index] ?? 0, least[index] ?? 0];
    if (is !== needs) return is < needs;
  }
  return false;
}
