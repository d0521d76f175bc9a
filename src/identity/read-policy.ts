/** The operator's settings → the policy of this room. @module */
import { defaultIdentityPolicy, type IdentityPolicy } from './deps.js';

/** The settings it is read from, by the names the configuration has for them. */
export interface PolicySettings {
  readonly passwordMemoryKib: number;
  readonly passwordPasses: number;
  readonly passwordLanes: number;
  readonly passwordMinLength: number;
  readonly passwordContextWords: readonly string[];
  readonly apiKeysListTokens: 'full' | 'masked';
  readonly sessionsCloudioIdleMinutes: number;
  readonly sessionsCloudioHours: number;
}

/** @param isDemo  Weak sample passwords are possible only there. */
export function readIdentityPolicy(settings: PolicySettings, isDemo: boolean): IdentityPolicy {
  return {
    ...defaultIdentityPolicy,
    passwordParameters: {
      memoryKib: settings.passwordMemoryKib,
      passes: settings.passwordPasses,
      lanes: settings.passwordLanes,
    },
    minPersonLength: settings.passwordMinLength,
    contextWords: [...defaultIdentityPolicy.contextWords, ...settings.passwordContextWords],
    keepKeyValues: settings.apiKeysListTokens === 'full',
    cloudio: {
      idleMs: settings.sessionsCloudioIdleMinutes * 60_000,
      absoluteMs: settings.sessionsCloudioHours * 3_600_000,
    },
    allowWeakPasswords: isDemo,
  };
}
