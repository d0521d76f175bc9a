import { once } from 'node:events';
import { connect, createServer as createTcpServer } from 'node:net';
import { createServer, type SecureVersion, type TLSSocket, type TlsOptions } from 'node:tls';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTestCertificates, type TestCertificates } from '../../test/servers/certificates.js';
import { Secret } from '../kernel/secret.js';
import { isCertificatePem, judgeClientPair } from './pem.js';
import { startTls, type TlsOutcome, type TlsSettings } from './start-tls.js';
import { assumedTlsMode, planTls, type TlsMode } from './tls-modes.js';

let certificates: TestCertificates;
beforeAll(async () => {
  certificates = await createTestCertificates();
});

const modes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

/** Meets a TLS server of its own with the given options. */
async function meet(options: TlsOptions, settings: TlsSettings, host = 'localhost'): Promise<TlsOutcome> {
  const server = createServer(options, (socket: TLSSocket) => socket.on('error', () => undefined));
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const socket = connect(address === null || typeof address === 'string' ? 0 : address.port, '127.0.0.1');
  await once(socket, 'connect');
  const outcome = await startTls(socket, host, settings, Date.now(), AbortSignal.timeout(2_000));
  if (outcome.ok) outcome.socket.destroy();
  socket.destroy();
  server.close();
  return outcome;
}

const said = (outcome: TlsOutcome) => (outcome.ok ? (outcome.isVerified ? 'verified' : 'unverified') : outcome.reason);

describe('what a mode means', () => {
  test('a chain that ends at the public authorities never goes without the name', () => {
    for (const mode of modes) {
      const plan = planTls(mode, false);
      if (plan.isChainChecked) expect(plan.isNameChecked).toBe(true);
    }
  });

  test('require and stronger never mean unverified', () => {
    for (const mode of ['require', 'verify-ca', 'verify-full'] as const) {
      for (const hasAnchors of [true, false]) {
        expect(planTls(mode, hasAnchors)).toMatchObject({ use: 'always', isChainChecked: true });
      }
    }
  });

  test('none given means verify-full, but for this machine', () => {
    expect(assumedTlsMode(false)).toBe('verify-full');
    expect(assumedTlsMode(true)).toBe('prefer');
  });
});

