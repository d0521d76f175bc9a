/**
 * Seals values for the store and opens them again: AES-256-GCM under a key made for each record from the master key.
 * It knows nothing of tables; the place a value stands in is only bound to it.
 *
 * An envelope is `v1.<key id>.<body>`; body is base64url of salt (32) · nonce (12) · ciphertext · tag (16). The record
 * key is HKDF-SHA-256(master, salt, `latchkey/seal/v1`) (RFC 5869), so no two values share an AES key and the limits
 * of random nonces (NIST SP 800-38D §8.3) are never met.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, createHash, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { Secret } from '../kernel/secret.js';
import { secretsErrors } from './errors.js';

/** Where a sealed value stands. Bound to it: a value copied to another record, column or table does not open. */
export interface SealedPlace {
  readonly table: string;
  readonly column: string;
  readonly recordId: string;
}

export interface KeyRing {
  /** Id of the key that seals now: 8 hex digits. */
  readonly currentKeyId: string;
  seal(plain: Secret | Secret<Uint8Array>, place: SealedPlace): string;
  /**
   * @throws `secrets.key_unknown`      sealed under a key this ring does not hold.
   * @throws `secrets.envelope_invalid` damaged, not canonical, or sealed for another place.
   */
  open(envelope: string, place: SealedPlace): Secret<Uint8Array>;
  /** Whether the envelope names the current key; others should be sealed anew. */
  isCurrent(envelope: string): boolean;
}

export interface KeyRingOptions {
  /** Master key that seals and opens: 32 bytes. */
  readonly current: Secret<Uint8Array>;
  /** Master keys that still open what was sealed before a rotation. */
  readonly previous?: readonly Secret<Uint8Array>[];
  /** CSPRNG. */
  readonly randomBytes: (count: number) => Uint8Array;
}

const masterKeyBytes = 32;
const saltBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const lengthBytes = 4;
/** Of a code unit in UTF-8. */
const maxBytesPerUnit = 3;
const envelopePattern = /^v1\.([0-9a-f]{8})\.([A-Za-z0-9_-]+)$/;

export function createKeyRing({ current, previous = [], randomBytes }: KeyRingOptions): KeyRing {
  const keys = new Map<string, KeyObject>();
  const add = (master: Secret<Uint8Array>): string => {
    const bytes = master.reveal();
    if (bytes.length !== masterKeyBytes) throw secretsErrors.master_key_invalid();
    const key = createSecretKey(bytes);
    const id = keyId(key);
    keys.set(id, key);
    return id;
  };
  for (const master of previous) add(master);
  const currentKeyId = add(current);

  return Object.freeze({
    currentKeyId,

    seal(plain: Secret | Secret<Uint8Array>, place: SealedPlace): string {
      const value = plain.reveal();
      const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
      const salt = randomBytes(saltBytes);
      const nonce = randomBytes(nonceBytes);
      if (salt.length !== saltBytes || nonce.length !== nonceBytes) throw new TypeError('randomBytes gave too little');
      const cipher = createCipheriv('aes-256-gcm', recordKey(known(currentKeyId), salt), nonce, {
        authTagLength: tagBytes,
      });
      cipher.setAAD(boundPlace(currentKeyId, place));
      const body = Buffer.concat([salt, nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
      return `v1.${currentKeyId}.${body.toString('base64url')}`;
    },

    open(envelope: string, place: SealedPlace): Secret<Uint8Array> {
      const match = envelopePattern.exec(envelope);
      const [, id, text] = match ?? [];
      if (id === undefined || text === undefined) throw secretsErrors.envelope_invalid();
      const body = Buffer.from(text, 'base64url');
      // Node ignores stray trailing bits; a second spelling of one envelope is refused.
      if (body.length < saltBytes + nonceBytes + tagBytes || body.toString('base64url') !== text) {
        throw secretsErrors.envelope_invalid();
      }
      const key = known(id);
      const salt = body.subarray(0, saltBytes);
      const nonce = body.subarray(saltBytes, saltBytes + nonceBytes);
      const decipher = createDecipheriv('aes-256-gcm', recordKey(key, salt), nonce, { authTagLength: tagBytes });
      decipher.setAAD(boundPlace(id, place));
      decipher.setAuthTag(body.subarray(-tagBytes));
      try {
        const sealed = body.subarray(saltBytes + nonceBytes, -tagBytes);
        return new Secret<Uint8Array>(Buffer.concat([decipher.update(sealed), decipher.final()]));
      } catch (cause) {
        throw secretsErrors.envelope_invalid({ cause });
      }
    },

    isCurrent(envelope: string): boolean {
      return envelopePattern.exec(envelope)?.[1] === currentKeyId;
    },
  });

  function known(id: string): KeyObject {
    const key = keys.get(id);
    if (key === undefined) throw secretsErrors.key_unknown();
    return key;
  }
}

/** First 8 hex digits of SHA-256 over a value derived from the key: names it without telling anything of it. */
function keyId(master: KeyObject): string {
  const derived = Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), 'latchkey/key-id', masterKeyBytes));
  return createHash('sha256').update(derived).digest('hex').slice(0, 8);
}

function recordKey(master: KeyObject, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', master, salt, 'latchkey/seal/v1', 32));
}

/** Each part with its length before it, so that no two places have the same bytes. */
function boundPlace(id: string, { table, column, recordId }: SealedPlace): Uint8Array {
  const parts = ['latchkey/seal/v1', id, table, column, recordId];
  const most = parts.reduce((sum, part) => sum + lengthBytes + part.length * maxBytesPerUnit, 0);
  const bytes = Buffer.allocUnsafe(most);
  let end = 0;
  for (const part of parts) {
    const length = bytes.write(part, end + lengthBytes, 'utf8');
    bytes.writeUInt32BE(length, end);
    end += lengthBytes + length;
  }
  return bytes.subarray(0, end);
}
