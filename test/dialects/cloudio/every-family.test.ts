/** The cloudio family errs in its own shape: `{"code","status":"ERROR","title","message"}`. @module */
import { afterAll, beforeAll } from 'vitest';
import { describeEveryFamily, describeWithoutStore, type FamilyTable } from '../support/every-family.js';
import { apiKey, cloudioSession, loginToken, precrimeToken } from '../support/sign-in.js';
import { openWorld, type World } from '../support/world.js';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const body = { Alias: { ds: 'Employees', query: { limit: 1 } } };
const error = (code: number, title: string, message: string) => ({ code, status: 'ERROR', title, message });

const table: FamilyTable = {
  unknownPath: '/v1/nothing',
  wrongMethod: { method: 'PUT', path: '/v1/api', allow: 'POST' },
  async jsonRoute(world) {
    const { jwt, csrf } = await cloudioSession(world);
    return { method: 'POST', path: `/v1/api?csrf=${csrf}`, headers: { authorization: `Bearer ${jwt}` } };
  },
  malformedUrl: '/v1/%E0%A4%A',
  async expiredSession(world) {
    const { jwt, csrf } = await cloudioSession(world);
    world.clock.advance(12 * 3_600_000);
    return { method: 'POST', path: `/v1/api?csrf=${csrf}`, headers: { authorization: `Bearer ${jwt}` }, body };
  },
  async deniedRole(world) {
    const { jwt, csrf } = await cloudioSession(world, 'nobody');
    return { method: 'POST', path: `/v1/api?csrf=${csrf}`, headers: { authorization: `Bearer ${jwt}` }, body };
  },
  faulty: () => ({ method: 'POST', path: '/v1/auth', headers: { authorization: loginToken('nightly') }, body: {} }),
  async twoCredentials(world) {
    const { jwt, csrf } = await cloudioSession(world);
    return {
      method: 'POST',
      path: `/v1/api?csrf=${csrf}`,
      headers: { authorization: `Bearer ${jwt}`, 'x-authorization': await apiKey(world) },
      body,
    };
  },
  async foreignToken(world) {
    const { csrf } = await cloudioSession(world);
    return {
      method: 'POST',
      path: `/v1/api?csrf=${csrf}`,
      headers: { authorization: `Bearer ${await precrimeToken(world)}` },
      body,
    };
  },
  bodies: {
    unknownPath: error(404, 'Not Found', 'There is nothing here.'),
    wrongMethod: error(405, 'Method Not Allowed', 'This path does not take this method.'),
    malformedJson: error(400, 'Invalid Request', 'The body is malformed.'),
    oversize: error(413, 'Invalid Request', 'The body is too large.'),
    mediaType: error(415, 'Invalid Request', 'The body has an unsupported media type.'),
    malformedUrl: error(400, 'Invalid Request', 'The URL is malformed.'),
    expiredSession: error(401, 'Unauthorized', 'Unauthorized - The session has expired.'),
    deniedRole: error(403, 'Access Denied', 'Access Denied - You are not allowed to do this.'),
    internal: error(500, 'Internal Error', 'Something went wrong on our side.'),
    unavailable: error(503, 'Service Unavailable', 'The service cannot do this at the moment. Try again shortly.'),
    twoCredentials: error(400, 'Invalid Request', 'The request carries more than one credential.'),
    foreignToken: error(401, 'Unauthorized', 'Unauthorized - Sign in first.'),
    credentialInUrl: error(400, 'Invalid Request', 'Credentials do not belong in the URL.'),
  },
};

describeEveryFamily(() => world, table);
describeWithoutStore(openWorld, table);
