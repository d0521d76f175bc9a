/**
 * The cloudio family in words, for the document; what `/v1/api` takes stands in `description-schemas.ts`. An answer's
 * example of the same name as a body's is what comes back for it.
 *
 * @module
 */
import Type from 'typebox';
import type { DescribedParameter, Description } from '../../kit/description.js';
import { apiAnswer, apiBody } from './description-schemas.js';

const tag = 'CloudIO';
const closed = { additionalProperties: false } as const;

/** What every refusal of the family looks like; `code` is the HTTP status. */
export const cloudioErrorSchema = Type.Object(
  { code: Type.Integer(), status: Type.Literal('ERROR'), title: Type.String(), message: Type.String() },
  closed,
);

const refused = (text: string, name: string, code: number, title: string, message: string) => ({
  text,
  content: {
    'application/json': { schema: cloudioErrorSchema, examples: { [name]: { code, status: 'ERROR', title, message } } },
  },
});

const ok = {
  text: 'Done.',
  content: {
    'application/json': {
      schema: Type.Object({ status: Type.Literal('OK') }, closed),
      examples: { done: { status: 'OK' } },
    },
  },
};

const csrf = {
  query: {
    csrf: {
      schema: Type.String(),
      text: 'The `csrf` of the sign-in; or `X-CSRF-Token`. One of the two is needed.',
      example: '29f567c3-b2b7-4097-b478-52651b3ba91c',
    },
  },
  headers: {
    'X-CSRF-Token': { schema: Type.String(), text: 'The `csrf` of the sign-in, where it is not in the query.' },
  },
} as const satisfies Record<string, Readonly<Record<string, DescribedParameter>>>;

const status = (method: 'GET' | 'POST', id: string, summary: string): Description => ({
  method,
  path: '/v1/status',
  id,
  tag,
  summary,
  answers: {
    200: { ...ok, text: 'It does.' },
    503: refused('Its store does not answer.', 'down', 503, 'Service Unavailable', 'The service is not ready.'),
  },
});

const anything = { 'application/json': { schema: Type.Object({}), examples: { empty: {} } } };

const denied = 'Access Denied - You are not allowed to do this.';

export const cloudioDescriptions: readonly Description[] = [
  {
    method: 'POST',
    path: '/v1/auth',
    id: 'authenticateCloudio',
    signIn: 'token',
    tag,
    summary: 'Sign in a service account',
    text:
      'Name and password come as `Authorization: Token base64(username:password)`; the header may be called ' +
      '`Authentication`. `jwt` and `csrf` of the answer go with every other call. The session lives for 12 hours and ' +
      'ends after 60 minutes without use; both are settings.',
    headers: {
      Authentication: {
        schema: Type.String(),
        text: '`Token` and the base64 of `username:password`, where `Authorization` is not sent.',
        example: 'Token c3RldmU6c3RldmUtZGVtby1zZWNyZXQ=',
      },
    },
    body: anything,
    isBodyOptional: true,
    answers: {
      200: {
        text: 'Signed in.',
        content: {
          'application/json': {
            schema: Type.Object(
              {
                orgUid: Type.String(),
                sessionId: Type.String({ format: 'uuid' }),
                userName: Type.String(),
                displayName: Type.String(),
                emailAddress: Type.String({ description: 'Empty where none is known.' }),
                csrf: Type.String({ description: 'For `?csrf=` or `X-CSRF-Token`.' }),
                jwt: Type.String({ description: 'For `Authorization: Bearer`.' }),
                status: Type.Literal('OK'),
              },
              closed,
            ),
            examples: {
              empty: {
                orgUid: 'cloudio',
                sessionId: 'e5f5593b-3b19-4be0-921b-2c4fd3528425',
                userName: 'steve',
                displayName: 'Steve',
                emailAddress: 'name@cloudio.io',
                csrf: '29f567c3-b2b7-4097-b478-52651b3ba91c',
                jwt: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...',
                status: 'OK',
              },
            },
          },
        },
      },
      403: refused(
        'No header, or a wrong name or password.',
        'wrongPassword',
        403,
        'Access Denied',
        'Access Denied - Invalid username and/or password!',
      ),
    },
  },
  status('GET', 'getStatusCloudio', 'Ask whether the service answers'),
  status('POST', 'postStatusCloudio', 'Ask whether the service answers, by POST'),
  {
    method: 'POST',
    path: '/v1/signout',
    id: 'signOutCloudio',
    tag,
    summary: 'End the session',
    ...csrf,
    answers: { 200: { ...ok, text: 'Ended.' } },
  },
  {
    method: 'POST',
    path: '/v1/api',
    id: 'callApiCloudio',
    tag,
    summary: 'Query and post under grants',
    text:
      'An object of aliases of the caller’s own, each with a data source and either a query or rows. Posts come first ' +
      'and are one transaction over all aliases, all or nothing; then come the queries. Rows to change or remove name ' +
      'their primary key and `lastUpdateDate` as it was read: another version is 409. A data source that is unknown, not ' +
      'granted, or granted without the operation is one answer.',
    ...csrf,
    body: { 'application/json': apiBody },
    answers: {
      200: { text: 'Every alias, in the order sent.', content: { 'application/json': apiAnswer } },
      400: refused(
        'The shape, an attribute, an operator or a value is wrong.',
        'unknownAttribute',
        400,
        'Invalid Request',
        'There is no such attribute, or it may not be used. Field: nickname. Attributes are columns in camelCase: ' +
          'LAST_UPDATE_DATE is lastUpdateDate.',
      ),
      403: refused('No such data source for this account.', 'notGranted', 403, 'Access Denied', denied),
      409: refused(
        'Somebody else changed or removed the row.',
        'changedMeanwhile',
        409,
        'Conflict',
        'Record has been changed or deleted meanwhile. Query it again, then repeat the change.',
      ),
      504: refused(
        'The database did not finish in time.',
        'tooSlow',
        504,
        'Timeout',
        'The database did not finish the statement in its time.',
      ),
    },
  },
];
