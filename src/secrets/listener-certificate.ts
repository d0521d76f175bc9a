/**
 * The certificate of the HTTPS listener where the operator configured none: self-signed, made on first start, kept in
 * the data folder with its key (0600) and renewed when it is about to end. It encrypts; it proves nothing to a client
 * that was not given it, which is why the start names its fingerprint.
 *
 * @module
 */
import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../kernel/secret.js';
import { secretsErrors } from './errors.js';

export interface ListenerCertificate {
  /** PEM. */
  readonly certificate: string;
  readonly notAfterMs: number;
  /** PEM (PKCS #8). */
  readonly key: Secret;
  /** SHA-256 of the certificate, upper-case hex pairs with colons, as browsers show it. */
  readonly fingerprint: string;
}

/** Where the operator's own pair is, if there is one, and what else a generated certificate depends on. */
export interface CertificateSettings {
  /** Address the listeners bind to. */
  readonly host: string;
  readonly dataDir: string;
  readonly httpsCertificateFile: string | null;
  readonly httpsKeyFile: string | null;
}

/** The operator's certificate, or one of our own for this machine's names. @param nowMs  Milliseconds since the epoch. */
export function findListenerCertificate(
  { host, dataDir, httpsCertificateFile, httpsKeyFile }: CertificateSettings,
  nowMs: number,
): Promise<ListenerCertificate> {
  if (httpsCertificateFile !== null && httpsKeyFile !== null) {
    return readListenerCertificate(httpsCertificateFile, httpsKeyFile);
  }
  const names = ['localhost', '127.0.0.1', '::1', hostname(), ...(['0.0.0.0', '::'].includes(host) ? [] : [host])];
  return ensureListenerCertificate(dataDir, [...new Set(names.map((name) => name.toLowerCase()))], nowMs);
}

const dayMs = 86_400_000;
const lifeDays = 397;
const renewBeforeDays = 30;

/**
 * @param dataDir  Folder of `listener-cert.pem` and `listener-key.pem`.
 * @param names    Host names and addresses the certificate is for.
 * @param nowMs    Milliseconds since the epoch.
 */
export async function ensureListenerCertificate(
  dataDir: string,
  names: readonly string[],
  nowMs: number,
): Promise<ListenerCertificate> {
  const certificateFile = join(dataDir, 'listener-cert.pem');
  const keyFile = join(dataDir, 'listener-key.pem');
  const kept = readPair(certificateFile, keyFile);
  if (kept !== null && notAfterMsOf(new X509Certificate(kept.certificate)) - nowMs > renewBeforeDays * dayMs) {
    return described(kept.certificate, kept.key);
  }
  const made = await generate(names, nowMs);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  // The key first: a certificate without its key would be taken for a complete pair.
  replaceFile(keyFile, made.key);
  replaceFile(certificateFile, made.certificate);
  return described(made.certificate, made.key);
}

/**
 * The pair the operator configured.
 *
 * @throws `secrets.listener_certificate_unusable` a file cannot be read, is not PEM, or the two are no pair.
 */
export async function readListenerCertificate(certificateFile: string, keyFile: string): Promise<ListenerCertificate> {
  try {
    const [certificate, key] = [readFileSync(certificateFile, 'utf8'), readFileSync(keyFile, 'utf8')];
    if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) {
      throw new Error('the key belongs to another certificate');
    }
    return described(certificate, key);
  } catch (error) {
    throw secretsErrors.listener_certificate_unusable({ cause: error });
  }
}

function described(certificate: string, key: string): ListenerCertificate {
  const parsed = new X509Certificate(certificate);
  return {
    certificate,
    notAfterMs: notAfterMsOf(parsed),
    key: new Secret(key),
    fingerprint: parsed.fingerprint256,
  };
}

/** Node tells the end as OpenSSL prints it: `Nov 22 08:00:00 2027 GMT`. */
function notAfterMsOf(certificate: X509Certificate): number {
  return Date.parse(certificate.validTo);
}

function readPair(certificateFile: string, keyFile: string): { certificate: string; key: string } | null {
  try {
    return { certificate: readFileSync(certificateFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function replaceFile(path: string, content: string): void {
  writeFileSync(`${path}.new`, content, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

async function generate(names: readonly string[], nowMs: number): Promise<{ certificate: string; key: string }> {
  // Loaded when a certificate is made, which is seldom. It resolves its parts by reflection and wants the polyfill first.
  await import('reflect-metadata');
  const {
    BasicConstraintsExtension,
    ExtendedKeyUsage,
    ExtendedKeyUsageExtension,
    KeyUsageFlags,
    KeyUsagesExtension,
    PemConverter,
    SubjectAlternativeNameExtension,
    X509CertificateGenerator,
  } = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=Latchkey',
      notBefore: new Date(nowMs - dayMs),
      notAfter: new Date(nowMs + lifeDays * dayMs),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension(
          names.map((name) => ({ type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const), value: name })),
        ),
      ],
    },
    webcrypto,
  );
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificate: certificate.toString('pem'), key: PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}
