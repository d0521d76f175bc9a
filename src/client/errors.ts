/**
 * What goes wrong, in one shape: refusals of our own API (problem details), of OAuth and of the four families, and what
 * the client itself found out: no answer, too late, cut off. Nothing of a credential is ever in one.
 *
 * @module
 */

export interface LatchkeyFailure {
  /** HTTP status; `null` when no answer came. */
  readonly status: number | null;
  /**
   * Our own API: the stable code. OAuth: `error`. Atlan: the reason, else `error`. CloudIO: the title. OneDB: the id.
   * The client itself: `client.unreachable`, `client.timeout`, `client.answer_cut`, `client.answer_unreadable`,
   * `client.signed_out`. `null` where the family has none.
   */
  readonly code: string | null;
  /** The field, column or parameter that is to blame. */
  readonly field: string | null;
  /** One sentence: what to do. */
  readonly fix: string | null;
  /** What the operator finds it by in the log. */
  readonly requestId: string | null;
  /** How long to wait before asking again. */
  readonly retryAfterSeconds: number | null;
}

/** Every failure of this client. The message is the answer's own sentence. */
export class LatchkeyError extends Error implements LatchkeyFailure {
  override readonly name = 'LatchkeyError';
  readonly status: number | null;
  readonly code: string | null;
  readonly field: string | null;
  readonly fix: string | null;
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;

  constructor(message: string, failure: Partial<LatchkeyFailure>, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = failure.status ?? null;
    this.code = failure.code ?? null;
    this.field = failure.field ?? null;
    this.fix = failure.fix ?? null;
    this.requestId = failure.requestId ?? null;
    this.retryAfterSeconds = failure.retryAfterSeconds ?? null;
  }
}

/** A failure that the client found out by itself. */
export function clientError(code: string, message: string, cause?: unknown): LatchkeyError {
  return new LatchkeyError(message, { code: `client.${code}` }, cause);
}

/** A refusal as it was answered, whichever family did. */
export function refusalOf(status: number, headers: Headers, text: string): LatchkeyError {
  const body = objectOf(text);
  const data = isObject(body['data']) ? body['data'] : {};
  const [fault] = Array.isArray(body['detail']) ? body['detail'] : [];
  const about = isObject(fault) ? fault : {};
  const isCloudio = body['status'] === 'ERROR';
  const number = body['id'];
  const message =
    firstText(body['message'], body['error_description'], body['detail'], body['title']) ?? `The answer was ${status}.`;
  return new LatchkeyError(message, {
    status,
    code: isCloudio
      ? textOr(body['title'])
      : (firstText(body['code'], body['reason'], body['error']) ?? (typeof number === 'number' ? `${number}` : null)),
    field: firstText(body['field'], data['field'], about['field']),
    fix: firstText(body['fix'], data['fix'], about['message']),
    requestId: firstText(body['requestId'], headers.get('x-request-id')),
    retryAfterSeconds: secondsOf(headers.get('retry-after')),
  });
}

type JsonObject = Record<string, unknown>;

function objectOf(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOr(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function firstText(...values: readonly unknown[]): string | null {
  return values.map(textOr).find((text) => text !== null) ?? null;
}

function secondsOf(header: string | null): number | null {
  return header !== null && /^\d{1,9}$/.test(header) ? Number(header) : null;
}
