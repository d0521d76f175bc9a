/**
 * The operator's list of targets, `LATCHKEY_TARGETS_ALLOW`: host names, addresses and CIDR ranges, each with an
 * optional port. It narrows; nothing in it opens what `address-policy.ts` never allows.
 *
 * @module
 */
import { parseHost } from './host-grammar.js';
import { type IpAddress, type IpRange, parseRange } from './ip-address.js';

export type TargetRule =
  | { readonly kind: 'name'; readonly name: string; readonly port: number | null }
  /** `*.db.internal`: any name below, not the name itself. */
  | { readonly kind: 'below'; readonly suffix: string; readonly port: number | null }
  | { readonly kind: 'range'; readonly range: IpRange; readonly port: number | null };

export type ParsedRules =
  | { readonly ok: true; readonly rules: readonly TargetRule[] }
  /** One sentence per entry that is wrong; entries are the operator's own and may be shown to the operator. */
  | { readonly ok: false; readonly faults: readonly string[] };

/**
 * Reads the setting.
 *
 * @param text  Comma-separated: `db.example.com`, `*.db.internal:5432`, `10.0.0.0/8`, `10.0.0.7:3306`,
 *              `2001:db8::7`, `[2001:db8::/32]:5432`. Blank: no rules.
 */
export function parseTargetsAllow(text: string): ParsedRules {
  const rules: TargetRule[] = [];
  const faults: string[] = [];
  if (text.trim() === '') return { ok: true, rules };
  for (const entry of text.split(',').map((one) => one.trim())) {
    const rule = parseRule(entry);
    if (rule === null) {
      faults.push(`"${entry}" is not a host name, *.name, address or CIDR range, each with an optional :port`);
    } else {
      rules.push(rule);
    }
  }
  return faults.length === 0 ? { ok: true, rules } : { ok: false, faults };
}

function parseRule(entry: string): TargetRule | null {
  const { host, port } = splitPort(entry);
  if (host === null || port === undefined) return null;
  if (host.includes('/')) {
    const range = parseRange(host);
    return range === null ? null : { kind: 'range', range, port };
  }
  const isPattern = host.startsWith('*.');
  const parsed = parseHost(isPattern ? host.slice(2) : host);
  if (parsed === null) return null;
  if (parsed.literal !== null) {
    return isPattern ? null : { kind: 'range', range: exactly(parsed.literal), port };
  }
  return isPattern ? { kind: 'below', suffix: `.${parsed.text}`, port } : { kind: 'name', name: parsed.text, port };
}

/** `port` is `null` when there is none and `undefined` when it is not one. */
function splitPort(entry: string): { host: string | null; port: number | null | undefined } {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry);
  if (bracketed !== null) return { host: bracketed[1] ?? null, port: portOf(bracketed[2]) };
  const colons = entry.split(':').length - 1;
  if (colons !== 1) return { host: entry, port: null };
  const at = entry.indexOf(':');
  return { host: entry.slice(0, at), port: portOf(entry.slice(at + 1)) };
}

function portOf(text: string | undefined): number | null | undefined {
  if (text === undefined) return null;
  if (!/^[1-9]\d{0,4}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}

function exactly(address: IpAddress): IpRange {
  return { address, prefixBits: address.family === 4 ? 32 : 128 };
}
