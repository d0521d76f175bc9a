/**
 * `latchkey demo`: everything the published examples show, on loopback, in a folder that is thrown away. The only place
 * where accounts with known and weak passwords exist.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import type { App, Running } from '../app.js';
import { loadConfig } from '../config/index.js';
import { AppError } from '../kernel/errors.js';
import { Secret } from '../kernel/secret.js';
import { CommandEnd, exitCodes } from './output.js';
import { serveUntil, stopSignal } from './serve.js';
import { openHouse } from './session.js';

export function demoCommand(): Command {
  return new Command('demo')
    .description('try it with sample users and data; on loopback only, thrown away at the end')
    .addHelpText('after', '\nExample:\n  LATCHKEY_HTTP_PORT=9000 latchkey demo')
    .action(async () => {
      const stopAsked = stopSignal();
      const throwAway = mkdtempSync(join(tmpdir(), 'latchkey-demo-'));
      try {
        const { config, origins } = loadConfig({ standards: { dataDir: join(throwAway, 'data') } });
        if (!['127.0.0.1', '::1', 'localhost'].includes(config.host)) {
          throw new CommandEnd(
            exitCodes.wrongUse,
            'The demo has accounts with known passwords and runs on loopback only: unset LATCHKEY_HOST.',
          );
        }
        const app = await openHouse(config, { log: 'full', isDemo: true, origins });
        // Beside the data folder: nothing inside it can ever be opened as a source.
        const sample = `${config.dataDir}-sample.db`;
        app.createSampleDatabase(sample);
        await fill(app, sample);
        const password = await administrator(app);
        await serveUntil(stopAsked, app, (running) => {
          process.stdout.write(commands(running, sample, config.dataDir, password));
          if (origins.dataDir !== 'default') process.stdout.write(`Kept in ${config.dataDir} after the demo ends.\n\n`);
        });
      } finally {
        rmSync(throwAway, { recursive: true, force: true });
      }
    });
}

/** The accounts of the published examples, word for word. */
const organisations = [
  { uid: 'company-inc', name: 'Company Inc' },
  { uid: 'cloudio', name: 'CloudIO' },
  { uid: 'onedb', name: 'OneDB' },
];
const accounts = [
  {
    kind: 'person',
    username: 'john.doe',
    organisationUid: 'company-inc',
    displayName: 'John Doe',
    firstName: 'John',
    lastName: 'Doe',
    email: 'john.doe@example.com',
    password: new Secret('SecurePass123!'),
  },
  {
    kind: 'service',
    username: 'steve',
    organisationUid: 'cloudio',
    displayName: 'Steve',
    email: 'name@cloudio.io',
    password: new Secret('steve-demo-secret'),
  },
  { kind: 'api', username: 'api', organisationUid: 'onedb', displayName: 'API', password: new Secret('api') },
] as const;

async function fill({ identity, sources, data, operator }: App, sample: string): Promise<void> {
  for (const organisation of organisations) {
    await ignoringExisting(identity.organisations.add(operator(), organisation));
  }
  for (const account of accounts) await ignoringExisting(identity.users.add(operator(), account));
  await ignoringExisting(sources.registry.add(operator(), sampleSource(sample)));
  const granted = await data.grants.list(operator(), { source: 'sample' }, { limit: 1 });
  if (granted.items.length > 0) return;
  for (const [table, role] of sampleRoles) {
    await data.grants.add(operator(), {
      ...{ role, dataset: { source: 'sample', schema: 'main', table } },
      ...{ operations: ['query', 'insert', 'update', 'delete'], readable: null, writable: null },
      ...{ filter: null, masks: [] },
    });
  }
}

/** Of the organisation whose data there is; nobody can know the password before it is printed, in a kept folder neither. */
const administratorName = 'demo-admin';

async function administrator({ identity, operator }: App): Promise<Secret> {
  const password = identity.passwords.make();
  const roles = ['administrator', 'member'];
  try {
    const account = { kind: 'person', username: administratorName, organisationUid: 'cloudio' } as const;
    await identity.users.add(operator(), { ...account, displayName: 'Demo Admin', roles, password });
  } catch (error) {
    if (!(error instanceof AppError && error.kind === 'conflict')) throw error;
    await identity.users.resetPassword(operator(), administratorName, { password, mustChange: false });
  }
  return password;
}

