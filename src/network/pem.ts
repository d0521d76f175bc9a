/** Certificates and keys as a caller sends them: inline PEM, bounded, checked before anything is dialled. @module */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

/** Largest PEM text taken. */
export const maxPemBytes = 65_536;
const maxCertificates = 64;

const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+?-----END CERTIFICATE-----/g;

/** Whether the text is one or more certificates and nothing but white space around them. */
export function isCertificatePem(text: string): boolean {
  return readCertificates(text) !== null;
}

/** Whether the certificate can be read, the key too, and both belong together. */
export function judgeClientPair(certificatePem: string, keyPem: string): 'ok' | 'bad_certificate' | 'bad_key' {
  const [leaf] = readCertificates(certificatePem) ?? [];
  if (leaf === undefined) return 'bad_certificate';
  const key = readKey(keyPem);
  return key !== null && leaf.checkPrivateKey(key) ? 'ok' : 'bad_key';
}

function readCertificates(text: string): X509Certificate[] | null {
  if (Buffer.byteLength(text) > maxPemBytes) return null;
  const blocks = text.match(block) ?? [];
  if (blocks.length === 0 || blocks.length > maxCertificates || text.replace(block, '').trim() !== '') return null;
  try {
    return blocks.map((one) => new X509Certificate(one));
  } catch {
    return null;
  }
}

function readKey(text: string): KeyObject | null {
  if (Buffer.byteLength(text) > maxPemBytes || !text.trimStart().startsWith('-----BEGIN ')) return null;
  try {
    return createPrivateKey({ key: text, format: 'pem' });
  } catch {
    return null;
  }
}
