/**
 * OAuth 2.0 in words, for the document. An answer's example of the same name as a body's is what comes back for it.
 *
 * @module
 */
import Type from 'typebox';
import { actions } from '../../access/index.js';
import type { DescribedContent, Description } from '../kit/description.js';

const tag = 'OAuth 2.0';
const closed = { additionalProperties: false } as const;

const errors = [
  ...['invalid_request', 'invalid_client', 'unsupported_grant_type', 'invalid_scope', 'insufficient_scope'],
  ...['temporarily_unavailable', 'server_error'],
];

/** What every refusal of the family looks like (RFC 6749 §5.2). */
export const oauthErrorSchema = Type.Object({ error: Type.Enum(errors), error_description: Type.String() }, closed);

const refused = (text: string, name: string, error: string, sentence: string) => ({
  text,
  content: {
    'application/json': {
      schema: oauthErrorSchema,
      examples: { [name]: { error, error_description: sentence } },
    },
  },
});

const scope = Type.String({ description: 'Actions, with spaces between.' });

const tokenForm: DescribedContent = {
  schema: Type.Object({
    grant_type: Type.Literal('client_credentials'),
    client_id: Type.Optional(Type.String({ description: 'The user name, where it does not come by Basic.' })),
    client_secret: Type.Optional(Type.String({ format: 'password', description: 'The password, likewise.' })),
    scope: Type.Optional(scope),
  }),
  examples: {
    everything: { grant_type: 'client_credentials', client_id: 'steve', client_secret: 'steve-demo-secret' },
    narrowed: {
      grant_type: 'client_credentials',
      client_id: 'steve',
      client_secret: 'steve-demo-secret',
      scope: 'data.use',
    },
    wrongSecret: { grant_type: 'client_credentials', client_id: 'steve', client_secret: 'wrong' },
    unknownScope: {
      grant_type: 'client_credentials',
      client_id: 'steve',
      client_secret: 'steve-demo-secret',
      scope: 'everything',
    },
  },
};

const judgedForm = (name: string): DescribedContent => ({
  schema: Type.Object({
    token: Type.String({ description: 'A token or an API key.' }),
    token_type_hint: Type.Optional(Type.String({ description: 'Taken and not looked at.' })),
  }),
  examples: { [name]: { token: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.e30.c2ln' } },
});

const token = (granted: string) => ({
  access_token: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9...',
  token_type: 'Bearer',
  expires_in: 900,
  scope: granted,
});

const introspected = Type.Union([
  Type.Object({ active: Type.Literal(false) }, closed),
  Type.Object(
    {
      active: Type.Literal(true),
      scope,
      client_id: Type.String(),
      username: Type.String(),
      token_type: Type.Literal('Bearer'),
      exp: Type.Optional(Type.Integer({ description: 'Seconds since the epoch; absent where it has no end.' })),
      iat: Type.Integer({ description: 'Seconds since the epoch.' }),
      sub: Type.String(),
      sources: Type.Optional(Type.Array(Type.String(), { description: 'Ids, where a key is narrowed to some.' })),
    },
    closed,
  ),
]);

const metadata = Type.Object(
  {
    issuer: Type.String(),
    token_endpoint: Type.String(),
    jwks_uri: Type.String(),
    introspection_endpoint: Type.String(),
    revocation_endpoint: Type.String(),
    scopes_supported: Type.Array(Type.String()),
    response_types_supported: Type.Array(Type.String()),
    grant_types_supported: Type.Array(Type.String()),
    token_endpoint_auth_methods_supported: Type.Array(Type.String()),
    introspection_endpoint_auth_methods_supported: Type.Array(Type.String()),
    revocation_endpoint_auth_methods_supported: Type.Array(Type.String()),
  },
  closed,
);

const judging = ['client_secret_basic', 'Bearer'];
const issuer = 'https://latchkey.example';

export const oauthDescriptions: readonly Description[] = [
  {
    method: 'POST',
    path: '/oauth/token',
    id: 'grantToken',
    tag,
    summary: 'Get an access token for a service account',
    text:
      'The client credentials grant (RFC 6749 §4.4). Name and password come by Basic, form-encoded first, or in the body, ' +
      'not both. The token is good for 15 minutes and for what the account may do, or for less where `scope` says so.',
    body: { 'application/x-www-form-urlencoded': tokenForm },
    answers: {
      200: {
        text: 'A token for `Authorization: Bearer`.',
        content: {
          'application/json': {
            schema: Type.Object(
              {
                access_token: Type.String(),
                token_type: Type.Literal('Bearer'),
                expires_in: Type.Integer({ description: 'Seconds.' }),
                scope,
              },
              closed,
            ),
            examples: {
              everything: token('connections.test api_keys.manage_own data.use vault.use'),
              narrowed: token('data.use'),
            },
          },
        },
        headers: { Pragma: { schema: Type.Literal('no-cache'), text: 'As RFC 6749 §5.1 asks.' } },
      },
      400: refused('The request is not usable.', 'unknownScope', 'invalid_scope', 'A scope is not known.'),
      401: refused(
        'The name or the password is wrong; people get no token here.',
        'wrongSecret',
        'invalid_client',
        'Incorrect credentials.',
      ),
    },
  },
  {
    method: 'POST',
    path: '/oauth/introspect',
    id: 'introspectToken',
    tag,
    summary: 'Ask whether a token or key is good',
    text: 'RFC 7662. What is none, or none the caller may ask about, is `{"active": false}` and nothing more.',
    body: { 'application/x-www-form-urlencoded': judgedForm('unknown') },
    answers: {
      200: {
        text: 'What it is good for.',
        content: {
          'application/json': {
            schema: introspected,
            examples: {
              unknown: { active: false },
              good: {
                active: true,
                scope: 'data.use',
                client_id: '89bbae5d-88ad-41ab-ba0c-a0e5d308e58e',
                username: 'steve',
                token_type: 'Bearer',
                exp: 1777163007,
                iat: 1777162107,
                sub: '89bbae5d-88ad-41ab-ba0c-a0e5d308e58e',
              },
            },
          },
        },
      },
    },
  },
  {
    method: 'POST',
    path: '/oauth/revoke',
    id: 'revokeToken',
    tag,
    summary: 'End a token’s session, or delete a key',
    text: 'RFC 7009. One’s own, or anybody’s for who manages the directory.',
    body: { 'application/x-www-form-urlencoded': judgedForm('unknown') },
    answers: { 200: { text: 'It is worth nothing now, or never was.' } },
  },
  {
    method: 'GET',
    path: '/.well-known/oauth-authorization-server',
    id: 'getAuthorizationServer',
    tag,
    summary: 'See what is offered, by RFC 8414',
    text: 'Addresses are those of `publicUrl`; no header of a request has a say in them.',
    answers: {
      200: {
        text: 'What is offered.',
        content: {
          'application/json': {
            schema: metadata,
            examples: {
              standard: {
                issuer,
                token_endpoint: `${issuer}/oauth/token`,
                jwks_uri: `${issuer}/.well-known/jwks.json`,
                introspection_endpoint: `${issuer}/oauth/introspect`,
                revocation_endpoint: `${issuer}/oauth/revoke`,
                scopes_supported: actions,
                response_types_supported: [],
                grant_types_supported: ['client_credentials'],
                token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
                introspection_endpoint_auth_methods_supported: judging,
                revocation_endpoint_auth_methods_supported: judging,
              },
            },
          },
        },
      },
    },
  },
];
