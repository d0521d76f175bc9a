/**
 * The precrime family in words, for the document: member names and casing as published, answers as `present.ts` makes
 * them. An answer's example of the same name as a body's is what comes back for it.
 *
 * @module
 */
import Type from 'typebox';
import type { Description } from '../../kit/description.js';

const tag = 'PreCrime';
const closed = { additionalProperties: false } as const;
const time = (description: string) =>
  Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}$', description });

const company = Type.Object(
  {
    Id: Type.Integer(),
    Name: Type.String(),
    Created: time('UTC, to the second, without a zone.'),
    Deleted: time('`0001-01-01T00:00:00` is never.'),
  },
  closed,
);

const user = Type.Object(
  {
    Id: Type.String({ format: 'uuid' }),
    Created: time('UTC, to the second, without a zone.'),
    Username: Type.String(),
    Email: Type.Optional(Type.String({ description: 'Left out where it is not known.' })),
    Firstname: Type.Optional(Type.String({ description: 'Left out where it is not known.' })),
    Lastname: Type.Optional(Type.String({ description: 'Left out where it is not known.' })),
    Properties: Type.Object({}, { ...closed, description: 'Always empty.' }),
    Authorizations: Type.Array(
      Type.Object(
        {
          Company: company,
          Roles: Type.Array(Type.Object({ Id: Type.Integer(), Name: Type.String() }, closed)),
        },
        closed,
      ),
    ),
    Active: company,
    Token: Type.String({ description: 'For `Authorization`, with or without `Bearer`; good for 60 minutes.' }),
    PasswordExpiration: time('`0001-01-01T00:00:00` is never.'),
  },
  closed,
);

const companyExample = {
  Id: 1,
  Name: 'Company Inc',
  Created: '2023-01-15T10:30:00',
  Deleted: '0001-01-01T00:00:00',
};
const userExample = {
  Id: '12345678-1234-1234-1234-123456789abc',
  Created: '2023-01-15T10:30:42',
  Username: 'john.doe',
  Email: 'john.doe@example.com',
  Firstname: 'John',
  Lastname: 'Doe',
  Properties: {},
  Authorizations: [{ Company: companyExample, Roles: [{ Id: 2, Name: 'member' }] }],
  Active: companyExample,
  Token: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...',
  PasswordExpiration: '2024-06-15T18:30:00',
};

const message = Type.Object({ message: Type.String() }, closed);

/** What every refusal of the family looks like. */
export const precrimeErrorSchema = message;

const says = (text: string, name: string, sentence: string) => ({
  text,
  content: { 'application/json': { schema: message, examples: { [name]: { message: sentence } } } },
});

const userAnswer = (text: string, name: string) => ({
  text,
  content: { 'application/json': { schema: user, examples: { [name]: userExample } } },
});

const key = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    name: Type.String(),
    token: Type.String({ description: 'The value; its masked form where the operator keeps no values.' }),
    created: time('UTC, to the second, without a zone.'),
  },
  closed,
);
const keyExample = {
  id: '7f8a4c52-0f0e-4a53-9f44-0c5e4a2d1b6a',
  name: 'production-api-key',
  token: 'lk_4fKq…9TzA',
  created: '2023-01-15T10:32:07',
};

const loginBody = Type.Object({
  username: Type.String({ minLength: 1 }),
  password: Type.String({ minLength: 1, format: 'password' }),
});

const bodyNote = 'Member names are compared without regard to case; two spellings of one name are 400.';

