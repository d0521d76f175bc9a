/** `/admin/v1/users` in words and shapes. @module */
import Type from 'typebox';
import type { DescribedParameter, Description } from '../kit/description.js';
import { bodyOf, epochMs, nullable, pageOf, pageParameters, wordOf } from '../kit/schemas.js';
import { newUser, passwordOrder, userChange, userKinds } from './user-bodies.js';

const text = Type.String();
const made = nullable(
  Type.String({ format: 'password', description: 'What was made; null where none was. Told this once.' }),
);

const members = {
  id: Type.String({ format: 'uuid' }),
  username: text,
  kind: wordOf(userKinds, '`service`: a machine; `api`: a user of the token vault.'),
  organisation: Type.String({ description: 'Uid of the organisation it belongs to.' }),
  displayName: text,
  email: nullable(text),
  firstName: nullable(text),
  lastName: nullable(text),
  roles: nullable(
    Type.Array(Type.Object({ id: Type.String({ format: 'uuid' }), name: text }), {
      description: 'Null in lists, where they are not looked up.',
    }),
  ),
  claims: Type.Record(text, text, { description: 'What row filters of grants may know of the user.' }),
  createdAtMs: epochMs('When it was added.'),
  hasPassword: Type.Boolean({ description: 'Without one it signs in with no password.' }),
  passwordChangedAtMs: nullable(epochMs('When the password was set.')),
  passwordExpiresAtMs: nullable(epochMs('From here on it is good for changing it and for nothing else.')),
  passwordLapsesAtMs: nullable(epochMs('From here on a temporary password is good for nothing; null: it is none.')),
  disabledAtMs: nullable(epochMs('Since when every sign-in is refused.')),
  lockedUntilMs: nullable(epochMs('Until when every sign-in is refused.')),
};

const user = Type.Object(members, { $id: 'User' });
const userWithPassword = Type.Object({ ...members, password: made }, { $id: 'UserWithPassword' });

const setsPassword = 'The new password is judged by the policy of the install.';
const newUserBody = bodyOf('NewUser', newUser, {
  username: 'Unique over the install, whatever its case.',
  organisation: 'Uid.',
  displayName: 'First and last name, else the user name, where it is not said.',
  roles: 'Names of roles of the organisation; `member` where nothing is said.',
  claims: 'At most 20; names in lower-case letters, digits and `_`.',
  password: 'Null, or nothing said: an account that cannot sign in with a password.',
  generatePassword: 'One is made and told in the answer, this once; that of a person is temporary.',
  mustChange: 'The password is temporary: the first sign-in asks for a new one.',
});
const userChangeBody = bodyOf('UserChange', userChange, {
  passwordExpiresAtMs: 'Null: it does not expire.',
  lockedUntilMs: 'Null: it is not locked.',
  addRoles: 'Names of roles of its organisation.',
  removeRoles: 'Names of roles of its organisation.',
  setClaims: 'Added, or put in the place of what was there.',
});
const passwordBody = bodyOf('PasswordReset', passwordOrder, {
  password: setsPassword,
  generate: 'One is made and told in the answer, this once.',
  mustChange: 'Whether it is temporary; where nothing is said, it is for a person and is not for a machine.',
});

const userParameter: Readonly<Record<'user', DescribedParameter>> = {
  user: { schema: text, text: 'User name, percent-encoded.', isRequired: true, example: 'ada' },
};

const json = 'application/json';
const tag = 'Users';
const one = '/admin/v1/users/:user';
const answer = (words: string) => ({ text: words, content: { [json]: { schema: user } } });
const notFound = 'identity.user_not_found';
const lastOne = 'identity.last_administrator';
const passwordRefusals = [
  ...['identity.password_rejected', 'identity.password_too_long', 'identity.password_malformed'],
  'identity.hash_queue_full',
];

