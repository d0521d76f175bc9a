/** The atlan family: is a database reachable, what does it hold, is it ready. @module */
import type { Credential } from './credential.js';
import { type CallOptions, type Incoming, type Outgoing, parseJson, type Transport } from './transport.js';

export interface AtlanTarget {
  readonly authType: 'basic' | 'oauth' | 'token';
  readonly host?: string;
  readonly port?: number | string;
  readonly username?: string;
  readonly password?: string;
  readonly database?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface AtlanStage {
  readonly stage: string;
  readonly status: 'pass' | 'fail' | 'warn' | 'skip';
  readonly reason: string | null;
  readonly ms: number;
  readonly evidence: Readonly<Record<string, string | number | boolean>>;
  readonly retryable: boolean;
  readonly audience: string | null;
  readonly field: string | null;
  readonly fix: string | null;
}

/** Whether the database was reached and took the credentials; the typed verdict is there for who may diagnose. */
export interface AtlanVerdict {
  readonly success: boolean;
  readonly message: string;
  readonly data: {
    readonly status: 'success' | 'failed' | 'expired' | 'invalid_credentials';
    readonly message: string;
    readonly outcome?: 'passed' | 'failed';
    readonly engine?: string | null;
    readonly server_version?: string | null;
    readonly stage?: string | null;
    readonly reason?: string | null;
    readonly field?: string | null;
    readonly fix?: string | null;
    readonly total_ms?: number;
    readonly stages?: readonly AtlanStage[];
  };
}

export interface AtlanSchemaRow {
  readonly TABLE_CATALOG: string;
  readonly TABLE_SCHEMA?: string;
}

export interface AtlanCheck {
  readonly success: boolean;
  readonly message: string;
  readonly successMessage: string;
  readonly failureMessage: string;
}

export interface AtlanPreflight {
  readonly success: boolean;
  readonly message: string;
  readonly data: {
    readonly databaseSchemaCheck: AtlanCheck;
    readonly tablesCheck: AtlanCheck;
    readonly versionCheck: AtlanCheck;
  };
  readonly preflight: {
    readonly status: 'ready' | 'partial' | 'not_ready';
    readonly message: string;
    readonly total_duration_ms: number;
    readonly checks: readonly (Readonly<Record<string, unknown>> & {
      readonly name: string;
      readonly status: string;
    })[];
    readonly statements: readonly string[];
  };
}

export interface AtlanOptions extends CallOptions {
  /** Presents a session of another family; absent: what the client presents, which may be nothing on its own machine. */
  readonly as?: { headers(): Promise<Readonly<Record<string, string>>> };
}

/** `{"^database$": ["^schema$"]}`. */
export type AtlanFilter = Readonly<Record<string, readonly string[] | '*'>>;

export interface Atlan {
  /** A database that refuses is an answer, too: look at `success`. */
  test(target: AtlanTarget, options?: AtlanOptions): Promise<AtlanVerdict>;
  /** @throws LatchkeyError with `field` and `fix` where the database cannot be reached. */
  metadata(
    target: AtlanTarget,
    what?: { readonly type?: 'all' | 'database' | 'schema' },
    options?: AtlanOptions,
  ): Promise<readonly AtlanSchemaRow[]>;
  /** @throws LatchkeyError as `metadata` does; failed checks are an answer. */
  preflight(
    target: AtlanTarget,
    filters?: { readonly include?: AtlanFilter; readonly exclude?: AtlanFilter; readonly temporaryTables?: string },
    options?: AtlanOptions,
  ): Promise<AtlanPreflight>;
}

export function createAtlan(transport: Transport, credential: Credential | null): Atlan {
  function ask(path: string, body: object, { as, ...options }: AtlanOptions = {}, besides: Partial<Outgoing> = {}) {
    const presented = as === undefined ? credential : { headers: () => as.headers(), refused: () => false };
    const outgoing = { ...options, method: 'POST', path: `/workflows/v1/${path}`, body, credential: presented };
    return transport.send({ ...outgoing, isRepeatable: false, ...besides });
  }

  return {
    test: async (target, options) => parseJson(await ask('auth', target, options, { isAnswer: isVerdict })),
    async metadata(target, { type = 'all' } = {}, options) {
      return parseJson<{ data: AtlanSchemaRow[] }>(await ask('metadata', { ...target, type }, options)).data;
    },
    async preflight(target, { include = {}, exclude = {}, temporaryTables = '' } = {}, options) {
      const filters = {
        'include-filter': include,
        'exclude-filter': exclude,
        'temp-table-regex': temporaryTables,
      };
      return parseJson(await ask('check', { ...target, metadata: filters }, options));
    },
  };
}

/** A database was asked where there is a verdict about it. */
function isVerdict(_status: number, text: Incoming['text']): boolean {
  try {
    return typeof (JSON.parse(text) as { data?: unknown }).data === 'object';
  } catch {
    return false;
  }
}
