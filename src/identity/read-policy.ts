/** The operator's settings → the policy of this room. @module */
import { defaultIdentityPolicy, type IdentityPolicy } from './deps.js';

/** The settings it is read from, by the names the configuration has for them. */
export interface PolicySettings {
  readonly passwordMemoryKib: number;
  readonly passwordPasses: number;
  readonly passwordLanes: number;
  readonly passwordMinLength: number;
  readonly passwordContextWords: readonly string[];
  readonly passwordHistory: number;
  readonly passwordTemporaryHours: number;
  readonly passwordMaxAgeDays: number;
  readonly apiKeysListTokens: 'full' | 'masked';
  readonly apiKeysMaxDays: number;
  readonly apiKeysPerUser: number;
  readonly sessionsCloudioIdleMinutes: number;
  readonly sessionsCloudioHours: number;
  readonly sessionsConsoleIdleMinutes: number;
  readonly sessionsConsoleHours: number;
  readonly guessesPerSource: number;
  readonly guessesPerAccountDay: number;
  readonly guessesPerAddressHour: number;
  readonly keysRotateEveryDays: number;
  readonly keysNativeAlgorithm: 'EdDSA' | 'ES256' | 'RS256';
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
    passwordHistory: settings.passwordHistory,
    temporaryPasswordMs: settings.passwordTemporaryHours * 3_600_000,
    passwordLifetimeMs: settings.passwordMaxAgeDays === 0 ? null : settings.passwordMaxAgeDays * 86_400_000,
    keepKeyValues: settings.apiKeysListTokens === 'full',
    cloudio: {
      idleMs: settings.sessionsCloudioIdleMinutes * 60_000,
      absoluteMs: settings.sessionsCloudioHours * 3_600_000,
    },
    console: {
      idleMs: settings.sessionsConsoleIdleMinutes * 60_000,
      absoluteMs: settings.sessionsConsoleHours * 3_600_000,
    },
    guesses: {
      perSource: settings.guessesPerSource,
      perAccountDay: settings.guessesPerAccountDay,
      perAddressHour: settings.guessesPerAddressHour,
    },
    signing: {
      rotateEveryMs: settings.keysRotateEveryDays === 0 ? null : settings.keysRotateEveryDays * 86_400_000,
      nativeAlgorithm: settings.keysNativeAlgorithm,
    },
    apiKeys: {
      maxLifetimeMs: settings.apiKeysMaxDays === 0 ? null : settings.apiKeysMaxDays * 86_400_000,
      perUser: settings.apiKeysPerUser,
    },
    allowWeakPasswords: isDemo,
  };
}