export const userDescriptions: readonly Description[] = [
  {
    ...{ method: 'GET', path: '/admin/v1/users', id: 'listUsers', tag, summary: 'List users' },
    text: 'By name: people, service accounts and API users of every organisation.',
    query: {
      organisation: { schema: text, text: 'Uid: only those of this organisation.', example: 'acme' },
      kind: { schema: wordOf(userKinds), text: 'Only those of this kind.', example: 'person' },
      search: { schema: text, text: 'Part of the name, the display name or the e-mail address.', example: 'ada' },
      role: { schema: Type.String({ format: 'uuid' }), text: 'Id of a role: only those who have it.' },
      ...pageParameters,
    },
    answers: { 200: { text: 'A page of users.', content: { [json]: { schema: pageOf('UserPage', user) } } } },
    refusals: ['identity.organisation_not_found', 'identity.role_not_found'],
  },
  {
    ...{ method: 'POST', path: '/admin/v1/users', id: 'addUser', tag, summary: 'Add a user' },
    body: {
      [json]: {
        schema: newUserBody,
        examples: {
          person: {
            kind: 'person',
            username: 'grace',
            organisation: 'acme',
            firstName: 'Grace',
            lastName: 'Hopper',
            email: 'grace@acme.example',
            generatePassword: true,
          },
          serviceAccount: {
            kind: 'service',
            username: 'nightly-export',
            organisation: 'acme',
            displayName: 'Nightly export',
            claims: { region: 'EU' },
            password: 'quiet river stone bridge lantern',
          },
        },
      },
    },
    answers: {
      201: { text: 'The user, with the password that was made.', content: { [json]: { schema: userWithPassword } } },
    },
    refusals: [
      ...['identity.username_taken', 'identity.username_invalid', 'identity.profile_field_invalid'],
      ...['identity.organisation_not_found', 'identity.role_not_found', ...passwordRefusals],
    ],
  },
  {
    ...{ method: 'GET', path: one, id: 'showUser', tag, summary: 'Show a user' },
    params: userParameter,
    answers: { 200: answer('The user with its roles.') },
    refusals: [notFound],
  },
  {
    ...{ method: 'PATCH', path: one, id: 'changeUser', tag, summary: 'Change a user' },
    text: 'Only what is named changes.',
    params: userParameter,
    body: {
      [json]: {
        schema: userChangeBody,
        examples: {
          profile: { displayName: 'Ada Lovelace', email: 'ada@acme.example' },
          claims: { setClaims: { region: 'EU' }, removeClaims: ['team'] },
          lock: { lockedUntilMs: 1_893_456_000_000 },
        },
      },
    },
    answers: { 200: answer('The user as it is now.') },
    refusals: [notFound, 'identity.role_not_found', 'identity.profile_field_invalid', lastOne],
  },
  {
    ...{ method: 'DELETE', path: one, id: 'removeUser', tag, summary: 'Remove a user' },
    text: 'With its sessions and API keys. What it did stays in the audit trail.',
    params: userParameter,
    answers: { 204: { text: 'It is gone.' } },
    refusals: [notFound, lastOne],
  },
  {
    ...{ method: 'POST', path: `${one}/password`, id: 'resetPassword', tag, summary: 'Set a new password' },
    text: 'Ends every session of the user.',
    params: userParameter,
    body: { [json]: { schema: passwordBody, examples: { made: { generate: true } } } },
    answers: {
      200: {
        text: 'It is set.',
        content: {
          [json]: { schema: Type.Object({ password: made }, { $id: 'MadePassword' }) },
        },
      },
    },
    refusals: [notFound, ...passwordRefusals],
  },
  {
    ...{ method: 'POST', path: `${one}/disable`, id: 'disableUser', tag, summary: 'Disable a user' },
    text: 'Every sign-in is refused and every session ended, until it is enabled again.',
    params: userParameter,
    answers: { 200: answer('The user as it is now.') },
    refusals: [notFound, lastOne],
  },
  {
    ...{ method: 'POST', path: `${one}/enable`, id: 'enableUser', tag, summary: 'Enable a user' },
    params: userParameter,
    answers: { 200: answer('The user as it is now.') },
    refusals: [notFound],
  },
];
