/**
 * What a route answers, before it becomes bytes; and the headers that stand on every answer, errors included.
 *
 * @module
 */

interface AnswerHead {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that is whole before its first byte leaves. */
export interface Answer extends AnswerHead {
  /** With charset; `null` where there is no content (RFC 9110 §15.3.5, §15.4.5). */
  readonly contentType: string | null;
  /** Bytes for what was built or compressed before; text for everything else. */
  readonly body: string | Buffer;
}

/**
 * An answer that is made while it is sent. Pieces are taken as fast as the client takes them and no faster; when it
 * goes away the iterable is returned. What is thrown before the first byte is a refusal like any other; after it the
 * connection is cut without the closing chunk (RFC 9112 §7.1), so that a part is never taken for the whole.
 */
export interface StreamedAnswer extends AnswerHead {
  readonly contentType: string;
  readonly pieces: AsyncIterable<string>;
  /** Every piece is news that somebody waits for: it leaves at once instead of with those that follow. */
  readonly isPrompt?: true;
}

export function json(status: number, body: unknown, headers?: Readonly<Record<string, string>>): Answer {
  return answer(status, 'application/json; charset=utf-8', JSON.stringify(body), headers);
}

/** Done, and there is nothing to say. */
export function noContent(): Answer {
  return { status: 204, contentType: null, body: '' };
}

/** What the client has is what it would get (RFC 9110 §15.4.5). */
export function notModified(headers: Readonly<Record<string, string>>): Answer {
  return { status: 304, contentType: null, body: '', headers };
}

/** RFC 9457. */
export function problemJson(status: number, body: unknown): Answer {
  return answer(status, 'application/problem+json; charset=utf-8', JSON.stringify(body));
}

export function plainText(contentType: string, body: string): Answer {
  return answer(200, contentType, body);
}

export function html(status: number, body: string, headers: Readonly<Record<string, string>>): Answer {
  return answer(status, 'text/html; charset=utf-8', body, headers);
}

/** JSON that was written by hand, where `JSON.stringify` cannot say it. */
export function jsonText(status: number, body: string): Answer {
  return answer(status, 'application/json; charset=utf-8', body);
}

function answer(status: number, contentType: string, body: string, headers?: Readonly<Record<string, string>>): Answer {
  return headers === undefined ? { status, contentType, body } : { status, contentType, body, headers };
}

/** A year, as ASVS 3.4.1 asks. */
const strictTransportSecurity = 'max-age=31536000; includeSubDomains';

/** Nothing of ours may be cached, sniffed, framed or named in a Referer. */
const always = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;
/** Headers of every answer; HSTS only where it was TLS that carried the request (RFC 6797 §7.2). */
export function standardHeaders(requestId: string, isTls: boolean): Record<string, string> {
  return {
    ...always,
    'x-request-id': requestId,
    ...(isTls ? { 'strict-transport-security': strictTransportSecurity } : {}),
  };
}

/** The same, as names and values in turn, with what an answer says of its content. */
export function standardHeaderLines(
  requestId: string,
  isTls: boolean,
  contentType: string | null,
  length: string | null,
): string[] {
  const lines = alwaysLines.slice();
  lines[placeOfRequestId] = requestId;
  if (contentType !== null) lines.push('content-type', contentType);
  if (length !== null) lines.push('content-length', length);
  if (isTls) lines.push('strict-transport-security', strictTransportSecurity);
  return lines;
}

const alwaysLines = Object.entries(standardHeaders('', false)).flat();
const placeOfRequestId = alwaysLines.indexOf('x-request-id') + 1;
