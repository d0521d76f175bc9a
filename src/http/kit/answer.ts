/**
 * What a route answers, before it becomes bytes; and the headers that stand on every answer, errors included.
 *
 * @module
 */

export interface Answer {
  readonly status: number;
  /** With charset. */
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function json(status: number, body: unknown, headers?: Readonly<Record<string, string>>): Answer {
  return answer(status, 'application/json; charset=utf-8', JSON.stringify(body), headers);
}

/** RFC 9457. */
export function problemJson(status: number, body: unknown): Answer {
  return answer(status, 'application/problem+json; charset=utf-8', JSON.stringify(body));
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

/**
 * Headers of every answer. Nothing of ours may be cached, sniffed, framed or named in a Referer; HSTS only where it was
 * TLS that carried the request (RFC 6797 §7.2).
 */
export function standardHeaders(requestId: string, isTls: boolean): Record<string, string> {
  return {
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'x-request-id': requestId,
    ...(isTls ? { 'strict-transport-security': strictTransportSecurity } : {}),
  };
}
