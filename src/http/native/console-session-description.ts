/** `/admin/v1/session` in words and shapes. @module */
import Type from 'typebox';
import { actions, credentialKinds } from '../../access/index.js';
import type { Description } from '../kit/description.js';
import { epochMs, nullable, wordOf } from '../kit/schemas.js';

const closed = { additionalProperties: false } as const;

const sessionView = Type.Object(
  {
    user: Type.Object(
      {
        id: Type.String({ format: 'uuid' }),
        username: Type.String(),
        kind: wordOf(['person', 'service', 'api']),
        displayName: Type.String(),
        email: nullable(Type.String()),
        organisation: Type.Object({ uid: Type.String(), name: Type.String() }, closed),
        roles: Type.Array(Type.String(), { description: 'Names.' }),
        passwordExpiresAtMs: nullable(epochMs('From then on the password must be changed; null: never.')),
      },
      closed,
    ),
    allowed: Type.Array(wordOf(actions), { description: 'What this credential may do, for showing what is offered.' }),
    credential: Type.Object(
      {
        kind: wordOf(credentialKinds),
        id: nullable(Type.String()),
        expiresAtMs: nullable(epochMs('Its end in any case; null: never.')),
      },
      closed,
    ),
    csrf: nullable(
      Type.String({
        description:
          'Goes with every request by cookie that is not GET or HEAD, as `X-CSRF-Token`; null: not by cookie.',
      }),
    ),
    idleMs: nullable(
      Type.Integer({ description: 'Unused for so long, the session ends. Milliseconds; null: not by cookie.' }),
    ),
    version: Type.String({ description: 'Of the service.' }),
  },
  { ...closed, $id: 'SessionView' },
);

const example = {
  user: {
    id: '89bbae5d-88ad-41ab-ba0c-a0e5d308e58e',
    username: 'ada',
    kind: 'person',
    displayName: 'Ada Lovelace',
    email: 'ada@acme.example',
    organisation: { uid: 'acme', name: 'Acme Corp' },
    roles: ['administrator'],
    passwordExpiresAtMs: null,
  },
  allowed: ['directory.manage', 'audit.read'],
  credential: {
    kind: 'console_session',
    id: '0f6a34a1-7c1a-4f5e-9a6c-0d9a5c9ce0b1',
    expiresAtMs: 1_777_205_307_000,
  },
  csrf: 'hL4yyWzJEXPWbcVJ3RlKIN1YYaZ7bJ6kE3w0s1cUuTg',
  idleMs: 1_800_000,
  version: '0.1.0',
};

const json = 'application/json';
const tag = 'Console session';
const path = '/admin/v1/session';
const password = (description: string) => Type.String({ minLength: 1, format: 'password', description });
const username = Type.String({ minLength: 1 });
const phrase = 'quiet river stone bridge lantern';

export const consoleSessionDescriptions: readonly Description[] = [
  {
    ...{ method: 'GET', path, id: 'getSession', tag, summary: 'Ask who is signed in' },
    text: 'For every credential our API takes. A browser asks this for its csrf value after a reload.',
    answers: {
      200: {
        text: 'Who it is, and what they may do.',
        content: { [json]: { schema: sessionView, examples: { example } } },
      },
    },
  },
  {
    ...{ method: 'POST', path, id: 'signIn', tag, summary: 'Sign in to the console' },
    text:
      'The session comes as the cookie `__Host-latchkey`, which no script can read. A session that the browser has ' +
      'already ends. Not over plain HTTP, except to this machine itself: a browser would not keep the cookie.',
    body: {
      [json]: {
        schema: Type.Object(
          { username, password: password('Exactly as it was chosen.') },
          { ...closed, $id: 'SignIn' },
        ),
        examples: { wrong: { username: 'ada', password: phrase } },
      },
    },
    answers: {
      200: {
        text: 'Signed in.',
        headers: {
          'Set-Cookie': {
            schema: Type.String(),
            text: 'The session.',
            example:
              '__Host-latchkey=hL4yyWzJEXPWbcVJ3RlKIN1YYaZ7bJ6kE3w0s1cUuTg; Path=/; Secure; HttpOnly; SameSite=Strict',
          },
        },
        content: { [json]: { schema: sessionView } },
      },
    },
    refusals: [
      'identity.invalid_credentials',
      'identity.password_expired',
      'identity.guess_budget_spent',
      'identity.hash_queue_full',
      'http.https_needed',
      'http.page_foreign',
    ],
  },
  {
    ...{ method: 'DELETE', path, id: 'signOut', tag, summary: 'Sign out' },
    text: 'Ends the session that asks, of whatever door, and has the browser forget the cookie.',
    answers: { 204: { text: 'It is over.' } },
  },
  {
    ...{ method: 'POST', path: `${path}/password`, id: 'changeOwnPassword', tag, summary: 'Change one’s own password' },
    text: 'Needs no session: it is the way out of a password that has expired. Ends every session of the account.',
    body: {
      [json]: {
        schema: Type.Object(
          { username, current: password('The one that ends.'), new: password('The one that begins.') },
          { ...closed, $id: 'PasswordChange' },
        ),
        examples: { wrong: { username: 'ada', current: 'not the password', new: phrase } },
      },
    },
    answers: { 204: { text: 'Changed; sign in with the new one.' } },
    refusals: [
      'identity.invalid_credentials',
      'identity.password_rejected',
      'identity.guess_budget_spent',
      'identity.hash_queue_full',
      'http.page_foreign',
    ],
  },
];
