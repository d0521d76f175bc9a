import { describe, expect, test } from 'vitest';
import { connectionOf, emptyDraft, inputOf, newSourceOf, withEngine } from './source-draft';

const typed = { ...emptyDraft(), name: ' shop ', host: 'db.example.com', database: 'shop', username: 'reader' };

describe('what is typed into the form of a source', () => {
  test('becomes a test without anything but where it is and how it is secured', () => {
    expect(connectionOf({ ...typed, password: 'x', tlsMode: 'require', description: 'of no interest' })).toEqual({
      ...{ engine: 'postgres', host: 'db.example.com', port: 5432, database: 'shop', username: 'reader' },
      ...{ password: 'x', tls: { mode: 'require' } },
    });
  });

  test('becomes a new source whose credential is a reference and never a password typed before', () => {
    const made = newSourceOf({ ...typed, password: 'left over', credentialKind: 'env', reference: 'SHOP_PASSWORD' });
    expect(made).toMatchObject({ name: 'shop', credential: 'env:SHOP_PASSWORD', checkEveryMinutes: 60 });
    expect(JSON.stringify(made)).not.toContain('left over');
    expect(made).not.toHaveProperty('limits');
  });

  test('is a path alone for a file, whatever was typed for a server before', () => {
    const file = { ...withEngine({ ...typed, password: 'x' }, 'sqlite'), database: '/srv/shop.db' };
    expect(connectionOf(file)).toEqual({ engine: 'sqlite', database: '/srv/shop.db' });
  });

  test('keeps a port that was chosen, and follows the engine with the usual one', () => {
    expect(withEngine(typed, 'mysql').port).toBe('3306');
    expect(withEngine({ ...typed, port: '6432' }, 'mysql').port).toBe('6432');
  });

  test('sends what is no number as it is, for the server to say so', () => {
    expect(newSourceOf({ ...typed, port: '54x2' })).toMatchObject({ port: '54x2' });
  });

  test('has its fault marked where the verdict points, and nowhere for what has no input', () => {
    expect(inputOf('tls.ca', typed)).toBe('tls.ca');
    expect(inputOf('token', typed)).toBe('password');
    expect(inputOf('password', { ...typed, credentialKind: 'file' })).toBe('credential');
    expect(inputOf('extra.ssh_host', typed)).toBeNull();
    expect(inputOf(null, typed)).toBeNull();
  });
});
