/** What {@link createIdentity} was given together with what it made of it; every verb takes this. @module */
import type { IdentityDeps } from './deps.js';
import type { LastSeen } from './last-seen.js';
import type { Decoys } from './password-hash.js';
import type { RefusalRecorder } from './record-refusal.js';
import type { SigningKeys } from './signing-keys.js';

export interface IdentityParts extends IdentityDeps {
  readonly decoys: Decoys;
  readonly signingKeys: SigningKeys;
  readonly lastSeen: LastSeen;
  readonly recordRefusal: RefusalRecorder;
}