describe('a TLS session', () => {
  const table: readonly (readonly [
    situation: 'good' | 'wrongName' | 'expired' | 'notYetValid' | 'selfSigned',
    verdicts: Readonly<Record<'prefer' | 'require' | 'verify-ca' | 'verify-full', string>>,
  ])[] = [
    ['good', { prefer: 'verified', require: 'verified', 'verify-ca': 'verified', 'verify-full': 'verified' }],
    [
      'wrongName',
      { prefer: 'verified', require: 'verified', 'verify-ca': 'verified', 'verify-full': 'TLS_NAME_MISMATCH' },
    ],
    [
      'expired',
      { prefer: 'TLS_EXPIRED', require: 'TLS_EXPIRED', 'verify-ca': 'TLS_EXPIRED', 'verify-full': 'TLS_EXPIRED' },
    ],
    [
      'notYetValid',
      {
        prefer: 'TLS_NOT_YET_VALID',
        require: 'TLS_NOT_YET_VALID',
        'verify-ca': 'TLS_NOT_YET_VALID',
        'verify-full': 'TLS_NOT_YET_VALID',
      },
    ],
    [
      'selfSigned',
      {
        prefer: 'TLS_SELF_SIGNED',
        require: 'TLS_SELF_SIGNED',
        'verify-ca': 'TLS_SELF_SIGNED',
        'verify-full': 'TLS_SELF_SIGNED',
      },
    ],
  ];

  test.each(table)('with a %s certificate and our own anchor', async (situation, verdicts) => {
    for (const [mode, verdict] of Object.entries(verdicts)) {
      const settings = { mode: mode as TlsMode, ca: certificates.authority.cert };
      expect([mode, said(await meet(certificates[situation], settings))]).toEqual([mode, verdict]);
    }
  });

  test('without anchors: prefer takes it and says what it doubts, the rest refuses', async () => {
    const outcome = await meet(certificates.good, { mode: 'prefer' });
    expect(outcome).toMatchObject({ ok: true, isVerified: false, doubt: 'TLS_UNTRUSTED_ISSUER' });
    for (const mode of ['require', 'verify-ca', 'verify-full'] as const) {
      expect(said(await meet(certificates.good, { mode }))).toBe('TLS_UNTRUSTED_ISSUER');
    }
  });

  test('with another anchor', async () => {
    const settings = { mode: 'verify-ca', ca: certificates.strangeAuthority.cert } as const;
    expect(said(await meet(certificates.good, settings))).toBe('TLS_UNTRUSTED_ISSUER');
  });

  test('by address, with the address in the certificate and without', async () => {
    const settings = { mode: 'verify-full', ca: certificates.authority.cert } as const;
    expect(said(await meet(certificates.good, settings, '127.0.0.1'))).toBe('verified');
    expect(said(await meet(certificates.wrongName, settings, '127.0.0.1'))).toBe('TLS_NAME_MISMATCH');
  });

  test.each(['TLSv1', 'TLSv1.1'] as const)('%s is too old', async (version: SecureVersion) => {
    const old = { ...certificates.good, minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
    for (const mode of ['prefer', 'verify-full'] as const) {
      expect(said(await meet(old, { mode, ca: certificates.authority.cert }))).toBe('TLS_VERSION_OR_CIPHER');
    }
  });

  test('tells the facts of the certificate and of the way to its anchor', async () => {
    const { good, authority } = certificates;
    const settings = { mode: 'verify-full', ca: authority.cert } as const;
    const alone = await meet(good, settings);
    expect(alone.evidence).toMatchObject({
      protocol: 'TLSv1.3',
      subject: 'localhost',
      issuer: 'Test authority',
      names: 'localhost',
      addresses: 2,
      keyType: 'ec',
      keyBits: 256,
      chainLength: 2,
      chain: 'localhost < Test authority',
      chainEndsAtRoot: true,
    });
    expect(alone.evidence['daysLeft']).toBe(29);
    expect(alone.evidence['chainDaysLeft']).toBe(29);
    const sent = await meet({ ...good, cert: `${good.cert}\n${authority.cert}` }, { mode: 'prefer' });
    expect(sent.evidence).toMatchObject({ chainLength: 2, chainEndsAtRoot: true });
    const untrusted = await meet(good, { mode: 'prefer' });
    expect(untrusted.evidence).toMatchObject({ chainLength: 1, chain: 'localhost', chainEndsAtRoot: false });
  });

  test('that breaks off before anybody listens ends itself only', async () => {
    const outcome = await meet(certificates.good, { mode: 'prefer' });
    if (!outcome.ok) throw new Error('no session');
    expect(outcome.socket.listenerCount('error')).toBeGreaterThan(0);
  });

  test('1.2 is new enough', async () => {
    const outcome = await meet({ ...certificates.good, maxVersion: 'TLSv1.2' }, { mode: 'prefer' });
    expect(outcome.evidence).toMatchObject({ protocol: 'TLSv1.2' });
  });

  test('with something that is not TLS', async () => {
    const server = createTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const socket = connect(address === null || typeof address === 'string' ? 0 : address.port, '127.0.0.1');
    await once(socket, 'connect');
    const outcome = await startTls(socket, 'localhost', { mode: 'prefer' }, Date.now(), AbortSignal.timeout(2_000));
    expect(said(outcome)).toBe('TLS_VERSION_OR_CIPHER');
    server.close();
  });

  test.each([
    ['hangs up', 'TCP_RESET', (socket: { destroy(): void }) => socket.destroy()],
    ['says nothing', 'STAGE_TIMEOUT', () => undefined],
  ] as const)('with a peer that %s', async (_name, reason, play) => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      play(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const socket = connect(address === null || typeof address === 'string' ? 0 : address.port, '127.0.0.1');
    await once(socket, 'connect');
    const outcome = await startTls(socket, 'localhost', { mode: 'prefer' }, Date.now(), AbortSignal.timeout(300));
    expect(said(outcome)).toBe(reason);
    expect(socket.destroyed).toBe(true);
    server.close();
  });

  test('with a key that is not the certificate’s', async () => {
    const settings = {
      mode: 'prefer',
      clientCertificate: certificates.client.cert,
      clientKey: new Secret(certificates.strangeClient.key),
    } as const;
    expect(said(await meet(certificates.good, settings))).toBe('TLS_CLIENT_CERT_KEY_MISMATCH');
  });

  test('a client certificate that is asked for in TLS 1.2', async () => {
    const strict = {
      ...certificates.good,
      ca: certificates.authority.cert,
      requestCert: true,
      rejectUnauthorized: true,
      maxVersion: 'TLSv1.2',
    } as const;
    const pair = ({ cert, key }: { cert: string; key: string }) => ({
      mode: 'prefer' as const,
      clientCertificate: cert,
      clientKey: new Secret(key),
    });
    expect(said(await meet(strict, pair(certificates.client)))).toBe('unverified');
  });
});

describe('PEM', () => {
  test('certificates are told from everything else', () => {
    const { cert, key } = certificates.good;
    expect(isCertificatePem(cert)).toBe(true);
    expect(isCertificatePem(`\n${cert}\n${certificates.authority.cert}\n`)).toBe(true);
    const wrong = [
      ...['', ' ', 'x', '-----BEGIN CERTIFICATE-----...', '/etc/ssl/certs/ca.pem', 'file:///etc/passwd', key],
      ...[cert.slice(0, -40), `${cert}x`, `x${cert}`, cert.replace('MII', 'MIX'), `${cert}${key}`],
      ...[cert.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE'), `${cert}${' '.repeat(65_536)}`, cert.repeat(100)],
    ];
    for (const one of wrong) expect([one.slice(0, 60), isCertificatePem(one)]).toEqual([one.slice(0, 60), false]);
  });

  test('a pair belongs together', () => {
    const { client, strangeClient } = certificates;
    expect(judgeClientPair(client.cert, client.key)).toBe('ok');
    expect(judgeClientPair(client.cert, strangeClient.key)).toBe('bad_key');
    expect(judgeClientPair(client.cert, 'x')).toBe('bad_key');
    expect(judgeClientPair(client.cert, '/etc/ssl/key.pem')).toBe('bad_key');
    expect(judgeClientPair(client.key, client.key)).toBe('bad_certificate');
  });
});
