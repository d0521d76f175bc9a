/**
 * Fills an installation with what a large one has, by direct inserts into its tables: a million accounts are not made
 * one by one. What is inserted looks like what is made, but that nobody can sign in with it.
 *
 * @module
 */
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import pg from 'pg';
import type { Installation } from '../test/e2e/support/program.js';
import { organisation } from './house.js';

export interface Seed {
  /** Each with a key and a session. */
  readonly users?: number;
  readonly roles?: number;
  /** Of role `member`, each of a dataset of its own of the source `lite`. */
  readonly grants?: number;
}

/** Names of accounts that a seed made, from 1. */
export function seededName(number: number): string {
  return `seeded-${number}`;
}

/** The installation is not running. */
export async function seed(installation: Installation, { users = 0, roles = 0, grants = 0 }: Seed): Promise<void> {
  const url = installation.environment['LATCHKEY_STORE_URL'];
  const words = url === undefined ? sqliteWords : postgresWords;
  const statements = [
    ...(users === 0 ? [] : userStatements(users, words)),
    ...(roles === 0 ? [] : roleStatements(roles, words)),
    ...(grants === 0 ? [] : grantStatements(grants, words)),
  ];
  if (url === undefined) {
    const database = new DatabaseSync(join(installation.dataDir, 'latchkey.db'));
    try {
      database.exec('PRAGMA cache_size = -262144');
      for (const statement of statements) database.exec(statement);
      database.exec('ANALYZE');
    } finally {
      database.close();
    }
    return;
  }
  const client = new pg.Client(url);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
    await client.query('VACUUM ANALYZE');
  } finally {
    await client.end();
  }
}

interface Words {
  /** `n(i)`: numbers from 1. */
  numbers(count: number): string;
  /** Sixty-four hexadecimal digits, others each time. */
  readonly digest: string;
  readonly nowMs: string;
}

const sqliteWords: Words = {
  numbers: (count) => `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`,
  digest: 'lower(hex(randomblob(32)))',
  nowMs: "(CAST(strftime('%s', 'now') AS INTEGER) * 1000)",
};

const postgresWords: Words = {
  numbers: (count) => `WITH n(i) AS (SELECT generate_series(1, ${count}))`,
  digest: 'md5(random()::text) || md5(random()::text)',
  nowMs: '(extract(epoch from now())::bigint * 1000)',
};

const ownOrganisation = `(SELECT id FROM organisations WHERE uid = '${organisation}')`;
const memberRole = `(SELECT id FROM roles WHERE name = 'member' AND organisation_id = ${ownOrganisation})`;

function userStatements(count: number, { numbers, digest, nowMs }: Words): string[] {
  const name = `'${seededName(0).slice(0, -1)}' || i`;
  return [
    `INSERT INTO users (id, organisation_id, kind, username, canonical_name, display_name, created_at_ms)
     ${numbers(count)} SELECT 'user-' || i, ${ownOrganisation}, 'service', ${name}, ${name}, 'Seeded ' || i, ${nowMs} FROM n`,
    `INSERT INTO user_roles (user_id, role_id) ${numbers(count)} SELECT 'user-' || i, ${memberRole} FROM n`,
    `INSERT INTO api_keys (id, digest, user_id, name, prefix, last4, created_at_ms)
     ${numbers(count)} SELECT 'key-' || i, ${digest}, 'user-' || i, 'seeded', 'lk_seede', 'seed', ${nowMs} FROM n`,
    `INSERT INTO sessions (id, token_digest, family, user_id, created_at_ms, expires_at_ms, last_seen_at_ms, line_started_at_ms)
     ${numbers(count)} SELECT 'session-' || i, ${digest}, 'precrime', 'user-' || i, ${nowMs}, ${nowMs} + 86400000, ${nowMs}, ${nowMs} FROM n`,
  ];
}

function roleStatements(count: number, { numbers, nowMs }: Words): string[] {
  return [
    `INSERT INTO roles (id, number, organisation_id, name, allowed, created_at_ms)
     ${numbers(count)} SELECT 'role-' || i, 1000000 + i, ${ownOrganisation}, 'seeded-' || i, '[]', ${nowMs} FROM n`,
    // Who asks has every one of them.
    `INSERT INTO user_roles (user_id, role_id)
     ${numbers(count)} SELECT (SELECT id FROM users WHERE canonical_name = 'caller'), 'role-' || i FROM n`,
  ];
}

function grantStatements(count: number, { numbers, nowMs }: Words): string[] {
  const source = "(SELECT id FROM sources WHERE name = 'lite')";
  return [
    `INSERT INTO datasets (id, organisation_id, name, source_id, kind, table_schema, table_name, place, created_at_ms)
     ${numbers(count)} SELECT 'dataset-' || i, ${ownOrganisation}, 'Seeded' || i, ${source}, 'table', 'main', 'seeded' || i,
       'main.seeded' || i, ${nowMs} FROM n`,
    `INSERT INTO grants (id, role_id, dataset_id, operations, masks, created_at_ms)
     ${numbers(count)} SELECT 'grant-' || i, ${memberRole}, 'dataset-' || i, '["query"]', '[]', ${nowMs} FROM n`,
  ];
}
