/** Terms of grants as options of commands, and grants as commands show them. @module */
import { InvalidArgumentError } from 'commander';
import type { App } from '../app.js';
import {
  formatFilter,
  formatMask,
  maskSpellings,
  type Operation,
  operations,
  parseFilter,
  parseMask,
} from '../query/index.js';
import { CommandEnd, exitCodes, fields, instant } from './output.js';

type Grants = App['data']['grants'];
export type GrantDetail = Awaited<ReturnType<Grants['show']>>;
type Terms = Parameters<Grants['change']>[2];

/** `*`: every column. As an option it is never `null`: what a parser gives as that, commander makes ''. */
export type ColumnList = readonly string[] | '*';

export interface TermOptions {
  readonly operations?: readonly Operation[];
  readonly readable?: ColumnList;
  readonly writable?: ColumnList;
  readonly filter?: string;
  readonly mask: readonly string[];
}

/** What was named and nothing else. @throws `query.filter_invalid` · `query.filter_too_large` */
export function termsOf(options: TermOptions): Terms {
  const { operations: allowed, readable, writable, filter, mask } = options;
  return {
    ...(allowed === undefined ? {} : { operations: allowed }),
    ...(readable === undefined ? {} : { readable: columnsOf(readable) }),
    ...(writable === undefined ? {} : { writable: columnsOf(writable) }),
    ...(filter === undefined ? {} : { filter: filter === 'none' ? null : parseFilter(jsonOf(filter, '--filter')) }),
    ...(mask.length === 0 ? {} : { masks: masksOf(mask) }),
  };
}

/** @throws CommandEnd for what is no JSON. */
export function jsonOf(text: string, option: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandEnd(exitCodes.wrongUse, `${option} is not JSON: {"column": {"eq": 1}}. (--help tells more)`);
  }
}

function masksOf(texts: readonly string[]): NonNullable<Terms['masks']> {
  if (texts.length === 1 && texts[0] === 'none') return [];
  return texts.map((text) => {
    const at = text.lastIndexOf('=');
    const mask = at < 1 ? null : parseMask(text.slice(at + 1));
    if (mask !== null) return { column: text.slice(0, at), mask };
    throw new CommandEnd(exitCodes.wrongUse, `Write a mask as column=mask; masks are ${maskSpellings.join(', ')}.`);
  });
}

/** Names with commas between, or a JSON list of them where a name has a comma; `*`: every column; nothing: none. */
export function columnList(text: string): ColumnList {
  if (text === '*') return text;
  if (text === '') return [];
  if (!text.startsWith('[')) return text.split(',');
  try {
    const names: unknown = JSON.parse(text);
    if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  } catch {
    // Told below.
  }
  throw new InvalidArgumentError('Give columns with commas between, a JSON list of them, or "*" for all.');
}

/** @returns `null` for every column. */
export function columnsOf(list: ColumnList): readonly string[] | null {
  return list === '*' ? null : list;
}

export function operationList(text: string): readonly Operation[] {
  return text.split(',').map((name) => {
    const operation = operations.find((one) => one === name);
    if (operation === undefined) throw new InvalidArgumentError(`Operations are ${operations.join(', ')}.`);
    return operation;
  });
}

export function oneOperation(text: string): Operation {
  const [operation, ...more] = operationList(text);
  if (operation === undefined || more.length > 0) throw new InvalidArgumentError('Give one operation.');
  return operation;
}

/** Schema and table; without a schema the one the engine has for who says nothing. */
export function placeOf(
  { engine, database }: { readonly engine: string; readonly database: string },
  text: string,
): { readonly schema: string; readonly table: string } {
  const at = text.indexOf('.');
  if (at > 0) return { schema: text.slice(0, at), table: text.slice(at + 1) };
  const schema = engine === 'postgres' ? 'public' : engine === 'mysql' ? database : 'main';
  return { schema, table: text };
}

/** As our own API shows it. */
export function presentGrant({ grant, role, dataset, source, organisation, createdAtMs }: GrantDetail): object {
  return {
    ...{ id: grant.id, role, dataset, source, organisation, operations: grant.operations },
    ...{ readable: grant.readable, writable: grant.writable },
    filter: grant.filter === null ? null : formatFilter(grant.filter),
    masks: Object.fromEntries(grant.masks.map(({ column, mask }) => [column, formatMask(mask)])),
    createdAtMs,
  };
}

export function describeGrant({ grant, role, dataset, source, organisation, createdAtMs }: GrantDetail): string[] {
  return fields([
    ['id', grant.id],
    ['role', `${role} of ${organisation}`],
    ['dataset', `${dataset} of ${source}`],
    ['operations', grant.operations.join(', ')],
    ['readable', columnsText(grant.readable)],
    ['writable', columnsText(grant.writable)],
    ['rows', filterText(grant.filter)],
    ['masks', grant.masks.map(({ column, mask }) => `${column}=${formatMask(mask)}`).join(', ') || '-'],
    ['created', instant(createdAtMs)],
  ]);
}

export function columnsText(columns: readonly string[] | null): string {
  if (columns === null) return 'every column';
  return columns.length === 0 ? 'none' : columns.join(', ');
}

export function filterText(filter: GrantDetail['grant']['filter']): string {
  return filter === null ? 'every row' : JSON.stringify(formatFilter(filter));
}
