import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, configFileName, loadConfig, presentSettings, showConfig } from './load.js';

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function folderWith(content?: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-config-'));
  folders.push(folder);
  if (content !== undefined) {
    writeFileSync(join(folder, configFileName), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

function faultsOf(environment: Record<string, string>, content?: unknown): readonly string[] {
  try {
    loadConfig({ environment, folder: folderWith(content) });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('gives every documented default when nothing is set', () => {
    const folder = folderWith();
    const { config, origins } = loadConfig({ environment: {}, folder });
    expect(config.host).toBe('127.0.0.1');
    expect(config.httpPort).toBe(8000);
    expect(config.httpsPort).toBe(8443);
    expect(config.storeUrl).toBe(`sqlite:${join(folder, 'data', 'latchkey.db')}`);
    expect(config.workflowsAccess).toBe('loopback');
    expect(config.passwordMemoryKib).toBe(65_536);
    expect(new Set(Object.values(origins))).toEqual(new Set(['default']));
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('lets the environment win over the file and says where each value came from', () => {
    const folder = folderWith({
      http: { port: 9000 },
      log: { level: 'debug' },
      targets: { allow: ['a.example', '10.0.0.0/8:5432'] },
    });
    const { config, origins } = loadConfig({ environment: { LATCHKEY_HTTP_PORT: 'off' }, folder });
    expect(config.httpPort).toBeNull();
    expect(config.logLevel).toBe('debug');
    expect(config.targetsAllow).toEqual(['a.example', '10.0.0.0/8:5432']);
    expect(origins.httpPort).toBe('environment');
    expect(origins.logLevel).toBe('file');
  });

  it('refuses unknown and invalid settings with one line per fault, all at once', () => {
    const faults = faultsOf(
      {
        LATCHKEY_HTP_PORT: '80',
        LATCHKEY_HTTPS_PORT: '70000',
        LATCHKEY_LOG_LEVEL: 'loud',
        LATCHKEY_MASTER_KEY: 'short',
      },
      { password: { memoryKib: 1024 }, colour: 'red' },
    );
    expect(faults).toHaveLength(6);
    expect(faults.join('\n')).toContain('did you mean LATCHKEY_HTTP_PORT?');
    expect(faults.join('\n')).toContain('colour is not a setting');
  });

  it('never repeats a refused value', () => {
    const faults = faultsOf({ LATCHKEY_MASTER_KEY: 'hunter2hunter2', LATCHKEY_STORE_URL: 'mysql://root:hunter2@db/x' });
    expect(faults).toHaveLength(2);
    expect(faults.join()).not.toContain('hunter2');
  });

  it('refuses what contradicts itself', () => {
    expect(faultsOf({ LATCHKEY_HTTP_PORT: 'off', LATCHKEY_HTTPS_PORT: 'off' })).toHaveLength(1);
    expect(faultsOf({ LATCHKEY_HTTP_PORT: '9000', LATCHKEY_HTTPS_PORT: '9000' })).toHaveLength(1);
    expect(faultsOf({ LATCHKEY_HTTPS_KEY_FILE: 'key.pem' })).toHaveLength(1);
    expect(faultsOf({ LATCHKEY_PASSWORD_MEMORY_KIB: '19456', LATCHKEY_PASSWORD_PASSES: '1' })).toHaveLength(1);
  });

  it('refuses a file that is not JSON or holds a value of the wrong type', () => {
    expect(faultsOf({}, '{')).toEqual([`${configFileName} is not JSON`]);
    expect(faultsOf({}, { host: true })).toHaveLength(1);
    expect(faultsOf({}, [])).toHaveLength(1);
  });
});

describe('showConfig', () => {
  it('says off for a listener that is off, and nothing for what is not set', () => {
    const shown = showConfig(loadConfig({ environment: { LATCHKEY_HTTP_PORT: 'off' }, folder: folderWith() }));
    expect(shown.find(({ name }) => name === 'http.port')?.value).toBe('off');
    expect(shown.find(({ name }) => name === 'valkey.url')?.value).toBeNull();
  });

  it('redacts secrets and the user part of URLs', () => {
    const loaded = loadConfig({
      environment: {
        LATCHKEY_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
        LATCHKEY_STORE_URL: 'postgres://latchkey:hunter2@db.internal/latchkey',
      },
      folder: folderWith(),
    });
    const shown = JSON.stringify(showConfig(loaded));
    expect(shown).not.toContain('hunter2');
    expect(shown).not.toContain(Buffer.alloc(32, 7).toString('base64'));
    expect(shown).toContain('postgres://[redacted]@db.internal/latchkey');
  });

  it.each([
    'postgres://latchkey:hun/ter2@db.internal/latchkey',
    'postgres://latchkey:1234/hun@ter2@db.internal/latchkey',
    'postgres://latchkey:1234#hunter2@db.internal/latchkey',
    'postgres://latchkey:1234?hunter2@db.internal/latchkey',
    'postgres://db.internal/latchkey?user=latchkey&password=hunter2',
    'postgres://db.internal/latchkey?sslmode=disable&sslpassword=hunter2',
    'postgres://db.internal/latchkey#hunter2',
  ])('shows no secret of a URL that is not as it should be: %s', (url) => {
    const loaded = loadConfig({ environment: { LATCHKEY_STORE_URL: url }, folder: folderWith() });
    expect(JSON.stringify(showConfig(loaded))).not.toMatch(/hun|ter2/);
  });

  it('shows what of a store URL is no secret', () => {
    const url = 'postgres://u:p@db.internal:5433/latchkey?sslmode=verify-ca&sslrootcert=/etc/ca.pem';
    const loaded = loadConfig({ environment: { LATCHKEY_STORE_URL: url }, folder: folderWith() });
    expect(JSON.stringify(showConfig(loaded))).toContain(url.replace('u:p', '[redacted]'));
  });
});

it('settings in force are told with where they come from, secrets as set and no more', () => {
  const environment = {
    LATCHKEY_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    LATCHKEY_STORE_URL: 'postgres://latchkey:hunter2@db.example.com/latchkey',
    LATCHKEY_HTTP_PORT: 'off',
  };
  const presented = presentSettings(loadConfig({ environment, folder: folderWith({ apiKeys: { maxDays: 90 } }) }));
  const of = (name: string) => presented.find((one) => one.name === name);
  expect(of('masterKey')).toMatchObject({ value: null, isSecret: true, isSet: true, from: 'environment' });
  expect(of('store.url')).toMatchObject({ value: 'postgres://[redacted]@db.example.com/latchkey', isSecret: false });
  expect(of('http.port')).toMatchObject({ value: 'off', isSet: true, from: 'environment' });
  expect(of('apiKeys.maxDays')).toMatchObject({ value: 90, unit: 'days', from: 'file' });
  expect(of('publicUrl')).toMatchObject({ value: null, isSet: false, from: 'default' });
  expect(JSON.stringify(presented)).not.toContain('hunter2');
});
