/** Health, setup, verification, figures and published keys in words, for the document. @module */
import Type, { type TSchema } from 'typebox';
import { actions, credentialKinds } from '../../access/index.js';
import type { DescribedAnswer, Description } from '../kit/description.js';

const closed = { additionalProperties: false } as const;
const tags = { service: 'Service', setup: 'First start', verify: 'Verification' } as const;

const status = (text: string, word: string): DescribedAnswer => ({
  text,
  content: {
    'application/json': {
      schema: Type.Object({ status: Type.Literal(word) }, closed),
      examples: { [word]: { status: word } },
    },
  },
});

const page = (text: string): DescribedAnswer => ({ text, content: { 'text/html': { schema: Type.String() } } });

const setupCode = {
  code: { schema: Type.String(), text: 'From the link that the first start prints.', example: 'used-up-code' },
} as const;

const told = (text: string, example: string, schema: TSchema = Type.String()) => ({ schema, text, example });

const publicKey = Type.Object(
  {
    kid: Type.String(),
    use: Type.Literal('sig'),
    alg: Type.String(),
    kty: Type.String(),
    crv: Type.Optional(Type.String()),
    x: Type.Optional(Type.String()),
    y: Type.Optional(Type.String()),
    n: Type.Optional(Type.String()),
    e: Type.Optional(Type.String()),
  },
  closed,
);

export const openDescriptions: readonly Description[] = [
  {
    method: 'GET',
    path: '/livez',
    id: 'getLiveness',
    tag: tags.service,
    summary: 'Ask whether the process answers',
    answers: { 200: status('It does; nothing is said about what stands behind it.', 'ok') },
  },
  {
    method: 'GET',
    path: '/readyz',
    id: 'getReadiness',
    tag: tags.service,
    summary: 'Ask whether the service can work',
    text: '503 while its store does not answer, and while it stops.',
    answers: { 200: status('It can.', 'ready') },
  },
  {
    method: 'GET',
    path: '/metrics',
    id: 'getMetrics',
    tag: tags.service,
    summary: 'Read the figures of the service',
    text: 'In Prometheus’ text format. Callers on the machine itself need no credential.',
    answers: {
      200: {
        text: 'Every figure.',
        content: {
          'text/plain': {
            schema: Type.String(),
            examples: {
              requests: 'latchkey_http_requests_total{family="native",route="/livez",status="2xx"} 1\n',
            },
          },
        },
      },
    },
  },
  {
    method: 'GET',
    path: '/.well-known/jwks.json',
    id: 'getPublishedKeys',
    tag: tags.verify,
    summary: 'Get the keys our access tokens verify with',
    text: 'RFC 7517. May be kept for as long as `Cache-Control` says; a key is published before it signs.',
    answers: {
      200: {
        text: 'Public keys; none before the first token was issued.',
        headers: { 'Cache-Control': told('How long it may be kept.', 'public, max-age=300') },
        content: {
          'application/json': {
            schema: Type.Object({ keys: Type.Array(publicKey) }, closed),
            examples: {
              one: {
                keys: [
                  {
                    kid: 'e41eb749-3514-4497-b41b-6fbb2f23f58a',
                    use: 'sig',
                    alg: 'EdDSA',
                    kty: 'OKP',
                    crv: 'Ed25519',
                    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
                  },
                ],
              },
            },
          },
        },
      },
    },
  },
  {
    method: 'GET',
    path: '/verify',
    id: 'verifyCredential',
    tag: tags.verify,
    summary: 'Ask who a credential belongs to',
    text:
      'For proxies: nginx’ `auth_request`, forward-auth of Traefik and Caddy. Takes every kind of credential where any ' +
      'family has it. Values are percent-encoded UTF-8.',
    query: {
      role: { schema: Type.String(), text: 'Roles with commas between, one of which is needed.', example: 'member' },
      action: {
        schema: Type.String(),
        text: `Actions with commas between, every one of which is needed: ${actions.join(', ')}.`,
        example: 'data.use',
      },
    },
    answers: {
      200: {
        text: 'It is good, and has what was asked for.',
        headers: {
          'X-Latchkey-User': told('User name.', 'steve'),
          'X-Latchkey-User-Id': told('Id of the user.', '89bbae5d-88ad-41ab-ba0c-a0e5d308e58e'),
          'X-Latchkey-Organisation': told('Uid of the organisation.', 'cloudio'),
          'X-Latchkey-Roles': told('Roles with commas between; absent where they are left out.', 'member'),
          'X-Latchkey-Roles-Omitted': told(
            'How many roles there are, where their names would be longer than 2,048 characters; absent elsewhere.',
            '1000',
          ),
          'X-Latchkey-Credential': told('What was presented.', 'cloudio_session', Type.Enum([...credentialKinds])),
        },
      },
    },
  },
  {
    method: 'GET',
    path: '/setup/:code',
    id: 'showSetup',
    tag: tags.setup,
    summary: 'Open the form for the first administrator',
    text: 'Opening it uses nothing up.',
    params: setupCode,
    answers: {
      200: page('The form, while there is no administrator.'),
      404: page('There is an administrator already.'),
    },
  },
  {
    method: 'POST',
    path: '/setup/:code',
    id: 'completeSetup',
    tag: tags.setup,
    summary: 'Make the first administrator',
    params: setupCode,
    body: {
      'application/x-www-form-urlencoded': {
        schema: Type.Object({
          username: Type.String(),
          password: Type.String({ format: 'password' }),
          confirm: Type.String({ format: 'password' }),
        }),
        examples: {
          usedUp: {
            username: 'ada',
            password: 'quiet river stone bridge lantern',
            confirm: 'quiet river stone bridge lantern',
          },
          notTheSame: { username: 'ada', password: 'quiet river stone bridge lantern', confirm: 'quiet river' },
        },
      },
    },
    answers: {
      200: page('Made; the link is used up.'),
      400: page('The form again, with what to mend.'),
      404: page('The link was used, is too old, or was replaced by a newer one.'),
    },
  },
];
