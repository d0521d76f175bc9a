/** The onedb family errs in its own shapes: `{"success":false,"message"}`, at sign-in with an `id`. @module */
import { afterAll, beforeAll } from 'vitest';
import { describeEveryFamily, describeWithoutStore, type FamilyTable } from '../support/every-family.js';
import { apiKey, onedbToken, precrimeToken } from '../support/sign-in.js';
import { openWorld, passwords, type World } from '../support/world.js';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const path = '/api/v1/tokenize?single';
const body = { trxId: 1, templateName: 'App_Without_Masking', data: 'x' };
const refused = (message: string) => ({ success: false, message });

const table: FamilyTable = {
  unknownPath: '/api/v1/templates',
  wrongMethod: { method: 'GET', path: '/api/v1/tokenize', allow: 'POST' },
  async jsonRoute(world) {
    return { method: 'POST', path, headers: { authorization: `Bearer ${await onedbToken(world)}` } };
  },
  malformedUrl: '/api/v1/%',
  async expiredSession(world) {
    const authorization = `Bearer ${await onedbToken(world)}`;
    world.clock.advance(18_000_000);
    return { method: 'POST', path, headers: { authorization }, body };
  },
  async deniedRole(world) {
    const authorization = `Bearer ${await onedbToken(world, 'nobody')}`;
    return { method: 'POST', path, headers: { authorization }, body };
  },
  faulty: () => ({
    method: 'POST',
    path: '/api/authenticate',
    body: { username: 'vault', password: passwords.api },
  }),
  async twoCredentials(world) {
    const authorization = `Bearer ${await onedbToken(world)}`;
    return { method: 'POST', path, headers: { authorization, 'x-authorization': await apiKey(world) }, body };
  },
  async foreignToken(world) {
    return { method: 'POST', path, headers: { authorization: `Bearer ${await precrimeToken(world)}` }, body };
  },
  bodies: {
    unknownPath: refused('There is nothing here.'),
    wrongMethod: refused('This path does not take this method.'),
    malformedJson: refused('The body is malformed.'),
    oversize: refused('The body is too large.'),
    mediaType: refused('The body has an unsupported media type.'),
    malformedUrl: refused('The URL is malformed.'),
    expiredSession: refused('Token has expired'),
    deniedRole: refused('Access denied!'),
    internal: { id: 13, ...refused('Internal server error') },
    unavailable: { id: 13, ...refused('The service cannot do this at the moment. Try again shortly.') },
    twoCredentials: refused('The request carries more than one credential.'),
    foreignToken: refused('Unauthorized'),
    credentialInUrl: refused('Credentials do not belong in the URL.'),
  },
};

describeEveryFamily(() => world, table);
describeWithoutStore(openWorld, table);
