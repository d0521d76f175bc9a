/**
 * The onedb family in words, for the document. An answer's example of the same name as a body's is what comes back for
 * it.
 *
 * @module
 */
import Type, { type TSchema } from 'typebox';
import type { DescribedParameter, Description } from '../../kit/description.js';
import { maxItems } from './schemas.js';

const tag = 'OneDB';
const closed = { additionalProperties: false } as const;

/** What every refusal of the family looks like; `id` is there at sign-in only. */
export const onedbErrorSchema = Type.Object(
  {
    id: Type.Optional(Type.Integer({ description: 'At sign-in: 11 refused, 12 not usable, 13 not now.' })),
    message: Type.String(),
    success: Type.Literal(false),
  },
  closed,
);

const signInRefusal = Type.Object(
  { id: Type.Integer({ minimum: 11, maximum: 13 }), message: Type.String(), success: Type.Literal(false) },
  closed,
);

const refusedAtSignIn = (text: string, name: string, id: number, message: string) => ({
  text,
  content: { 'application/json': { schema: signInRefusal, examples: { [name]: { id, message, success: false } } } },
});

const headers: Readonly<Record<string, DescribedParameter>> = {
  'X-Request-ID': {
    schema: Type.String({ maxLength: 128 }),
    text: 'The caller’s own name for the request: printable ASCII, echoed, and the id in log and audit trail.',
    example: 'order-2026-11-0001',
  },
};

const mode: Readonly<Record<string, DescribedParameter>> = {
  single: { schema: Type.String(), text: 'Without a value: the body is one item.' },
  multiple: { schema: Type.String(), text: 'Without a value: the body is a list of items.' },
};

const trxId = Type.Integer({ description: 'Any integer, echoed unchanged however large.' });
const text = (description: string) => Type.String({ description });

const itemResult = Type.Object(
  {
    trxId: Type.Union([Type.Integer(), Type.Null()]),
    success: Type.Literal(false),
    message: Type.String(),
  },
  closed,
);

function vault(path: string, id: string, summary: string, what: string, sample: string, item: TSchema): Description {
  const one = { trxId: 1, templateName: 'App_With_Masking', [what]: sample };
  const failed = { trxId: 1, success: false, message: 'Invalid template name!' };
  return {
    method: 'POST',
    path,
    id,
    tag,
    summary,
    text:
      'Neither `single` nor `multiple`: the body decides. What is wrong with an item is said in its own result, with ' +
      '200. No template exists in this version, so every item is told that its template is not known.',
    query: mode,
    headers,
    body: {
      'application/json': {
        schema: Type.Union([item, Type.Array(item, { maxItems })]),
        examples: { one, several: [one, { ...one, trxId: 2 }] },
      },
    },
    answers: {
      200: {
        text: 'One result for each item, in the order sent; a list where a list was sent.',
        content: {
          'application/json': {
            schema: Type.Union([itemResult, Type.Array(itemResult)]),
            examples: { one: failed, several: [failed, { ...failed, trxId: 2 }] },
          },
        },
      },
    },
  };
}

export const onedbDescriptions: readonly Description[] = [
  {
    method: 'POST',
    path: '/api/authenticate',
    id: 'authenticateOnedb',
    tag,
    summary: 'Sign in with a name and a password',
    text: 'Answers a bearer token that is good for five hours, whatever is done with it. Then sign in again.',
    headers,
    body: {
      'application/json': {
        schema: Type.Object({
          username: Type.String({ minLength: 1 }),
          password: Type.String({ minLength: 1, format: 'password' }),
        }),
        examples: {
          program: { username: 'api', password: 'api' },
          wrongPassword: { username: 'api', password: 'wrong' },
        },
      },
    },
    answers: {
      200: {
        text: 'Signed in.',
        content: {
          'application/json': {
            schema: Type.Object(
              {
                id: Type.Literal(10),
                message: Type.Literal('Token has been generated!'),
                success: Type.Literal(true),
                token: Type.String({ description: 'For `Authorization: Bearer`.' }),
              },
              closed,
            ),
            examples: {
              program: {
                id: 10,
                message: 'Token has been generated!',
                success: true,
                token: 'eyJhbGciOiJIUzUxMiJ9...',
              },
            },
          },
        },
      },
      400: refusedAtSignIn('A field is missing or no text.', 'incomplete', 12, 'Username and password are required'),
      401: refusedAtSignIn('The name or the password is wrong.', 'wrongPassword', 11, 'Invalid username or password'),
      429: refusedAtSignIn(
        'Too many wrong passwords; see `Retry-After`.',
        'tooMany',
        13,
        'Too many wrong passwords. Try again later.',
      ),
      503: refusedAtSignIn('Not now; see `Retry-After`.', 'busy', 13, 'The service is not ready.'),
    },
  },
  vault(
    '/api/v1/tokenize',
    'tokenizeOnedb',
    'Tokenize one value or several',
    'data',
    '4111-2222-3333-4444',
    Type.Object({ trxId, templateName: text('Which key and masking.'), data: text('What to tokenize.') }),
  ),
  vault(
    '/api/v1/detokenize',
    'detokenizeOnedb',
    'Get one value or several back',
    'token',
    '3324-1991-5516-0208',
    Type.Object({ trxId, templateName: text('Which key and masking.'), token: text('What tokenize answered.') }),
  ),
];
