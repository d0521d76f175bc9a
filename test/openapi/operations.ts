/** The document as the tests of it read it. @module */

export interface Media {
  readonly schema: object;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

export interface Answered {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, Media>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly example?: unknown;
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Answered>>;
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly responses: Readonly<Record<string, Answered>>;
  };
}

export interface Listed {
  readonly id: string;
  readonly method: string;
  /** With its parts in braces. */
  readonly path: string;
  /** As it is declared. */
  readonly route: string;
  readonly security: Operation['security'];
  readonly operation: Operation;
}

export function operationsOf({ paths }: Document): Listed[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      id: operation.operationId,
      method: method.toUpperCase(),
      path,
      route: path.replace(/\{path\}$/, '*').replaceAll(/\{(\w+)\}/g, ':$1'),
      security: operation.security,
      operation,
    })),
  );
}
