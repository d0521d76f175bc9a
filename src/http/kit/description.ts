/**
 * What a route is for, in words and shapes: the source of `/openapi.json`, of the API reference and of the console's
 * client. Descriptions are data beside the routes they describe and are loaded when somebody asks for the document; the
 * path of a request never touches them. Who may call is not said here: that is read from the declaration of the route.
 *
 * @module
 */
import type { TSchema } from 'typebox';
import type { Method } from './route.js';

/** A named value that a test sends, or sees answered: real, never a placeholder. */
export type Examples = Readonly<Record<string, unknown>>;

export interface DescribedParameter {
  readonly schema: TSchema;
  /** One sentence. */
  readonly text: string;
  readonly isRequired?: true;
  readonly example?: unknown;
}

export interface DescribedContent {
  readonly schema: TSchema;
  readonly examples?: Examples;
}

export interface DescribedAnswer {
  /** When this is what comes back: one sentence. */
  readonly text: string;
  /** By media type; absent where the answer has no content. */
  readonly content?: Readonly<Record<string, DescribedContent>>;
  readonly headers?: Readonly<Record<string, DescribedParameter>>;
}

export interface Description {
  readonly method: Method;
  /** As declared: `/admin/v1/roles/:role`. */
  readonly path: string;
  /** Unique over the document, camel case, verb first: `listRoles`. */
  readonly id: string;
  /** Heading under which the reference shows it. */
  readonly tag: string;
  /** At most 60 characters, no full stop. */
  readonly summary: string;
  /** Markdown. */
  readonly text?: string;
  readonly params?: Readonly<Record<string, DescribedParameter>>;
  readonly query?: Readonly<Record<string, DescribedParameter>>;
  readonly headers?: Readonly<Record<string, DescribedParameter>>;
  /** By media type. */
  readonly body?: Readonly<Record<string, DescribedContent>>;
  readonly isBodyOptional?: true;
  /**
   * What it does when it works, and refusals of its own shape, by status. Refusals that any route of the family may
   * answer (400, 401, 403, 413, 503 …) are added by the document.
   */
  readonly answers: Readonly<Record<number, DescribedAnswer>>;
  /**
   * Codes of further refusals that a caller should be ready for: `identity.role_name_taken`. Status, shape and example
   * are the family's own rendering of them.
   */
  readonly refusals?: readonly string[];
  /**
   * A route open to anyone that reads the login itself out of `Authorization`: `Token base64(name:password)`, or Basic.
   */
  readonly signIn?: 'token' | 'basic';
}
