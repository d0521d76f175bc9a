/**
 * Environment over an optional `latchkey.config.json` → one frozen {@link Config}. The only reader of the process
 * environment. Every fault is found in one go: one line each, naming the setting and the fix, never the value.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { Secret } from '../kernel/secret.js';
import { type Config, settings } from './schema.js';
import { environmentName, type Setting, SettingFault } from './setting.js';

export const configFileName = 'latchkey.config.json';

export type SettingOrigin = 'default' | 'file' | 'environment';

export interface LoadedConfig {
  readonly config: Config;
  readonly origins: Readonly<Record<keyof Config, SettingOrigin>>;
}

/** The start is refused; one line per fault. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The configuration is refused:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/** Environment names that are not settings of the service: what a single command reads. */
const commandVariables = ['LATCHKEY_PASSWORD'] as const;

/**
 * A secret that a command takes from the environment instead of a prompt. It is taken out of the environment, so that
 * nothing started later inherits it.
 */
export function takeCommandSecret(name: (typeof commandVariables)[number]): Secret | null {
  const value = process.env[name];
  if (value === undefined || value === '') return null;
  delete process.env[name];
  return new Secret(value);
}

/** Whether {@link takeCommandSecret} would find one; it stays where it is. */
export function hasCommandSecret(name: (typeof commandVariables)[number]): boolean {
  const value = process.env[name];
  return value !== undefined && value !== '';
}

export interface LoadOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Folder of the configuration file and of relative paths. */
  readonly folder?: string;
  /** Values that stand in where neither environment nor file says anything: the demo's own defaults. */
  readonly standards?: Partial<Record<keyof Config, string>>;
}

/** @throws ConfigError with every fault found. */
export function loadConfig(options: LoadOptions = {}): LoadedConfig {
  const environment = options.environment ?? process.env;
  const folder = options.folder ?? process.cwd();
  const faults: string[] = [];
  const fromFile = readFile(join(folder, configFileName), faults);
  const known = new Map(Object.values<Setting<unknown>>(settings).map((one) => [environmentName(one.name), one.name]));

  for (const name of Object.keys(environment)) {
    if (!name.startsWith('LATCHKEY_') || known.has(name)) continue;
    if (commandVariables.some((variable) => variable === name)) continue;
    faults.push(`${name} is not a setting; ${nearest(name, [...known.keys()])}`);
  }
  const fileNames = [...known.values()];
  for (const name of fromFile.keys()) {
    if (!fileNames.includes(name))
      faults.push(`${configFileName}: ${name} is not a setting; ${nearest(name, fileNames)}`);
  }

  const values: Record<string, unknown> = {};
  const origins: Record<string, SettingOrigin> = {};
  for (const [key, setting] of Object.entries<Setting<unknown>>(settings)) {
    const variable = environmentName(setting.name);
    const fromEnvironment = environment[variable];
    const given = fromEnvironment ?? fromFile.get(setting.name);
    const raw = given ?? options.standards?.[key as keyof Config] ?? setting.standard;
    origins[key] = fromEnvironment !== undefined ? 'environment' : given !== undefined ? 'file' : 'default';
    if (raw === null || raw === undefined) {
      values[key] = null;
      continue;
    }
    try {
      values[key] = setting.parse(raw);
    } catch (error) {
      if (!(error instanceof SettingFault)) throw error;
      faults.push(
        `${fromEnvironment !== undefined ? variable : `${configFileName}: ${setting.name}`} ${error.message}`,
      );
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  const config = anchored(values as unknown as Config, folder);
  faults.push(...contradictions(config));
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze({ config: Object.freeze(config), origins: origins as LoadedConfig['origins'] });
}

/** Paths become absolute once, here, so that nothing depends on the working directory later. */
function anchored(config: Config, folder: string): Config {
  const absolute = (path: string) => (isAbsolute(path) ? path : resolve(folder, path));
  const dataDir = absolute(config.dataDir);
  const storeUrl = config.storeUrl ?? `sqlite:${join(dataDir, 'latchkey.db')}`;
  return {
    ...config,
    dataDir,
    storeUrl: storeUrl.startsWith('sqlite:') ? `sqlite:${absolute(storeUrl.slice('sqlite:'.length))}` : storeUrl,
    masterKeyFile: config.masterKeyFile === null ? null : absolute(config.masterKeyFile),
    httpsCertificateFile: config.httpsCertificateFile === null ? null : absolute(config.httpsCertificateFile),
    httpsKeyFile: config.httpsKeyFile === null ? null : absolute(config.httpsKeyFile),
  };
}

/** Rules that tie settings together. */
function contradictions(config: Config): string[] {
  const faults: string[] = [];
  if ((config.httpsCertificateFile === null) !== (config.httpsKeyFile === null)) {
    faults.push('https.certificateFile and https.keyFile go together: set both or neither');
  }
  if (config.httpPort === null && config.httpsPort === null) {
    faults.push('http.port and https.port are both off: leave one listener on');
  }
  if (config.httpPort !== null && config.httpPort !== 0 && config.httpPort === config.httpsPort) {
    faults.push('http.port and https.port are the same: give each its own');
  }
  // OWASP Password Storage Cheat Sheet: m=47104,t=1 · m=19456,t=2 are the least of equal strength.
  if (config.passwordMemoryKib < 47_104 && config.passwordPasses < 2) {
    faults.push('password.passes must be at least 2 when password.memoryKib is below 47104');
  }
  return faults;
}

/** Dotted names → texts. Nested objects nest names; numbers and booleans are taken as written; lists join with commas. */
function readFile(path: string, faults: string[]): Map<string, string> {
  const flat = new Map<string, string>();
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') faults.push(`${configFileName} cannot be read`);
    return flat;
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch {
    faults.push(`${configFileName} is not JSON`);
    return flat;
  }
  const walk = (value: unknown, name: string): void => {
    if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) flat.set(name, value.join(','));
    else if (typeof value === 'string' || typeof value === 'number') flat.set(name, String(value));
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) walk(inner, name === '' ? key : `${name}.${key}`);
    } else faults.push(`${configFileName}: ${name === '' ? 'the document' : name} has a value of the wrong type`);
  };
  walk(parsed, '');
  return flat;
}

