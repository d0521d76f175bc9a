/** Every migration, in order. A static list: what is applied is what was reviewed. @module */
import type { StoreDatabase, StoreEngine } from '../engine.js';
import { init } from './0001-init.js';
import { addSources } from './0002-sources.js';
import { addSigningKeyTimes } from './0003-signing-keys.js';
import { addKnownSources } from './0004-known-sources.js';
import { narrowApiKeys } from './0005-api-keys.js';
import { addTokenActions } from './0006-token-actions.js';
import { addPasswordLives } from './0007-passwords.js';
import { addRevocation } from './0008-revocation.js';
import { addSessionPlaces } from './0009-session-places.js';
import { addGrants } from './0010-grants.js';
import { addAuditReads } from './0011-audit-reads.js';

export interface Migration {
  /** Sorts in order; never changed once released. */
  readonly name: string;
  readonly up: (tx: StoreDatabase, kind: StoreEngine['kind']) => Promise<void>;
}

export const migrations: readonly Migration[] = [
  { name: '0001-init', up: init },
  { name: '0002-sources', up: addSources },
  { name: '0003-signing-keys', up: addSigningKeyTimes },
  { name: '0004-known-sources', up: addKnownSources },
  { name: '0005-api-keys', up: narrowApiKeys },
  { name: '0006-token-actions', up: addTokenActions },
  { name: '0007-passwords', up: addPasswordLives },
  { name: '0008-revocation', up: addRevocation },
  { name: '0009-session-places', up: addSessionPlaces },
  { name: '0010-grants', up: addGrants },
  { name: '0011-audit-reads', up: addAuditReads },
];
