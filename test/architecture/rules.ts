/**
 * The floor plan as data: which room may import which, which rooms are open, who may use which third-party word, and
 * where the few things may happen that happen in one place only. The checks beside this file only execute it.
 *
 * @module
 */

/** Room (a folder of `src/`, or a file beside them) → rooms it may import. Types and values alike. */
export const importTable: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  config: ['kernel'],
  secrets: ['kernel'],
  query: ['kernel'],
  access: ['kernel', 'query'],
  audit: ['kernel', 'access'],
  identity: ['kernel', 'access', 'audit'],
  sources: ['kernel', 'query', 'access', 'audit'],
  data: ['kernel', 'query', 'access', 'audit', 'sources'],
  network: ['kernel'],
  connectors: ['kernel', 'query', 'network', 'sources'],
  store: ['kernel', 'query', 'access', 'audit', 'identity', 'sources', 'data', 'secrets'],
  http: ['kernel', 'query', 'access', 'audit', 'identity', 'sources', 'data'],
  observability: ['kernel'],
  app: [
    ...['kernel', 'config', 'secrets', 'query', 'access', 'audit', 'identity', 'sources', 'network', 'connectors'],
    ...['data', 'store', 'http', 'observability'],
  ],
  cli: ['kernel', 'config', 'query', 'app'],
  main: ['cli'],
  // Runs elsewhere: in programs and pages that call us.
  client: [],
};

/** Rooms whose types, and nothing that runs, another room may import besides. */
export const typeTable: Readonly<Record<string, readonly string[]>> = {
  connectors: ['access'],
  observability: ['config', 'access', 'audit', 'identity', 'sources', 'data', 'network', 'store', 'http'],
};

/** Rooms without a door: one word or one adapter per file. Every other room is entered by its `index.ts`. */
export const openRooms = ['kernel', 'store', 'connectors'] as const;

/** Folders whose subfolders must not know each other, nor anything of their `also`. */
export const strangers = [
  { folder: 'http/dialects', also: ['http/native'] },
  { folder: 'connectors', also: [] },
] as const;

/** Folders that everybody beside them may use, and that therefore may use none of them. */
export const sharedFolders = [{ folder: 'http/kit', mayNotImport: ['http/dialects', 'http/native'] }] as const;

/** Every package the server uses, and the rooms that may. A package without a row here may be used nowhere. */
export const packageFences: Readonly<Record<string, readonly string[]>> = {
  fastify: ['http'],
  typebox: ['http'],
  kysely: ['store', 'connectors'],
  iovalkey: ['store'],
  pg: ['store', 'connectors'],
  mysql2: ['store', 'connectors'],
  '@photostructure/sqlite': ['store', 'connectors'],
  jose: ['identity'],
  '@node-rs/argon2': ['identity'],
  '@peculiar/x509': ['secrets'],
  'reflect-metadata': ['secrets'],
  pino: ['observability'],
  'prom-client': ['observability'],
  re2js: ['sources'],
  '@duckdb/node-api': ['connectors'],
  commander: ['cli'],
  '@clack/prompts': ['cli'],
  'lru-cache': ['identity', 'http', 'store', 'network', 'sources', 'data'],
};

/** Modules of Node that open sockets, reach the environment or run other code, and the rooms that may use them. */
export const nodeFences: Readonly<Record<string, readonly string[]>> = {
  'node:net': ['network'],
  'node:tls': ['network'],
  'node:dns': ['network'],
  'node:dns/promises': ['network'],
  'node:dgram': ['network'],
  'node:http': ['http', 'app', 'network'],
  'node:https': ['http', 'app'],
  'node:http2': [],
  'node:process': [],
  'node:module': [],
  'node:vm': [],
  'node:repl': [],
  'node:inspector': [],
  'node:child_process': [],
  'node:cluster': [],
};

/** Names of fenced Node modules that only compute, so anyone may use them. */
export const harmlessNames: Readonly<Record<string, readonly string[]>> = {
  'node:net': ['isIP', 'isIPv4', 'isIPv6', 'BlockList'],
};

/** What may be done where. Keys are the names of {@link Deed}. */
export const deedFences = {
  'reads the environment': ['config'],
  'reads the wall clock': ['app'],
  'draws random numbers': ['app', 'secrets', 'client'],
  'makes a ScopedQuery': ['access'],
  'makes a Principal': ['identity'],
  'writes to the console': ['cli'],
  'opens a socket': ['network', 'client'],
  'runs text as code': [],
  'imports by a computed name': [],
} as const satisfies Record<string, readonly string[]>;

/** Something a file does that is fenced; found by {@link findDeeds}. */
export type Deed = keyof typeof deedFences;

/** The files where a secret's plain text must exist, and what for. A file that no longer reveals leaves the list. */
export const revealers: Readonly<Record<string, string>> = {
  'src/audit/chain.ts': 'chaining',
  'src/cli/api-keys.ts': 'showing',
  'src/cli/demo.ts': 'showing',
  'src/cli/serve.ts': 'showing',
  'src/cli/source-registry.ts': 'showing',
  'src/cli/users.ts': 'showing',
  'src/connectors/file-connector.ts': 'connecting',
  'src/connectors/mysql/connect.ts': 'connecting',
  'src/connectors/postgres/connect.ts': 'connecting',
  'src/http/dialects/cloudio/credentials.ts': 'decoding',
  'src/http/dialects/cloudio/present.ts': 'presenting',
  'src/http/dialects/onedb/present.ts': 'presenting',
  'src/http/dialects/precrime/present.ts': 'presenting',
  'src/http/kit/basic.ts': 'decoding',
  'src/http/kit/console-cookie.ts': 'presenting',
  'src/http/native/console-session-routes.ts': 'presenting',
  'src/http/native/present-api-key.ts': 'presenting',
  'src/http/native/present-source.ts': 'presenting',
  'src/http/native/present-user.ts': 'presenting',
  'src/http/oauth/token.ts': 'presenting',
  'src/http/server/listeners.ts': 'listening',
  'src/identity/access-token.ts': 'verifying',
  'src/identity/api-key-making.ts': 'digesting',
  'src/identity/api-key-value.ts': 'digesting',
  'src/identity/api-keys.ts': 'digesting',
  'src/identity/audit-event.ts': 'digesting',
  'src/identity/console-session.ts': 'judging',
  'src/identity/create-identity.ts': 'measuring',
  'src/identity/csrf.ts': 'comparing',
  'src/identity/native-token.ts': 'verifying',
  'src/identity/known-sources.ts': 'digesting',
  'src/identity/password-bytes.ts': 'hashing',
  'src/identity/password-hash.ts': 'hashing',
  'src/identity/password-policy.ts': 'judging',
  'src/identity/password-strength.ts': 'judging',
  'src/identity/password.ts': 'comparing',
  'src/identity/session.ts': 'digesting',
  'src/identity/setup.ts': 'digesting',
  'src/identity/signing-keys-load.ts': 'signing',
  'src/network/start-tls.ts': 'connecting',
  'src/secrets/key-ring.ts': 'sealing',
  'src/secrets/master-key.ts': 'decoding',
  'src/sources/parse-target.ts': 'judging',
  'src/sources/schedule/sign-notice.ts': 'signing',
  'src/store/codecs.ts': 'opening',
  'src/store/open-postgres.ts': 'connecting',
  'src/store/open-sqlite.ts': 'chaining',
  'src/store/open-store.ts': 'connecting',
};
