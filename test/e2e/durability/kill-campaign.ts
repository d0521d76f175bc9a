/**
 * A campaign of kills: a server takes writes over HTTP from several clients, is killed without warning at a random
 * instant (SIGKILL, sometimes while it starts), is started again, and has to account for everything it acknowledged.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { createInstallation, type Environment, type RunningProgram } from '../support/program.js';

export interface CampaignOptions {
  readonly kills: number;
  /** Decides the instants; told in the report, so that a campaign can be run again. */
  readonly seed: number;
  /** Settings of the installation: `LATCHKEY_STORE_URL`. */
  readonly environment?: Environment;
  /** The audit trail is compared and verified after every so many kills, and at the end. */
  readonly auditEvery: number;
  readonly onRound?: (round: number, report: CampaignReport) => void;
  /** Does something to the data folder of the dead server: how a test shows that the campaign can find a loss. */
  readonly sabotage?: (dataDir: string) => void;
}

export interface CampaignReport {
  readonly seed: number;
  kills: number;
  /** Kills of those before the server listened. */
  killsDuringStart: number;
  readonly acknowledged: { added: number; deleted: number; logins: number };
  /** Requests that were under way when the server died; either outcome is right. */
  unanswered: number;
  /** Acknowledged and not there afterwards. Must stay empty. */
  readonly lost: string[];
  /** There in part: state without its event, event without its state, a key nobody asked for. Must stay empty. */
  readonly halfDone: string[];
  /** Answers that were neither success nor silence. Must stay empty. */
  readonly unexpected: string[];
  /** From the start of the process until it listens, of every start that was let to. */
  readonly readyMs: number[];
}

type KeyState = 'unsettled' | 'live' | 'deleting' | 'deleted';

interface Key {
  readonly name: string;
  state: KeyState;
  id: string;
  token: string;
}

const clients = 4;
const username = 'campaigner';
const password = 'a long enough pass phrase for campaigns';

/** Runs the whole campaign in an installation of its own, which is removed at the end. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const installation = createInstallation(options.environment);
  const random = randomFrom(options.seed);
  const report: CampaignReport = {
    seed: options.seed,
    kills: 0,
    killsDuringStart: 0,
    acknowledged: { added: 0, deleted: 0, logins: 0 },
    unanswered: 0,
    lost: [],
    halfDone: [],
    unexpected: [],
    readyMs: [],
  };
  const keys = new Map<string, Key>();
  try {
    const made = await installation.run(['user', 'add', username, '--password-stdin'], { stdin: password });
    if (made.code !== 0) throw new Error(`the user could not be made: ${made.stdout}${made.stderr}`);
    let session: string | null = null;
    let nextAudit = options.auditEvery;
    for (let round = 1; report.kills < options.kills; round += 1) {
      const server = await installation.start();
      report.readyMs.push(server.startMs);
      const token: string = session ?? (await logIn(server, report)) ?? '';
      await compareKeys(server, token, keys, report);
      session = (await write(server, token, keys, report, round, random)) ?? token;
      report.kills += 1;
      options.sabotage?.(installation.dataDir);
      if (random() < 0.2 && report.kills < options.kills) {
        await killDuringStart(installation.environment, random() * 600);
        report.kills += 1;
        report.killsDuringStart += 1;
      }
      if (report.kills >= nextAudit && report.kills < options.kills) {
        await auditAfterRestart(session);
        nextAudit += options.auditEvery;
      }
      options.onRound?.(round, report);
    }
    await auditAfterRestart(session);
    return report;
  } finally {
    installation.remove();
  }

  /** Settles what the last kill left open, then holds the trail against the keys. */
  async function auditAfterRestart(session: string | null): Promise<void> {
    const server = await installation.start();
    report.readyMs.push(server.startMs);
    const live = await compareKeys(server, session ?? '', keys, report);
    const code = await server.stop();
    if (code !== 0) report.unexpected.push(`a graceful stop ended with ${code}`);
    const verified = await installation.run(['audit', 'verify', '--json']);
    if (verified.code !== 0) report.halfDone.push(`audit verify: ${verified.stdout}${verified.stderr}`);
    const listed = await installation.run(['audit', 'list', '--json', '--limit', '10000000']);
    if (listed.code !== 0) report.unexpected.push(`audit list: ${listed.stderr}`);
    else compareTrail(listed.stdout, live, report);
  }
}

/** Clients write until the server dies under them. @returns the last session that was acknowledged. */
async function write(
  server: RunningProgram,
  token: string,
  keys: Map<string, Key>,
  report: CampaignReport,
  round: number,
  random: () => number,
): Promise<string | null> {
  let isDead = false;
  let session: string | null = null;

  async function client(number: number): Promise<void> {
    const own: Key[] = [];
    for (let turn = 1; !isDead; turn += 1) {
      const dice = random();
      if (dice < 0.05) session = (await logIn(server, report)) ?? session;
      else if (dice < 0.45 && own.length > 0)
        await deleteKey(own.splice(Math.floor(random() * own.length), 1)[0] as Key);
      else await addKey(`key-${round}-${number}-${turn}`, own);
    }
  }

  async function addKey(name: string, own: Key[]): Promise<void> {
    const key: Key = { name, state: 'unsettled', id: '', token: '' };
    keys.set(name, key);
    const answer = await post(server, '/authheader/add', { name }, token, report);
    if (answer === null) return;
    key.state = 'live';
    key.id = String(answer['id']);
    key.token = String(answer['token']);
    own.push(key);
    report.acknowledged.added += 1;
  }

  async function deleteKey(key: Key): Promise<void> {
    key.state = 'deleting';
    const answer = await post(server, '/authheader/delete', { text: key.token }, token, report);
    if (answer === null) return;
    key.state = 'deleted';
    report.acknowledged.deleted += 1;
  }

  const working = Array.from({ length: clients }, (_, number) => client(number));
  await new Promise((resolve) => setTimeout(resolve, 20 + random() * 700));
  await server.kill();
  isDead = true;
  await Promise.all(working);
  return session;
}

