/** A refusal of our own API as a shape: problem details (RFC 9457); `errors.ts` fills it. @module */
import Type from 'typebox';

export const problemMembers = {
  type: Type.Literal('about:blank'),
  title: Type.String({ description: 'The phrase of the status.' }),
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  detail: Type.String({ description: 'One sentence for a person; nothing that was sent is in it.' }),
  code: Type.String({
    pattern: '^[a-z]+\\.[a-z0-9_]+$',
    description: 'Stable for ever; what a program decides by.',
    examples: ['identity.unauthenticated'],
  }),
  requestId: Type.Union([Type.String(), Type.Null()], { description: 'Also in `X-Request-Id`, and in the log.' }),
  field: Type.Optional(Type.String({ description: 'The member or parameter it is about.' })),
  fix: Type.Optional(Type.String({ description: 'One sentence: what to do.' })),
};

export const problem = Type.Object(
  {
    ...problemMembers,
    errors: Type.Optional(
      Type.Array(Type.Object({ field: Type.String(), reason: Type.String(), fix: Type.String() }), {
        description: 'Every member of a target that is wrong, where there are several.',
      }),
    ),
  },
  { $id: 'Problem', description: 'A refusal: problem details (RFC 9457) with a stable code.' },
);
