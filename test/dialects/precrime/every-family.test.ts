/** The precrime family errs in its own shape: `{"message"}`. @module */
import { afterAll, beforeAll } from 'vitest';
import { describeEveryFamily, describeWithoutStore, type FamilyTable } from '../support/every-family.js';
import { apiKey, onedbToken, precrimeToken } from '../support/sign-in.js';
import { openWorld, type World } from '../support/world.js';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const message = (text: string) => ({ message: text });

const table: FamilyTable = {
  unknownPath: '/user/nothing',
  wrongMethod: { method: 'DELETE', path: '/user/login', allow: 'POST' },
  jsonRoute: () => ({ method: 'POST', path: '/user/login' }),
  malformedUrl: '/user/%zz',
  async expiredSession(world) {
    const authorization = await precrimeToken(world);
    world.clock.advance(3_600_000);
    return { path: '/authheader/list', headers: { authorization } };
  },
  async deniedRole(world) {
    const authorization = await precrimeToken(world, 'nobody');
    return { method: 'POST', path: '/authheader/add', body: { name: 'x' }, headers: { authorization } };
  },
  faulty: () => ({ method: 'POST', path: '/user/login', body: { username: 'ada', password: 'x' } }),
  async twoCredentials(world) {
    return {
      path: '/authheader/list',
      headers: { authorization: await precrimeToken(world), 'x-authorization': await apiKey(world) },
    };
  },
  async foreignToken(world) {
    return { path: '/user/renew', headers: { authorization: `Bearer ${await onedbToken(world)}` } };
  },
  bodies: {
    unknownPath: message('Not found'),
    wrongMethod: message('This path does not take this method.'),
    malformedJson: message('The body is malformed.'),
    oversize: message('The body is too large.'),
    mediaType: message('The body has an unsupported media type.'),
    malformedUrl: message('The URL is malformed.'),
    expiredSession: message('Unauthorized'),
    deniedRole: message('Forbidden'),
    internal: message('Internal server error'),
    unavailable: message('The service cannot do this at the moment. Try again shortly.'),
    twoCredentials: message('The request carries more than one credential.'),
    foreignToken: message('Unauthorized'),
    credentialInUrl: message('Credentials do not belong in the URL.'),
  },
};

describeEveryFamily(() => world, table);
describeWithoutStore(openWorld, table);
