/**
 * Every setting of Latchkey. The reference page `docs/reference/configuration.md` is generated from this table.
 *
 * @module
 */
import { isIP } from 'node:net';
import { choice, integer, list, optional, port, SettingFault, secretText, text, type ValueOf } from './setting.js';

const base64Key = /^[A-Za-z0-9+/]{43}=$/;

export const settings = {
  host: text({
    name: 'host',
    sentence: 'Address both listeners bind to.',
    standard: '127.0.0.1',
    pattern: /^[0-9A-Za-z.:-]{1,253}$/,
    expects: 'must be an IP address or a host name',
  }),
  httpPort: port({ name: 'http.port', sentence: 'Port of the plain HTTP listener.', standard: 8000 }),
  httpsPort: port({ name: 'https.port', sentence: 'Port of the HTTPS listener.', standard: 8443 }),
  httpsCertificateFile: optional(
    text({
      name: 'https.certificateFile',
      sentence:
        'PEM certificate chain of the HTTPS listener. Without one, a self-signed certificate is generated in the data folder.',
    }),
  ),
  httpsKeyFile: optional(text({ name: 'https.keyFile', sentence: 'PEM private key of that certificate.' })),
  dataDir: text({
    name: 'dataDir',
    sentence:
      'Folder (0700) of the embedded store, the generated master key file (0600) and the generated certificate.',
    standard: './data',
  }),
  storeUrl: optional(
    text({
      name: 'store.url',
      sentence:
        'Where our own tables live: `sqlite:<file>` or `postgres://…` for many nodes. Without it, `latchkey.db` in the data folder.',
      pattern: /^(sqlite:.+|postgres(ql)?:\/\/.+)$/,
      expects: 'must start with sqlite: or postgres://',
    }),
  ),
  valkeyUrl: optional(
    text({
      name: 'valkey.url',
      sentence:
        'Valkey or Redis in which several nodes count wrong passwords together. Without it, and while it does not answer, every node counts for itself.',
      pattern: /^rediss?:\/\/.+$/,
      expects: 'must start with redis:// or rediss://',
    }),
  ),
  masterKey: optional(
    secretText({
      name: 'masterKey',
      sentence: 'Key that seals every secret in the store: 32 bytes in base64. Wins over the file.',
      pattern: base64Key,
      expects: 'must be 32 bytes in base64 (44 characters); make one with: openssl rand -base64 32',
    }),
  ),
  masterKeyFile: optional(
    text({
      name: 'masterKeyFile',
      sentence: 'File with that key. Without either, `master.key` in the data folder is generated on first start.',
    }),
  ),
  workflowsAccess: choice({
    name: 'workflows.access',
    sentence:
      'Who may call `/workflows/v1/*`: `loopback` also answers callers without a credential when listener and caller are both on loopback and no proxy is between; `authenticated` always asks for one.',
    values: ['loopback', 'authenticated'],
    standard: 'loopback',
  }),
  auditDataReads: choice({
    name: 'audit.dataReads',
    sentence:
      'Which reading of data the audit trail is told of, added up per minute, credential and dataset, never with values: `all`; `sampled`: one such minute in ten; `off`: none. Writes and refusals are always told.',
    values: ['all', 'sampled', 'off'],
    standard: 'all',
  }),
  targetsAllow: list({
    name: 'targets.allow',
    sentence:
      'Databases that may be dialled: host names and CIDRs, each with optional `:port`. Empty: any but the never-list, and loopback only while we are bound to loopback ourselves.',
    type: 'comma-separated list',
    standard: '',
    parseEntry: (entry) => {
      if (/[\s/]{2}|[\s\\@?#]/.test(entry))
        throw new SettingFault('must list host names or CIDRs, each with optional :port');
      return entry;
    },
  }),
  sqliteRoots: list({
    name: 'sqlite.roots',
    sentence:
      'Folders whose SQLite files may be opened as sources. Empty: any file outside the data folder while bound to loopback, none otherwise.',
    type: 'comma-separated list of folders',
    standard: '',
    parseEntry: (entry) => {
      if (!entry.startsWith('/')) throw new SettingFault('must list absolute folders');
      return entry;
    },
  }),
  credentialsEnv: list({
    name: 'credentials.env',
    sentence:
      'Environment variables a source may name as its credential (`env:NAME`); a closing `*` stands for any rest. Empty: any but `LATCHKEY_*` while bound to loopback, none otherwise.',
    type: 'comma-separated list of names',
    standard: '',
    parseEntry: (entry) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]{0,126}\*?$/.test(entry)) throw new SettingFault('must list names of variables');
      return entry;
    },
  }),
  credentialsRoots: list({
    name: 'credentials.roots',
    sentence:
      'Folders whose files a source may name as its credential (`file:/path`). Empty: any file outside the data folder while bound to loopback, none otherwise.',
    type: 'comma-separated list of folders',
    standard: '',
    parseEntry: (entry) => {
      if (!entry.startsWith('/')) throw new SettingFault('must list absolute folders');
      return entry;
    },
  }),
  connectionsTestsPerMinute: integer({
    name: 'connections.testsPerMinute',
    sentence:
      'Connection tests, preflights and readings of metadata one caller without `connections.diagnose` may start in a minute. Ten times as many may be made of one target by all such callers.',
    from: 1,
    to: 1_000,
    standard: 10,
  }),
  connectionsTargetsPerHour: integer({
    name: 'connections.targetsPerHour',
    sentence: 'Different targets such a caller may name in an hour.',
    from: 1,
    to: 10_000,
    standard: 30,
  }),
  apiKeysListTokens: choice({
    name: 'apiKeys.listTokens',
    sentence:
      'What `/authheader/list` shows: `full` keeps key values sealed and shows them to their owner, `masked` keeps no value at all.',
    values: ['full', 'masked'],
    standard: 'full',
  }),
  apiKeysMaxDays: integer({
    name: 'apiKeys.maxDays',
    sentence: 'Longest life of an API key; one made without an end gets this one. 0: for ever.',
    unit: 'days',
    from: 0,
    to: 3_650,
    standard: 0,
  }),
  apiKeysPerUser: integer({
    name: 'apiKeys.perUser',
    sentence: 'API keys one user may have at a time; those that are being replaced or have ended do not count.',
    from: 1,
    to: 100_000,
    standard: 10_000,
  }),
  passwordMemoryKib: integer({
    name: 'password.memoryKib',
    sentence: 'Memory of one argon2id hash.',
    unit: 'KiB',
    from: 19_456,
    to: 1_048_576,
    standard: 65_536,
  }),
  passwordPasses: integer({
    name: 'password.passes',
    sentence: 'Passes of one argon2id hash (t). Below 46 MiB of memory at least 2.',
    from: 1,
    to: 10,
    standard: 3,
  }),
  passwordLanes: integer({
    name: 'password.lanes',
    sentence: 'Lanes of one argon2id hash (p).',
    from: 1,
    to: 4,
    standard: 1,
  }),
  passwordHashThreads: integer({
    name: 'password.hashThreads',
    sentence:
      'Threads that hash passwords and do nothing else; 0 means one less than there are processors, at least one.',
    from: 0,
    to: 64,
    standard: 0,
  }),
  passwordMinLength: integer({
    name: 'password.minLength',
    sentence: 'Shortest password of a person.',
    unit: 'characters',
    from: 12,
    to: 128,
    standard: 15,
  }),
  passwordContextWords: list({
    name: 'password.contextWords',
    sentence: 'Words no password may contain, besides the product, the organisation and the user name.',
    type: 'comma-separated list',
    standard: '',
    parseEntry: (entry) => {
      if ([...entry].length < 3) throw new SettingFault('must list words of at least 3 characters');
      return entry;
    },
  }),
  passwordHistory: integer({
    name: 'password.history',
    sentence: 'So many of the last passwords of an account, the present one included, are not taken again.',
    from: 0,
    to: 24,
    standard: 5,
  }),
  passwordTemporaryHours: integer({
    name: 'password.temporaryHours',
    sentence:
      'A temporary password, which an administrator sets and its owner has to change, is worth nothing after this long.',
    unit: 'hours',
    from: 1,
    to: 720,
    standard: 24,
  }),
  passwordMaxAgeDays: integer({
    name: 'password.maxAgeDays',
    sentence:
      'A password that is set from now on expires after this long; 0: never. Passwords of before keep the expiry they have.',
    unit: 'days',
    from: 0,
    to: 3_650,
    standard: 0,
  }),
  proxiesTrusted: list({
    name: 'proxies.trusted',
    sentence:
      'Addresses and CIDRs of the reverse proxies in front: of a request through one, the rightmost address of `X-Forwarded-For` or `Forwarded` that is none of them is the client. Empty: those headers say nothing.',
    type: 'comma-separated list',
    standard: '',
    parseEntry: (entry) => {
      const [address = '', prefix, ...rest] = entry.split('/');
      const bits = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : -1;
      const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits);
      if (bits < 0 || !isPrefix || rest.length > 0) throw new SettingFault('must list IP addresses or CIDRs');
      return entry;
    },
  }),
  guessesPerSource: integer({
    name: 'guesses.perSource',
    sentence:
      'Wrong passwords of one account from one source (an IPv4 address or an IPv6 /64) that are looked at in 15 minutes; right ones do not count.',
    from: 1,
    to: 1_000_000,
    standard: 10,
  }),
  guessesPerAccountDay: integer({
    name: 'guesses.perAccountDay',
    sentence:
      'Wrong passwords of one account that are looked at in a day from all sources together that it has not signed in from within 90 days.',
    from: 1,
    to: 1_000_000,
    standard: 100,
  }),
  guessesPerAddressHour: integer({
    name: 'guesses.perAddressHour',
    sentence:
      'Wrong passwords from one source that are looked at in an hour, whoever is meant; a tenth is kept for accounts that have signed in from there.',
    from: 1,
    to: 1_000_000,
    standard: 300,
  }),
  sessionsCloudioIdleMinutes: integer({
    name: 'sessions.cloudioIdleMinutes',
    sentence: 'A cloudio session ends when unused for this long.',
    unit: 'minutes',
    from: 1,
    to: 1_440,
    standard: 60,
  }),
  sessionsCloudioHours: integer({
    name: 'sessions.cloudioHours',
    sentence: 'A cloudio session ends after this long in any case.',
    unit: 'hours',
    from: 1,
    to: 168,
    standard: 12,
  }),
  sessionsConsoleIdleMinutes: integer({
    name: 'sessions.consoleIdleMinutes',
    sentence: 'A session of the console ends when unused for this long.',
    unit: 'minutes',
    from: 1,
    to: 1_440,
    standard: 30,
  }),
  sessionsConsoleHours: integer({
    name: 'sessions.consoleHours',
    sentence: 'A session of the console ends after this long in any case.',
    unit: 'hours',
    from: 1,
    to: 24,
    standard: 12,
  }),
  keysRotateEveryDays: integer({
    name: 'keys.rotateEveryDays',
    sentence:
      'Signing keys of every family are rotated when they are this old; tokens under the old key live to their own end. 0: only by hand.',
    unit: 'days',
    from: 0,
    to: 3_650,
    standard: 90,
  }),
  keysNativeAlgorithm: choice({
    name: 'keys.nativeAlgorithm',
    sentence:
      'What tokens of our own API are signed with: `EdDSA` (Ed25519), `ES256` or `RS256` (3,072 bits). A change takes effect with the next rotation, which it brings about.',
    values: ['EdDSA', 'ES256', 'RS256'],
    standard: 'EdDSA',
  }),
  publicUrl: optional(
    text({
      name: 'publicUrl',
      sentence:
        'Base URL under which others reach this service: issuer and audience of tokens of our own API. Without it, that of the HTTPS listener, else of the plain one; set it when several nodes serve one store.',
      pattern: /^https?:\/\/[^/?#@\s\\]{1,253}(\/[A-Za-z0-9._~-]+)*$/,
      expects: 'must be an http or https URL without a slash at its end, query or credentials',
    }),
  ),
  logLevel: choice({
    name: 'log.level',
    sentence: 'Least severe log line that is written.',
    values: ['fatal', 'error', 'warn', 'info', 'debug', 'trace'],
    standard: 'info',
  }),
};

export type Config = { readonly [Key in keyof typeof settings]: ValueOf<(typeof settings)[Key]> };
