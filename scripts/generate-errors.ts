/**
 * Renders `docs/reference/errors.md` from the `errors.ts` of every room.
 *
 * @module
 */
import { readdirSync } from 'node:fs';
import { sep } from 'node:path';
import { describeErrors, type ErrorDefinition, type ErrorFactory } from '../src/kernel/errors.js';

export interface ErrorEntry {
  /** File that defines it: `src/access/errors.ts`. */
  readonly path: string;
  readonly code: string;
  readonly definition: ErrorDefinition;
}

/** Every code of the house, by room and then in the order of its table. */
export async function listErrors(): Promise<ErrorEntry[]> {
  const source = new URL('../src/', import.meta.url);
  const names = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .map((name) => name.split(sep).join('/'))
    .filter((name) => name.endsWith('/errors.ts') && name !== 'kernel/errors.ts')
    .sort();
  const entries: ErrorEntry[] = [];
  for (const name of names) {
    const module: Record<string, unknown> = await import(new URL(name, source).href);
    for (const table of Object.values(module).filter(isErrorTable)) {
      entries.push(...describeErrors(table).map((described) => ({ path: `src/${name}`, ...described })));
    }
  }
  return entries;
}

function isErrorTable(value: unknown): value is Record<string, ErrorFactory> {
  if (typeof value !== 'object' || value === null) return false;
  const members: unknown[] = Object.values(value);
  return (
    members.length > 0 && members.every((one) => typeof one === 'function' && 'code' in one && 'definition' in one)
  );
}

export async function renderErrors(): Promise<string> {
  const lines = [
    '# Error codes',
    '',
    'Generated from the tables in `src/*/errors.ts` by `npm run docs`. A code is stable for ever. Its HTTP status and its',
    'shape are the family’s own: see the page of each family under `docs/dialects`.',
  ];
  const entries = await listErrors();
  for (const room of [...new Set(entries.map(({ code }) => code.slice(0, code.indexOf('.'))))]) {
    lines.push('', `## ${room}`, '', '| code | kind | sentence |', '|---|---|---|');
    for (const { code, definition } of entries.filter((entry) => entry.code.startsWith(`${room}.`))) {
      const retired = definition.retired ? ' (retired)' : '';
      lines.push(`| \`${code}\`${retired} | \`${definition.kind}\` | ${definition.message} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}
