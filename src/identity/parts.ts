/** What {@link createIdentity} was given together with what it made of it; every verb takes this. @module */
import type { KeyUses } from './api-key-uses.js';
import type { IdentityDeps } from './deps.js';
import type { GuessBudget } from './guess-budget.js';
import type { GuessRecords } from './guess-budget-record.js';
import type { HeldCredential } from './held-credential.js';
import type { LastSeen } from './last-seen.js';
import type { Decoys } from './password-hash.js';
import type { RefusalRecorder } from './record-refusal.js';
import type { SigningKeys } from './signing-keys.js';
import type { Sweep } from './sweep-sessions.js';
import type { VerifiedCredentials } from './verified-credentials.js';

export interface IdentityParts extends IdentityDeps {
  readonly decoys: Decoys;
  readonly guesses: GuessBudget;
  readonly guessRecords: GuessRecords;
  readonly signingKeys: SigningKeys;
  readonly lastSeen: LastSeen;
  readonly keyUses: KeyUses;
  readonly recordRefusal: RefusalRecorder;
  readonly sweep: Sweep;
  readonly verified: VerifiedCredentials<HeldCredential>;
}
