/**
 * From whatever was thrown to an answer: an error of ours goes to the family as it is, everything else becomes one
 * generic fault of which only the log learns more.
 *
 * @module
 */
import { AppError } from '../../kernel/errors.js';
import { httpErrors } from '../errors.js';
import type { Answer } from './answer.js';
import type { ErrorContext, Family } from './family.js';

/** Codes of the framework that say something about the request. Everything else it throws is our own fault. */
const frameworkErrors: Readonly<Record<string, () => AppError>> = {
  FST_ERR_BAD_URL: httpErrors.url_malformed,
  FST_ERR_MAX_PARAM_LENGTH: httpErrors.not_found,
};

export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  const known = typeof code === 'string' && Object.hasOwn(frameworkErrors, code) ? frameworkErrors[code] : undefined;
  return known?.() ?? httpErrors.fault({ cause: thrown });
}

/** Refusals after which the connection cannot be used again: what follows on it was never read. */
const closing = new Set<string>([
  httpErrors.body_too_large.code,
  httpErrors.request_malformed.code,
  httpErrors.request_timeout.code,
  httpErrors.headers_too_large.code,
  httpErrors.expectation_unsupported.code,
  httpErrors.draining.code,
]);

/**
 * The family's answer, with the headers that the meaning of the refusal asks for: `Allow`, `Retry-After`,
 * `WWW-Authenticate`, `Connection`.
 */
export function refusalAnswer(family: Family, error: AppError, context: ErrorContext): Answer {
  const answer = family.presentError(error, context);
  const headers: Record<string, string> = { ...answer.headers };
  if (error.code === httpErrors.method_not_allowed.code) headers['allow'] = error.details.allow?.join(', ') ?? '';
  if (answer.status === 401) headers['www-authenticate'] ??= 'Bearer';
  if (answer.status === 503 || answer.status === 429) {
    headers['retry-after'] = String(Math.max(1, Math.ceil(error.details.retryAfterSeconds ?? 1)));
  }
  if (closing.has(error.code)) headers['connection'] = 'close';
  return { ...answer, headers };
}

/** Rooms whose refusals speak to the operator: which of them it was is in the log, not in an answer. */
const inwardRooms = /^(?:store|secrets|audit)\./;

/** The sentence of a refusal alone. What the caller sent wrong is the caller's to know, whichever room noticed. */
export function plainSentenceOf(error: AppError): string {
  const isInward = inwardRooms.test(error.code) && error.kind !== 'invalid_input';
  return isInward ? 'The service cannot do this at the moment. Try again shortly.' : error.message;
}

/** The sentence of a refusal with the field it is about; all of it is ours, nothing the caller sent is in it. */
export function sentenceOf(error: AppError): string {
  const field = error.details.field === undefined ? '' : ` Field: ${error.details.field}.`;
  const fix = error.details.fix === undefined ? '' : ` ${error.details.fix}`;
  return `${plainSentenceOf(error)}${field}${fix}`;
}