/** "did you mean" for the fault line: the known name with the longest common beginning, if any is close. */
function nearest(name: string, candidates: readonly string[]): string {
  let best = '';
  let bestDistance = Math.max(2, Math.floor(name.length / 3));
  for (const candidate of candidates) {
    const distance = editDistance(name, candidate);
    if (distance <= bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best === '' ? 'see docs/reference/configuration.md' : `did you mean ${best}?`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** A setting in force: what it is, where it comes from, and never a secret. */
export interface PresentedSetting {
  readonly name: string;
  readonly variable: string;
  /** `null` for a secret, and for what is not set. URLs keep their place and lose their user part. */
  readonly value: string | number | null;
  readonly isSecret: boolean;
  readonly isSet: boolean;
  readonly from: SettingOrigin;
  /** What it decides, in a sentence. */
  readonly text: string;
  readonly unit: string | null;
}

/** Every setting as it is in force. Pure: what it is given decides. */
export function presentSettings({ config, origins }: LoadedConfig): readonly PresentedSetting[] {
  return Object.entries<Setting<unknown>>(settings).map(([key, setting]) => {
    const value: unknown = config[key as keyof Config];
    return {
      name: setting.name,
      variable: environmentName(setting.name),
      value: value === null ? (setting.nullWord ?? null) : setting.isSecret ? null : plainValue(value),
      isSecret: setting.isSecret,
      isSet: value !== null || setting.nullWord !== undefined,
      from: origins[key as keyof Config],
      text: setting.sentence,
      unit: setting.unit,
    };
  });
}

function plainValue(value: unknown): string | number {
  return typeof value === 'number' ? value : shown(value);
}

/** A setting as `config show` lists it: secrets as `[redacted]`. */
export interface ShownSetting {
  readonly name: string;
  readonly variable: string;
  readonly value: string | number | null;
  readonly origin: SettingOrigin;
}

export function showConfig(loaded: LoadedConfig): ShownSetting[] {
  return presentSettings(loaded).map(({ name, variable, value, isSecret, isSet, from }) => ({
    ...{ name, variable, origin: from },
    value: isSecret && isSet ? '[redacted]' : value,
  }));
}

/** URLs keep their place and lose their user part. */
function shown(value: unknown): string {
  const text = Array.isArray(value) ? value.join(',') : String(value);
  if (!/^[a-z]+:\/\//.test(text)) return text;
  // A password may hold `/`, `?` or `#` where it was not encoded, or stand in the query: such a URL is refused when it
  // is used, but it is shown before.
  return text
    .replace(/^([a-z]+:\/\/).*@/s, '$1[redacted]@')
    .replace(/#.*$/s, '#[redacted]')
    .replace(/([?&](?!sslmode=|sslrootcert=)[^=&]*)=[^&]*/g, '$1=[redacted]');
}
