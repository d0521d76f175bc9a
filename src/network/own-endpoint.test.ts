import { expect, it } from 'vitest';
import { endpointsOfUrl } from './own-endpoint.js';

it('finds host and port of listeners, stores and Valkey, and none where there is no host', () => {
  expect(endpointsOfUrl('http://127.0.0.1:8000', 80)).toEqual([{ host: '127.0.0.1', port: 8000 }]);
  expect(endpointsOfUrl('https://[::1]:8443', 443)).toEqual([{ host: '::1', port: 8443 }]);
  expect(endpointsOfUrl('postgres://u:p@db.internal/latchkey', 5432)).toEqual([{ host: 'db.internal', port: 5432 }]);
  expect(endpointsOfUrl('sqlite:latchkey.db', 0)).toEqual([]);
  expect(endpointsOfUrl(null, 0)).toEqual([]);
});
