/** What the server says when it says no: problem details (RFC 9457) with a stable code. @module */

export interface ProblemDetails {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly field?: string;
  readonly fix?: string;
  readonly requestId?: string;
  /** Where several fields are wrong: all of them; `field` is the first. */
  readonly errors?: readonly FieldFault[];
}

export interface FieldFault {
  readonly field: string;
  readonly fix: string;
}

/** A refusal, or the network's failure to bring one: thrown by {@link unwrap}, shown by `ProblemAlert`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  /** Stable: `identity.username_taken`; `console.unreachable` where no answer came. */
  readonly code: string;
  readonly field: string | undefined;
  readonly fix: string | undefined;
  readonly requestId: string | undefined;
  readonly errors: readonly FieldFault[];

  constructor(details: ProblemDetails, options?: ErrorOptions) {
    super(details.detail, options);
    this.status = details.status;
    this.code = details.code;
    this.field = details.field;
    this.fix = details.fix;
    this.requestId = details.requestId;
    this.errors = details.errors ?? [];
  }
}

/** Whatever was thrown, as a problem. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  return new Problem(
    {
      status: 0,
      code: 'console.unreachable',
      detail: 'The server did not answer.',
      fix: 'Check that it runs and that this machine reaches it, then try again.',
    },
    { cause: thrown },
  );
}

/** A refusal's body as a problem; a body that is none (a proxy's page) becomes one that says so. */
export function problemFrom(response: Response, body: unknown): Problem {
  if (isProblemDetails(body)) return new Problem(body);
  return new Problem({
    status: response.status,
    code: 'console.unexpected_answer',
    detail: `Something between here and the server answered with status ${response.status}.`,
  });
}

function isProblemDetails(body: unknown): body is ProblemDetails {
  return (
    typeof body === 'object' &&
    body !== null &&
    'code' in body &&
    typeof body.code === 'string' &&
    'detail' in body &&
    typeof body.detail === 'string'
  );
}
