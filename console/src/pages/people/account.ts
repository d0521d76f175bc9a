/** Accounts in words: where their pages are, and what state they are in. @module */
import type { User } from '../../api/access';
import type { Tone } from '../../parts/status';

export type Area = 'people' | 'service-accounts';
export type Kind = User['kind'];

export const kindWords: Readonly<Record<Kind, string>> = {
  person: 'person',
  service: 'service account',
  api: 'API user',
};

/** The page of an account; without its kind, the one that any account has. */
export function pathOf(username: string, kind: Kind = 'person'): string {
  return `/${kind === 'service' ? 'service-accounts' : 'people'}/${encodeURIComponent(username)}`;
}

export interface AccountState {
  readonly tone: Tone;
  readonly text: string;
}

type Judged = Pick<
  User,
  'kind' | 'disabledAtMs' | 'lockedUntilMs' | 'hasPassword' | 'passwordExpiresAtMs' | 'passwordLapsesAtMs'
>;

/** What somebody who looks at a list wants to know of an account first. */
export function stateOf(user: Judged, nowMs: number): AccountState {
  if (user.disabledAtMs !== null) return { tone: 'bad', text: 'Disabled' };
  if (user.lockedUntilMs !== null && user.lockedUntilMs > nowMs) return { tone: 'warning', text: 'Locked' };
  if (user.hasPassword) {
    if (user.passwordLapsesAtMs !== null) {
      return user.passwordLapsesAtMs > nowMs
        ? { tone: 'waiting', text: 'Temporary password' }
        : { tone: 'warning', text: 'Password lapsed' };
    }
    if (user.passwordExpiresAtMs !== null && user.passwordExpiresAtMs <= nowMs) {
      return { tone: 'warning', text: 'Password expired' };
    }
  } else if (user.kind === 'person') return { tone: 'idle', text: 'No password yet' };
  return { tone: 'good', text: 'Active' };
}
