/**
 * How one setting is described: type, unit, default and a sentence. The description is the only source: loading,
 * validation, `config show` and the reference page are all made from it.
 *
 * @module
 */
import { Secret } from '../kernel/secret.js';

/** What a parser says of a text it cannot take: one sentence that names what would be right, never the text. */
export class SettingFault extends Error {}

export interface Setting<T> {
  /** Dotted name in `latchkey.config.json`: `http.port` is `{"http": {"port": …}}`. */
  readonly name: string;
  /** How the type reads on the reference page. */
  readonly type: string;
  readonly unit: string | null;
  /** The default as a text, or `null` when there is none. */
  readonly standard: string | null;
  readonly sentence: string;
  /** Never shown by `config show`. */
  readonly isSecret: boolean;
  /** How the value `null` is written, where it is a choice and not an absence. */
  readonly nullWord?: string;
  parse(text: string): T;
}

export type ValueOf<S> = S extends Setting<infer T> ? T : never;

interface Words {
  readonly name: string;
  readonly sentence: string;
  readonly unit?: string;
}

function make<T>(
  words: Words,
  type: string,
  standard: string | null,
  parse: (text: string) => T,
  isSecret = false,
): Setting<T> {
  return { name: words.name, sentence: words.sentence, unit: words.unit ?? null, type, standard, parse, isSecret };
}

/** A setting that may be absent: `null` then. */
export function optional<T>(setting: Setting<T>): Setting<T | null> {
  return { ...setting, standard: null };
}

export function text(words: Words & { standard?: string; pattern?: RegExp; expects?: string }): Setting<string> {
  return make(words, 'text', words.standard ?? null, (value) => {
    if (words.pattern !== undefined && !words.pattern.test(value))
      throw new SettingFault(words.expects ?? 'has a wrong form');
    return value;
  });
}

export function secretText(words: Words & { pattern: RegExp; expects: string }): Setting<Secret> {
  return make(
    words,
    'secret text',
    null,
    (value) => {
      if (!words.pattern.test(value)) throw new SettingFault(words.expects);
      return new Secret(value);
    },
    true,
  );
}

export function choice<const T extends string>(
  words: Words & { values: readonly T[]; standard: NoInfer<T> },
): Setting<T> {
  return make(words, words.values.map((value) => `\`${value}\``).join(' or '), words.standard, (value) => {
    const found = words.values.find((candidate) => candidate === value);
    if (found === undefined) throw new SettingFault(`must be one of ${words.values.join(', ')}`);
    return found;
  });
}

export function integer(words: Words & { from: number; to: number; standard: number }): Setting<number> {
  return make(words, `integer ${words.from}–${words.to}`, String(words.standard), (value) => {
    const number = Number(value);
    if (!/^\d{1,15}$/.test(value) || number < words.from || number > words.to) {
      throw new SettingFault(`must be a whole number from ${words.from} to ${words.to}`);
    }
    return number;
  });
}

/** A listener's port: `0` picks a free one, `off` (as `null`) opens none. */
export function port(words: Words & { standard: number }): Setting<number | null> {
  const setting = make(words, 'port, `0` or `off`', String(words.standard), (value) => {
    if (value === 'off') return null;
    const number = Number(value);
    if (!/^\d{1,5}$/.test(value) || number > 65_535) throw new SettingFault('must be a port from 0 to 65535, or off');
    return number;
  });
  return { ...setting, nullWord: 'off' };
}

/** A comma-separated list; blanks around entries do not count, empty entries are refused. */
export function list<T>(
  words: Words & { type: string; standard: string; parseEntry: (entry: string) => T },
): Setting<readonly T[]> {
  return make(words, words.type, words.standard, (value) => {
    if (value.trim() === '') return [];
    return value.split(',').map((entry) => {
      const trimmed = entry.trim();
      if (trimmed === '') throw new SettingFault('has an empty entry: remove the extra comma');
      return words.parseEntry(trimmed);
    });
  });
}

/** `http.port` → `LATCHKEY_HTTP_PORT`, `apiKeys.listTokens` → `LATCHKEY_API_KEYS_LIST_TOKENS`. */
export function environmentName(settingName: string): string {
  const words = settingName.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll('.', '_');
  return `LATCHKEY_${words.toUpperCase()}`;
}
