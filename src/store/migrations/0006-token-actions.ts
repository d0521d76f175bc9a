/** Administrators may look tokens of others up; their roles are told so. @module */
import type { Kysely } from 'kysely';
import type { StoreTables } from '../schema.js';

export async function addTokenActions(db: Kysely<StoreTables>): Promise<void> {
  const roles = await db.selectFrom('roles').select(['id', 'allowed']).where('name', '=', 'administrator').execute();
  for (const { id, allowed } of roles) {
    const names: unknown = JSON.parse(allowed);
    if (!Array.isArray(names) || !names.includes('directory.manage') || names.includes('tokens.introspect')) continue;
    const widened = JSON.stringify([...names, 'tokens.introspect']);
    await db.updateTable('roles').set({ allowed: widened }).where('id', '=', id).execute();
  }
}
