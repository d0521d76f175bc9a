import { STATUS_CODES } from 'node:http';
import { describe, expect, it } from 'vitest';
import { AppError, describeErrors, errorKinds } from '../../kernel/errors.js';
import { httpErrors } from '../errors.js';
import { presentError } from './errors.js';

/** Node still says what RFC 7231 called it; the client that went away has no standard status. */
const phrases: Readonly<Record<number, string | undefined>> = {
  ...STATUS_CODES,
  413: 'Content Too Large',
  499: 'Cancelled',
};

describe('problems of our own API', () => {
  const refusals = [
    ...errorKinds.map((kind) => new AppError(kind, `any.${kind}`, 'A sentence.')),
    ...describeErrors(httpErrors).map(({ code, definition }) => new AppError(definition.kind, code, 'A sentence.')),
  ];

  it.each(refusals.map((error) => [error.code, error] as const))(
    'are titled with the phrase of the status they have: %s',
    (_code, error) => {
      const { status, body } = presentError(error, { requestId: 'r', path: '/' });
      const problem = JSON.parse(String(body)) as { title: unknown; status: unknown };
      expect(problem).toMatchObject({ title: phrases[status], status });
      expect(problem.title).toEqual(expect.any(String));
    },
  );
});
