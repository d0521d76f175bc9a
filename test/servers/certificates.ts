/**
 * Throw-away certificates for tests: an authority, and certificates for servers and clients that are good or wrong in
 * exactly one way. Keys are P-256; everything is PEM.
 *
 * @module
 */
// @peculiar/x509 does not load without it.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

type CryptoKeyPair = webcrypto.CryptoKeyPair;

export interface Certificate {
  /** PEM certificate. */
  readonly cert: string;
  /** PEM private key, PKCS#8. */
  readonly key: string;
}

export interface LeafOptions {
  /** Names and addresses of the server; the default is `localhost`, `127.0.0.1` and `::1`. */
  readonly names?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly commonName?: string;
}

export interface Authority extends Certificate {
  issueServer(options?: LeafOptions): Promise<Certificate>;
  issueClient(commonName: string, options?: LeafOptions): Promise<Certificate>;
}

const dayMs = 24 * 60 * 60 * 1000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const ownNames = ['localhost', '127.0.0.1', '::1'];

const daysFromNow = (days: number) => new Date(Date.now() + days * dayMs);

async function newKeys(): Promise<CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
}

async function keyPem(keys: CryptoKeyPair): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
}

function serverExtensions(names: readonly string[]): x509.Extension[] {
  return [
    new x509.SubjectAlternativeNameExtension(
      names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
    ),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
  ];
}

/** A new authority; `commonName` tells two of them apart in messages. */
export async function createAuthority(commonName = 'Test authority'): Promise<Authority> {
  const keys = await newKeys();
  const own = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${commonName}`,
    keys,
    notBefore: daysFromNow(-1000),
    notAfter: daysFromNow(1000),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });

  async function issue(subject: string, options: LeafOptions, extensions: x509.Extension[]): Promise<Certificate> {
    const leafKeys = await newKeys();
    const leaf = await x509.X509CertificateGenerator.create({
      subject: `CN=${subject}`,
      issuer: own.subject,
      publicKey: leafKeys.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
      notBefore: options.notBefore ?? daysFromNow(-1),
      notAfter: options.notAfter ?? daysFromNow(30),
      extensions: [new x509.BasicConstraintsExtension(false, undefined, true), ...extensions],
    });
    return { cert: leaf.toString('pem'), key: await keyPem(leafKeys) };
  }

  return {
    cert: own.toString('pem'),
    key: await keyPem(keys),
    issueServer(options = {}) {
      const names = options.names ?? ownNames;
      return issue(options.commonName ?? names[0] ?? 'server', options, serverExtensions(names));
    },
    issueClient(client, options = {}) {
      return issue(client, options, [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])]);
    },
  };
}

/** A server certificate that no authority has signed. */
export async function createSelfSigned(names: readonly string[] = ownNames): Promise<Certificate> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${names[0] ?? 'server'}`,
    keys,
    notBefore: daysFromNow(-1),
    notAfter: daysFromNow(30),
    signingAlgorithm: algorithm,
    extensions: serverExtensions(names),
  });
  return { cert: certificate.toString('pem'), key: await keyPem(keys) };
}

/** One certificate for every way a certificate can be right or wrong; about 50 ms. */
export interface TestCertificates {
  readonly authority: Authority;
  /** Has signed nothing that a server shows. */
  readonly strangeAuthority: Authority;
  /** For `localhost`, `127.0.0.1` and `::1`. */
  readonly good: Certificate;
  /** Good but for another name. */
  readonly wrongName: Certificate;
  readonly expired: Certificate;
  readonly notYetValid: Certificate;
  readonly selfSigned: Certificate;
  /** Client certificate of the authority, for the user `client`. */
  readonly client: Certificate;
  /** Client certificate of the strange authority. */
  readonly strangeClient: Certificate;
}

export async function createTestCertificates(): Promise<TestCertificates> {
  const [authority, strangeAuthority] = await Promise.all([
    createAuthority(),
    createAuthority('Strange test authority'),
  ]);
  const [good, wrongName, expired, notYetValid, selfSigned, client, strangeClient] = await Promise.all([
    authority.issueServer(),
    authority.issueServer({ names: ['elsewhere.example'] }),
    authority.issueServer({ notBefore: daysFromNow(-60), notAfter: daysFromNow(-2) }),
    authority.issueServer({ notBefore: daysFromNow(2), notAfter: daysFromNow(60) }),
    createSelfSigned(),
    authority.issueClient('client'),
    strangeAuthority.issueClient('client'),
  ]);
  return { authority, strangeAuthority, good, wrongName, expired, notYetValid, selfSigned, client, strangeClient };
}
