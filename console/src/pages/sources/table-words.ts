/** What tables and what is in them are called, and where they are found in the console. @module */
import type { ForeignKey, Table } from './catalog';
import { pathOfReference } from './one-source';

export const kindWords: Readonly<Record<Table['kind'], string>> = {
  table: 'Table',
  view: 'View',
  materialized_view: 'Materialised view',
  foreign_table: 'Foreign table',
};

export const ruleWords: Readonly<Record<ForeignKey['onDelete'], string>> = {
  no_action: 'is refused',
  restrict: 'is refused',
  cascade: 'goes along',
  set_null: 'sets null',
  set_default: 'sets the default',
};

export function tableHref(source: string, schema: string, table: string): string {
  return `${pathOfReference(source)}?${new URLSearchParams({ tab: 'schema', schema, table })}`;
}

/** Where access to it is granted, filled in. */
export function grantHref(source: string, schema: string, table: string): string {
  return `/roles/grants/new?${new URLSearchParams({ source, schema, table })}`;
}
