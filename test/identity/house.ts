/**
 * Identity over a real embedded store in a throw-away folder, with a clock that stands still until a test moves it and
 * hashes that cost next to nothing. What a verb writes is recorded on its way to the store.
 *
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CredentialKind, Principal } from '../../src/access/index.js';
import type { AuditEvent, AuditOrigin, AuditRecord } from '../../src/audit/index.js';
import {
  type Actor,
  createIdentity,
  createPasswordPool,
  defaultIdentityPolicy,
  type Identity,
  type IdentityPolicy,
  type IdentityStore,
  type NewUser,
  type PasswordHasher,
  type PasswordParameters,
  type PresentedCredential,
  type Profile,
  type SharedGuessCounters,
  type SignIn,
  type TokenFamily,
} from '../../src/identity/index.js';
import { AppError } from '../../src/kernel/errors.js';
import { Secret } from '../../src/kernel/secret.js';
import { networks } from '../../src/network/index.js';
import { createKeyRing, makePrivateKey } from '../../src/secrets/index.js';
import { openStore, type Store } from '../../src/store/open-store.js';
import { restoreSqlite } from '../../src/store/restore-sqlite.js';

/** As the composition root hands it to identity, for tests beside the source. */
export { makePrivateKey };

/** 2026-04-26T00:08:27.250Z: not on a full second, as in life. */
export const startMs = 1_777_162_107_250;
export const cheap: PasswordParameters = { memoryKib: 8, passes: 1, lanes: 1 };
export const testIssuer = 'https://latchkey.example';
export const goodPassword = 'tangerine orbit cactus lamp';

export { networks };

export interface House {
  readonly identity: Identity;
  readonly store: Store;
  readonly clock: { nowMs(): number; advance(ms: number): void };
  /** Names of the writes of every transaction since {@link House.forget}; one list per transaction that committed. */
  readonly writes: string[][];
  readonly backgroundFailures: unknown[];
  forget(): void;
  /** A second identity over the same store, as another process would be. */
  another(): Identity;
  /**
   * Ends everything that is in memory and opens the store again; with a backup of the embedded one, after that was put
   * in its place.
   */
  restart(backup?: string): Promise<void>;
  /** A folder of its own for whatever a test leaves. */
  readonly folder: string;
  addUser(username: string, more?: Partial<NewUser>): Promise<Profile>;
  login(username: string, password?: string, family?: TokenFamily): Promise<SignIn>;
  authenticate(token: Secret, accepts: CredentialKind, csrf?: Secret | null): Promise<Principal>;
  /** Newest first. */
  audited(): Promise<readonly AuditRecord[]>;
  close(): Promise<void>;
}

export const origin: AuditOrigin = { door: 'native', requestId: 'r-1', address: '192.0.2.1' };
export const operator: Actor = { principal: null, origin: { door: 'cli', requestId: null, address: null } };

export interface HouseOptions {
  /** Of an empty database on a server; the embedded store where none is given. */
  readonly storeUrl?: string;
  /** Called for every identity that is made. */
  readonly sharedGuesses?: () => SharedGuessCounters;
  readonly policy?: Partial<IdentityPolicy>;
  readonly hasher?: PasswordHasher;
  readonly wrapStore?: (store: IdentityStore) => IdentityStore;
}

/** One for the houses of a file, which follow each other: its thread costs as much to start as the rest of a house. */
let pool: PasswordHasher | null = null;
let borrowers = 0;
/** A house follows the one before it sooner than this. */
const idleMs = 20;

function borrowPool(): PasswordHasher {
  borrowers += 1;
  pool ??= createPasswordPool({ threads: 1 });
  return pool;
}

function giveBackPool(): void {
  borrowers -= 1;
  setTimeout(() => {
    if (borrowers > 0) return;
    void pool?.close();
    pool = null;
  }, idleMs);
}

