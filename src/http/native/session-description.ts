/** `/admin/v1/sessions`, `/admin/v1/revocations` and `/admin/v1/expiring` in words and shapes. @module */
import Type from 'typebox';
import { tokenFamilies } from '../../identity/index.js';
import type { Description } from '../kit/description.js';
import { bodyOf, epochMs, nullable, pageOf, pageParameters, wordOf } from '../kit/schemas.js';
import { revocationOrder } from './revocation-routes.js';

const family = wordOf(tokenFamilies, 'The door it was opened at.');

const session = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    family,
    user: Type.String({ description: 'Name of whose it is.' }),
    organisation: Type.String({ description: 'Uid of the organisation.' }),
    address: nullable(Type.String({ description: 'Where it began, as far as it is known.' })),
    createdAtMs: epochMs('When it began.'),
    lastSeenAtMs: epochMs('When it was used last, to the minute.'),
    expiresAtMs: epochMs('When it ends at the latest.'),
    endedAtMs: nullable(epochMs('When it was ended before that.')),
    isCurrent: Type.Boolean({ description: 'It is the one that asks.' }),
  },
  { $id: 'Session' },
);

const revoked = Type.Object(
  {
    scope: wordOf(['self', 'user', 'organisation', 'install']),
    sessions: Type.Integer({ description: 'How many were good until then.' }),
    apiKeys: Type.Integer({ description: 'How many were good until then; 0 where they were not asked for.' }),
  },
  { $id: 'Revoked' },
);

const expiring = Type.Object(
  {
    kind: wordOf(['api_key', 'password', 'signing_key', 'certificate']),
    id: nullable(Type.String()),
    name: Type.String(),
    owner: nullable(Type.String({ description: 'Name of the user whose it is; null: the install’s own.' })),
    organisation: nullable(Type.String({ description: 'Uid.' })),
    expiresAtMs: epochMs('When it ends.'),
    detail: nullable(
      wordOf(
        ['retiring', 'temporary', 'renews_itself'],
        '`retiring`: its successor is there · `temporary`: has to be changed · `renews_itself`: nothing is to be done.',
      ),
    ),
    daysLeft: Type.Integer({ description: 'Whole days; below zero when it has ended.' }),
  },
  { $id: 'Expiring' },
);

const json = 'application/json';
const tag = 'Sessions';
const flag = wordOf(['true', 'false']);

export const sessionDescriptions: readonly Description[] = [
  {
    ...{ method: 'GET', path: '/admin/v1/sessions', id: 'listSessions', tag, summary: 'List sessions' },
    text: 'Live sessions, newest first: one’s own, and for who manages the directory anybody’s. Never their tokens.',
    query: {
      user: { schema: Type.String(), text: 'Name: only those of this user.' },
      organisation: { schema: Type.String(), text: 'Uid: only those of users of this organisation.' },
      family: { schema: family, text: 'Only those opened at this door.' },
      everybody: { schema: flag, text: 'Those of everybody.' },
      ended: { schema: flag, text: 'Also those that are over.', example: 'true' },
      ...pageParameters,
    },
    answers: { 200: { text: 'A page of sessions.', content: { [json]: { schema: pageOf('SessionPage', session) } } } },
    refusals: ['identity.user_not_found', 'identity.organisation_not_found'],
  },
  {
    ...{ method: 'DELETE', path: '/admin/v1/sessions/:session', id: 'revokeSession', tag, summary: 'End a session' },
    text: 'Its token is refused from the answer on, by every process.',
    params: {
      session: {
        schema: Type.String({ format: 'uuid' }),
        text: 'Id of the session. A foreign one is answered like one that never was.',
        isRequired: true,
        example: '0190b6a4-b21c-7f0d-8e4a-6d19c5a7e240',
      },
    },
    answers: { 204: { text: 'It is over.' } },
    refusals: ['identity.session_not_found'],
  },
  {
    ...{ method: 'POST', path: '/admin/v1/revocations', id: 'revokeAll', tag, summary: 'Revoke everything issued' },
    text:
      '`self` ends every session of the caller’s account. `user`, `organisation` and `install` refuse everything that ' +
      'was issued before, and with `apiKeys` API keys too. When it is answered, nothing of it is accepted any more.',
    body: {
      [json]: {
        schema: bodyOf('RevocationOrder', revocationOrder, {
          user: 'Name of the user, with `user`.',
          organisation: 'Uid of the organisation, with `organisation`.',
          apiKeys: 'API keys too; not with `self`.',
        }),
        examples: { user: { scope: 'user', user: 'bob', apiKeys: true } },
      },
    },
    answers: { 200: { text: 'What was good until then.', content: { [json]: { schema: revoked } } } },
    refusals: ['identity.user_not_found', 'identity.organisation_not_found'],
  },
  {
    ...{
      method: 'GET',
      path: '/admin/v1/expiring',
      id: 'listExpiring',
      tag: 'Expiring',
      summary: 'List what will end',
    },
    text: 'API keys, passwords, signing keys and certificates, the earliest end first.',
    query: {
      within: {
        schema: Type.String({ pattern: '^[1-9][0-9]{0,3}[hd]$', default: '30d' }),
        text: 'Hours or days.',
        example: '90d',
      },
    },
    answers: {
      200: {
        text: 'All of it.',
        content: { [json]: { schema: Type.Object({ items: Type.Array(expiring) }, { $id: 'ExpiringList' }) } },
      },
    },
    refusals: ['identity.period_invalid'],
  },
];