async function logIn(server: RunningProgram, report: CampaignReport): Promise<string | null> {
  const answer = await post(server, '/user/login', { username, password }, null, report);
  if (answer === null) return null;
  report.acknowledged.logins += 1;
  return String(answer['Token']);
}

/** @returns the body of a success; `null` when the server died before it answered, or answered otherwise. */
async function post(
  server: RunningProgram,
  path: string,
  body: unknown,
  token: string | null,
  report: CampaignReport,
): Promise<Record<string, unknown> | null> {
  let status: number;
  let text: string;
  try {
    const response = await fetch(`${server.http}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: token }) },
      body: JSON.stringify(body),
    });
    status = response.status;
    text = await response.text();
  } catch {
    report.unanswered += 1;
    return null;
  }
  if (status !== 200) {
    report.unexpected.push(`POST ${path}: ${status} ${text.slice(0, 200)}`);
    return null;
  }
  return JSON.parse(text) as Record<string, unknown>;
}

/** Holds what the server lists against what it acknowledged, and settles what was under way. @returns the listed ids. */
async function compareKeys(
  server: RunningProgram,
  token: string,
  keys: Map<string, Key>,
  report: CampaignReport,
): Promise<ReadonlySet<string>> {
  const response = await fetch(`${server.http}/authheader/list`, { headers: { authorization: token } });
  if (response.status !== 200) {
    report.lost.push(`the acknowledged session: ${response.status} ${await response.text()}`);
    return new Set();
  }
  const listed = new Map(((await response.json()) as Key[]).map((key) => [key.name, key]));
  const ids = new Set([...listed.values()].map(({ id }) => id));
  for (const key of keys.values()) {
    const found = listed.get(key.name);
    listed.delete(key.name);
    const isSame = found !== undefined && found.id === key.id && found.token === key.token;
    if (key.state === 'live' && !isSame) report.lost.push(`added ${key.name}`);
    if (key.state === 'deleted' && found !== undefined) report.lost.push(`deleted ${key.name}`);
    if (key.state === 'deleting') key.state = found === undefined ? 'deleted' : 'live';
    if (key.state === 'unsettled' && found !== undefined) {
      key.state = 'live';
      key.id = found.id;
      key.token = found.token;
    }
  }
  for (const name of listed.keys()) report.halfDone.push(`${name} is listed and was never asked for`);
  await tryOne(
    server,
    [...keys.values()].findLast((key) => key.state === 'live'),
    200,
    report,
  );
  await tryOne(
    server,
    [...keys.values()].findLast((key) => key.state === 'deleted' && key.token !== ''),
    401,
    report,
  );
  return ids;
}

async function tryOne(
  server: RunningProgram,
  key: Key | undefined,
  status: number,
  report: CampaignReport,
): Promise<void> {
  if (key === undefined) return;
  const response = await fetch(`${server.http}/test/secure`, { headers: { 'x-authorization': key.token } });
  await response.arrayBuffer();
  if (response.status !== status) report.lost.push(`${key.state} ${key.name} is answered with ${response.status}`);
}

/** Every key has its event and every event its key. */
function compareTrail(trail: string, live: ReadonlySet<string>, report: CampaignReport): void {
  const { events } = JSON.parse(trail) as { events: { name: string; subject: string | null; outcome: string }[] };
  const idsOf = (name: string) =>
    events
      .filter((event) => event.name === name && event.outcome === 'ok')
      .map(({ subject }) => (subject ?? '').replace('api_key:', ''));
  const deleted = new Set(idsOf('api_key.deleted'));
  const made = new Set(idsOf('api_key.created').filter((id) => !deleted.has(id)));
  for (const id of live) if (!made.has(id)) report.halfDone.push(`the key ${id} is there and its trail says it is not`);
  for (const id of made)
    if (!live.has(id)) report.halfDone.push(`the key ${id} is gone and its trail says it is there`);
  const logins = events.filter((event) => event.name === 'login.succeeded').length;
  if (logins < report.acknowledged.logins) {
    report.halfDone.push(`${report.acknowledged.logins} logins were acknowledged and ${logins} have an event`);
  }
}

/** A start that never gets to listen. */
async function killDuringStart(environment: Environment, afterMs: number): Promise<void> {
  const main = new URL('../../../dist/main.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [main, 'serve'], { env: { ...environment }, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill('SIGKILL');
  await ended;
}

/** mulberry32: small, seeded, good enough to choose instants. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