export const precrimeDescriptions: readonly Description[] = [
  {
    method: 'POST',
    path: '/user/login',
    id: 'logInPrecrime',
    tag,
    summary: 'Sign in with a name and a password',
    text: `Answers the user with a token that is good for 60 minutes. ${bodyNote}`,
    body: {
      'application/json': {
        schema: loginBody,
        examples: {
          person: { username: 'john.doe', password: 'SecurePass123!' },
          wrongPassword: { username: 'john.doe', password: 'WrongPass123!' },
        },
      },
    },
    answers: {
      200: userAnswer('Signed in.', 'person'),
      401: says('The name or the password is wrong.', 'wrongPassword', 'Incorrect credentials'),
      403: says('The password is right and has expired: change it.', 'expired', 'Password expired'),
    },
  },
  {
    method: 'GET',
    path: '/user/renew',
    id: 'renewPrecrime',
    tag,
    summary: 'Get a new token before this one ends',
    text: 'The old token lives to its own end. A line of renewals ends 24 hours after its sign-in.',
    answers: { 200: userAnswer('Renewed.', 'renewed') },
  },
  {
    method: 'GET',
    path: '/user/logout',
    id: 'logOutPrecrime',
    tag,
    summary: 'End the session of this token',
    answers: { 200: says('Ended.', 'ended', 'User logged out') },
  },
  {
    method: 'POST',
    path: '/user/logout',
    id: 'postLogOutPrecrime',
    tag,
    summary: 'End the session of this token, by POST',
    answers: { 200: says('Ended.', 'ended', 'User logged out') },
  },
  {
    method: 'POST',
    path: '/user/password',
    id: 'changePasswordPrecrime',
    tag,
    summary: 'Change a password, an expired one too',
    text: `Ends every session of the user. ${bodyNote}`,
    body: {
      'application/json': {
        schema: Type.Object({
          username: Type.String({ minLength: 1 }),
          old: Type.String({ minLength: 1, format: 'password' }),
          new: Type.String({ minLength: 1, format: 'password' }),
          confirm: Type.String({ minLength: 1, format: 'password', description: 'The new one once more.' }),
        }),
        examples: {
          wrongOldPassword: {
            username: 'john.doe',
            old: 'WrongPass123!',
            new: 'quiet river stone bridge lantern',
            confirm: 'quiet river stone bridge lantern',
          },
          notTheSame: {
            username: 'john.doe',
            old: 'SecurePass123!',
            new: 'quiet river stone bridge lantern',
            confirm: 'quiet river stone bridge',
          },
        },
      },
    },
    answers: {
      200: says('Changed.', 'changed', 'Success'),
      400: says(
        'A field is missing, the confirmation is not the same, or the new password is not good enough.',
        'notTheSame',
        'A field is not valid. Field: confirm.',
      ),
      401: says('The name or the old password is wrong.', 'wrongOldPassword', 'Incorrect credentials'),
    },
  },
  {
    method: 'POST',
    path: '/authheader/add',
    id: 'addAuthHeader',
    tag,
    summary: 'Make an API key of one’s own',
    text: `For \`X-Authorization\`. Takes a token of \`/user/login\`: a key makes no keys. ${bodyNote}`,
    body: {
      'application/json': {
        schema: Type.Object({ name: Type.String({ minLength: 1 }) }),
        examples: { production: { name: 'production-api-key' } },
      },
    },
    answers: {
      200: {
        text: 'Made. This is the time to keep the value.',
        content: { 'application/json': { schema: key, examples: { production: keyExample } } },
      },
    },
  },
  {
    method: 'GET',
    path: '/authheader/list',
    id: 'listAuthHeaders',
    tag,
    summary: 'List one’s own API keys',
    answers: {
      200: {
        text: 'All of them; this list has no pages.',
        content: { 'application/json': { schema: Type.Array(key), examples: { one: [keyExample] } } },
      },
    },
  },
  {
    method: 'POST',
    path: '/authheader/delete',
    id: 'deleteAuthHeader',
    tag,
    summary: 'Delete an API key of one’s own',
    text: '`text` is the key’s value; its masked form and its id are taken too, as is the bare text.',
    body: {
      'application/json': {
        schema: Type.Union([Type.Object({ text: Type.String({ minLength: 1 }) }), Type.String({ minLength: 1 })]),
        examples: { unknown: { text: 'lk_4fKq…9TzA' } },
      },
      'text/plain': { schema: Type.String({ minLength: 1 }), examples: { unknownText: 'lk_4fKq…9TzA' } },
    },
    answers: {
      200: says('Deleted.', 'deleted', 'Success'),
      404: says('One has no such key.', 'unknown', 'Not found'),
    },
  },
  {
    method: 'GET',
    path: '/test/secure',
    id: 'greetKnown',
    tag,
    summary: 'Try a token or an API key',
    answers: { 200: says('The credential is good.', 'known', 'Hi john.doe') },
  },
  {
    method: 'GET',
    path: '/test/unsecure',
    id: 'greetAnyone',
    tag,
    summary: 'Try the connection without a credential',
    answers: { 200: says('The service answers.', 'anyone', 'Hi anonymous') },
  },
];
