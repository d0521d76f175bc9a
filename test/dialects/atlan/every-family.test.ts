/** The atlan family errs in its own shape: `{"success":false,"message","error","detail"}`. @module */
import { afterAll, beforeAll, describe } from 'vitest';
import { describeEveryFamily, describeWithoutStore, type FamilyTable } from '../support/every-family.js';
import { apiKey, precrimeToken } from '../support/sign-in.js';
import { openWorld, type World } from '../support/world.js';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const body = {
  authType: 'basic',
  host: 'db.example',
  port: 5432,
  username: 'u',
  password: 'p',
  database: 'd',
};
const refused = (message: string, error: string) => ({ success: false, message, error, detail: message });
const unauthorized = refused('Missing or invalid authentication token', 'unauthorized');

const tableOf = (path: string): FamilyTable => ({
  unknownPath: '/workflows/v1/start',
  wrongMethod: { method: 'GET', path, allow: 'POST' },
  jsonRoute: () => ({ method: 'POST', path }),
  malformedUrl: '/workflows/%zz',
  async expiredSession(world) {
    const authorization = await precrimeToken(world);
    world.clock.advance(3_600_000);
    return { method: 'POST', path, headers: { authorization }, body };
  },
  async deniedRole(world) {
    return { method: 'POST', path, headers: { authorization: await precrimeToken(world, 'nobody') }, body };
  },
  async faulty(world) {
    return { method: 'POST', path, headers: { authorization: await precrimeToken(world) }, body };
  },
  async twoCredentials(world) {
    return {
      method: 'POST',
      path,
      headers: { authorization: await precrimeToken(world), 'x-authorization': await apiKey(world) },
      body,
    };
  },
  // Every family's token is taken here; a token that nobody issued stands in.
  async foreignToken() {
    return { method: 'POST', path, headers: { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.AAAA' }, body };
  },
  bodies: {
    unknownPath: refused('There is nothing here.', 'not_found'),
    wrongMethod: refused('This path does not take this method.', 'method_not_allowed'),
    malformedJson: refused('The body is malformed.', 'malformed_json'),
    oversize: refused('The body is too large.', 'invalid_request'),
    mediaType: refused('The body has an unsupported media type.', 'invalid_request'),
    malformedUrl: refused('The URL is malformed.', 'invalid_request'),
    expiredSession: unauthorized,
    deniedRole: refused('You are not allowed to do this.', 'forbidden'),
    internal: refused('Internal server error', 'internal_error'),
    unavailable: refused('The service cannot do this at the moment. Try again shortly.', 'unavailable'),
    twoCredentials: refused('The request carries more than one credential.', 'invalid_request'),
    foreignToken: unauthorized,
    credentialInUrl: refused('Credentials do not belong in the URL.', 'invalid_request'),
  },
});

describe.each(['/workflows/v1/auth', '/workflows/v1/metadata', '/workflows/v1/check'])('%s', (path) => {
  describeEveryFamily(() => world, tableOf(path));
  describeWithoutStore(openWorld, tableOf(path));
});
