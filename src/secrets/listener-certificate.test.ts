import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ensureListenerCertificate, readListenerCertificate } from './listener-certificate.js';

const folders: string[] = [];

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'latchkey-certificate-'));
  folders.push(made);
  return made;
}

afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});

const dayMs = 86_400_000;

describe('ensureListenerCertificate', () => {
  it('makes a certificate that a client who trusts it accepts for its names, with a key only its owner reads', async () => {
    const dataDir = folder();
    const { certificate, key } = await ensureListenerCertificate(dataDir, ['localhost', '127.0.0.1'], Date.now());
    expect(statSync(join(dataDir, 'listener-key.pem')).mode & 0o777).toBe(0o600);
    const server = createServer({ cert: certificate, key: key.reveal() }, (_request, response) =>
      response.end('hello'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    for (const host of ['localhost', '127.0.0.1']) {
      const status = await new Promise((resolve, reject) => {
        get({ host, port, ca: certificate, family: 4 }, (response) => resolve(response.resume().statusCode)).on(
          'error',
          reject,
        );
      });
      expect(status).toBe(200);
    }
    server.close();
  });

  it('keeps the certificate over restarts and makes a new one a month before it ends', async () => {
    const dataDir = folder();
    const nowMs = Date.now();
    const first = await ensureListenerCertificate(dataDir, ['localhost'], nowMs);
    const second = await ensureListenerCertificate(dataDir, ['localhost'], nowMs + 300 * dayMs);
    const third = await ensureListenerCertificate(dataDir, ['localhost'], nowMs + 380 * dayMs);
    expect(second.fingerprint).toBe(first.fingerprint);
    expect(third.fingerprint).not.toBe(first.fingerprint);
    expect(first.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });
});

describe('readListenerCertificate', () => {
  it('takes a pair that belongs together and refuses every other, without saying what is in the files', async () => {
    const [one, other] = [folder(), folder()];
    const made = await ensureListenerCertificate(one, ['localhost'], Date.now());
    await ensureListenerCertificate(other, ['localhost'], Date.now());
    const certificate = join(one, 'listener-cert.pem');
    expect((await readListenerCertificate(certificate, join(one, 'listener-key.pem'))).fingerprint).toBe(
      made.fingerprint,
    );
    for (const key of [join(other, 'listener-key.pem'), certificate, join(one, 'nothing.pem')]) {
      await expect(readListenerCertificate(certificate, key)).rejects.toMatchObject({
        code: 'secrets.listener_certificate_unusable',
      });
    }
  });
});