export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const dataDir = await mkdtemp(join(tmpdir(), 'latchkey-identity-'));
  let nowMs = startMs;
  const clock = {
    nowMs: () => nowMs,
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
  const ids = { uuid: () => randomUUID(), bytes: (count: number) => new Uint8Array(randomBytes(count)) };
  const keyRing = createKeyRing({ current: new Secret(ids.bytes(32)), randomBytes: ids.bytes });
  const fatal: Error[] = [];
  const open = (url = options.storeUrl) =>
    openStore({ url, dataDir, keyRing, clock, ids, onFatal: (error) => void fatal.push(error) });
  let store = await open();
  const hasher = options.hasher ?? borrowPool();
  const writes: string[][] = [];
  const backgroundFailures: unknown[] = [];
  const digestKey = new Secret(ids.bytes(32));
  const decoyKey = new Secret(ids.bytes(32));
  const policy = { ...defaultIdentityPolicy, passwordParameters: cheap, ...options.policy };
  let recording = recordWrites(store.identity, writes);
  const make = (over = recording) =>
    createIdentity({
      sharedGuesses: options.sharedGuesses?.(),
      store: options.wrapStore?.(over) ?? over,
      clock,
      ids,
      hasher,
      digestKey,
      decoyKey,
      makePrivateKey,
      issuer: () => testIssuer,
      networks,
      policy,
      observer: { backgroundWriteFailed: (error) => void backgroundFailures.push(error) },
    });
  let identity = make();
  await identity.organisations.add(operator, { uid: 'acme', name: 'Acme Corp' });

  const putBack = async (copy: string) => {
    const restored = await open(`sqlite:${copy}`);
    const over = make(restored.identity);
    await over.revocations.revokeInstall(operator, { apiKeys: true, reason: 'restored' });
    await over.close();
    await restored.close();
  };

  return {
    get identity() {
      return identity;
    },
    get store() {
      return store;
    },
    folder: dataDir,
    async restart(backup) {
      await identity.close();
      await store.close();
      const file = join(dataDir, 'latchkey.db');
      if (backup !== undefined) await restoreSqlite({ from: backup, file, mark: ids.uuid(), prepare: putBack });
      store = await open();
      recording = recordWrites(store.identity, writes);
      identity = make();
    },
    clock,
    writes,
    backgroundFailures,
    forget: () => void writes.splice(0),
    another: () => make(),
    addUser: (username, more) =>
      identity.users.add(operator, {
        kind: 'person',
        username,
        organisationUid: 'acme',
        password: new Secret(goodPassword),
        ...more,
      }),
    login: (username, password = goodPassword, family = 'precrime') =>
      identity.login({ family, username, password: new Secret(password), origin }),
    authenticate: async (token, accepts, csrf = null) =>
      identity.authenticate({ presented: jwt(token, csrf), accepts: [accepts], origin }),
    audited: async () => (await store.audit.list({}, { limit: 1000 })).items,
    async close() {
      await identity.close();
      await store.close();
      if (options.hasher === undefined) giveBackPool();
      await rm(dataDir, { recursive: true, force: true });
      if (fatal.length > 0) throw fatal[0];
    },
  };
}

export function jwt(value: Secret, csrf: Secret | null = null): PresentedCredential {
  return { shape: 'jwt', value, csrf };
}

export function apiKey(value: Secret | null): PresentedCredential {
  return { shape: 'api_key', value: value ?? new Secret(''), csrf: null };
}

/** Everything an error says, to compare two of them to the byte. */
export async function refusalOf(work: unknown): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { name, kind, code, message, details } = error;
    return JSON.stringify({ name, kind, code, message, details, cause: error.cause ?? null, keys: Object.keys(error) });
  }
  throw new Error('expected a refusal');
}

export async function codeOf(work: unknown): Promise<string> {
  return (JSON.parse(await refusalOf(work)) as { code: string }).code;
}

export function decode(token: Secret): { readonly header: string; readonly payload: string; readonly parts: string[] } {
  const parts = token.reveal().split('.');
  const [header = '', payload = ''] = parts.map((part) => Buffer.from(part, 'base64url').toString());
  return { header, payload, parts };
}

const readsOfTransaction = new Set([
  'findOrganisation',
  'findRole',
  'hasAdministrator',
  'findUserForChange',
  'findApiKeyForChange',
  'isSessionStanding',
  'findApiKeyByRequest',
  'countApiKeys',
  'hasRoomForApiKey',
  'isUserAsSeen',
]);

function recordWrites(store: IdentityStore, writes: string[][]): IdentityStore {
  return {
    ...store,
    transaction: async (work) => {
      let names: string[] = [];
      const result = await store.transaction((tx) => {
        names = [];
        const recorded = new Proxy(tx, {
          get: (target, name, receiver) => {
            const verb: unknown = Reflect.get(target, name, receiver);
            if (typeof verb !== 'function' || typeof name !== 'string' || readsOfTransaction.has(name)) return verb;
            return (...input: unknown[]) => {
              names.push(name === 'appendAudit' ? `audit ${(input[0] as AuditEvent).name}` : name);
              return verb.apply(target, input) as unknown;
            };
          },
        });
        return work(recorded);
      });
      writes.push(names);
      return result;
    },
  };
}