/** What the service account's role may use, and what it may not: salaries are for administrators. */
const sampleRoles = [
  ['employees', 'member'],
  ['departments', 'member'],
  ['projects', 'member'],
  ['salaries', 'administrator'],
] as const;

function sampleSource(database: string): Parameters<App['sources']['registry']['add']>[1] {
  return {
    ...{ name: 'sample', description: 'Employees, departments, projects', organisation: 'cloudio' },
    ...{ purpose: 'read_write', checkEveryMinutes: 1 },
    target: { engine: 'sqlite', database, authType: 'basic', password: new Secret(''), extra: {}, strict: true },
  };
}

/** A kept demo folder has them already. */
async function ignoringExisting(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof AppError && error.kind === 'conflict')) throw error;
  }
}

function commands(running: Running, sample: string, dataDir: string, password: Secret): string {
  const base = running.http ?? running.https ?? '';
  const curl = running.http === null ? 'curl -k' : 'curl';
  const secure = running.https ?? base;
  const json = '-H "Content-Type: application/json"';
  const latchkey = `LATCHKEY_DATA_DIR=${inShell(dataDir)} npx latchkey`;
  return `
Latchkey demo. Open the console, or paste any of these into another terminal; stop with Ctrl-C.

0  The console, as an administrator
   ${base}/console/   user name ${administratorName}   password ${password.reveal()}

1  Test a database's credentials (point it at a PostgreSQL or MySQL of yours)
   ${curl} -X POST "${base}/workflows/v1/auth" ${json} -d '{"authType":"basic","host":"localhost","port":5432,"username":"username","password":"password","database":"databasename"}'
   and the sample database that came along:
   ${curl} -X POST "${base}/workflows/v1/auth" ${json} -d '{"authType":"basic","database":"${sample}","extra":{"engine":"sqlite"}}'

2  Sign in as a person, make an API key, use it
   TOKEN=$(${curl} -s -X POST "${base}/user/login" ${json} -d '{"username":"john.doe","password":"SecurePass123!"}' | sed 's/.*"Token":"\\([^"]*\\)".*/\\1/')
   ${curl} -X POST "${base}/authheader/add" ${json} -H "Authorization: $TOKEN" -d '{"name":"production-api-key"}'
   ${curl} "${base}/test/secure" -H "Authorization: $TOKEN"

3  Sign in as a service account, query the sample data and post a row
   SESSION=$(${curl} -s -X POST "${base}/v1/auth" ${json} -H "Authorization: Token $(printf %s 'steve:steve-demo-secret' | base64)" -d '{}')
   JWT=$(echo "$SESSION" | sed 's/.*"jwt":"\\([^"]*\\)".*/\\1/'); CSRF=$(echo "$SESSION" | sed 's/.*"csrf":"\\([^"]*\\)".*/\\1/')
   ${curl} -X POST "${base}/v1/api?csrf=$CSRF" ${json} -H "Authorization: Bearer $JWT" -d '{"Found":{"ds":"Employees","query":{"filter":[{"name":{"is":"Steve"}}],"limit":10}}}'
   ${curl} -X POST "${base}/v1/api?csrf=$CSRF" ${json} -H "Authorization: Bearer $JWT" -d '{"Added":{"ds":"Employees","data":[{"_rs":"I","name":"Steve","gender":"M","salary":12345}]}}'

4  A 5-hour bearer token
   curl -k -X POST "${secure}/api/authenticate" ${json} -d '{"username":"api","password":"api"}'

5  The sample database as a stored source: reach it, check it, describe it, see what changed
   ${latchkey} source test sample
   ${latchkey} source preflight sample
   ${latchkey} source metadata sample
   ${latchkey} source metadata sample --format mermaid
   ${latchkey} source snapshot sample && ${latchkey} source diff sample

6  Who may do what with it: why the service account does not see salaries, and the command that would change that
   ${latchkey} grant list
   ${latchkey} grant explain --user steve --source sample --table salaries --operation query
   ${latchkey} source query sample salaries --limit 3

Sample data: ${sample}

`;
}

/** One word of a POSIX shell. */
function inShell(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
