/**
 * Credentials that are kept elsewhere, read at the moment they are used: variables of the environment and files. What
 * may be looked at is the operator's law; what may not answers as if it were not there.
 *
 * @module
 */
import { constants } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { Secret } from '../kernel/secret.js';

export interface CredentialLaw {
  /** Names of variables; a closing `*` stands for any rest. Empty: see `isAnyAllowed`. */
  readonly variables: readonly string[];
  /** Absolute folders; only files that really lie below one of them. Empty: see `isAnyAllowed`. */
  readonly roots: readonly string[];
  /** Live: whether, without a list, anything may be named, because we serve nobody but this machine. */
  readonly isAnyAllowed: () => boolean;
  /** Our own folders: never. */
  readonly ownFolders: readonly string[];
  /** Our own files, by whatever name they are reached: never. */
  readonly ownFiles: readonly string[];
  readonly readVariable: (name: string) => Secret | null;
}

type EnvReference = { readonly kind: 'env'; readonly name: string };
type FileReference = { readonly kind: 'file'; readonly path: string };

type Found =
  | { readonly ok: true; readonly secret: Secret; readonly changedAtMs: number | null }
  | { readonly ok: false; readonly reason: 'CREDENTIAL_REF_UNRESOLVED' | 'SECRET_STORE_UNAVAILABLE' };

export interface CredentialReferences {
  /** Never throws: what cannot be had is an answer. */
  find(reference: EnvReference | FileReference): Promise<Found>;
  /** Judges the text of a reference; where the path of a file really leads is judged when it is read. */
  isAllowed(
    reference: { readonly kind: 'env' | 'file' } & ({ readonly name: string } | { readonly path: string }),
  ): boolean;
}

const maxFileBytes = 65_536;
/** A file system that hangs holds a thread that everything else needs, too: so few wait for one, and not for ever. */
const maxReadsAtOnce = 2;
const readLimitMs = 3_000;

/** Kernel interfaces, not files: one of them shows our own environment. */
const systemFolders = ['/proc', '/sys', '/dev'];

const unresolved: Found = { ok: false, reason: 'CREDENTIAL_REF_UNRESOLVED' };
const unavailable: Found = { ok: false, reason: 'SECRET_STORE_UNAVAILABLE' };

export function createCredentialFinder(law: CredentialLaw): CredentialReferences {
  const inTurn = createTurns(maxReadsAtOnce);

  function isVariableAllowed(name: string): boolean {
    // Our own settings hold the master key.
    if (name.startsWith('LATCHKEY_')) return false;
    if (law.variables.length === 0) return law.isAnyAllowed();
    return law.variables.some((entry) => (entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : name === entry));
  }

  function isPathAllowed(path: string, roots: readonly string[], ownFolders: readonly string[]): boolean {
    if ([...systemFolders, ...ownFolders].some((folder) => isAtOrBelow(path, folder))) return false;
    return law.roots.length === 0 ? law.isAnyAllowed() : roots.some((root) => path !== root && isAtOrBelow(path, root));
  }

  async function findFile(path: string): Promise<Found> {
    if (resolve(path) !== path || !isPathAllowed(path, law.roots, law.ownFolders)) return unresolved;
    let handle: FileHandle | null = null;
    try {
      const [roots, ownFolders] = await Promise.all([realOnes(law.roots), realOnes(law.ownFolders)]);
      const real = await realpath(path);
      if (!isPathAllowed(real, roots, ownFolders)) return unresolved;
      // O_NONBLOCK: opening a pipe must not wait for its other end; it is refused below.
      handle = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
      const state = await handle.stat();
      // The name may have been turned elsewhere between the two: then what is open is not what was judged.
      if (!(await isStill(real, state))) return unresolved;
      if (!state.isFile() || state.size > maxFileBytes) return unresolved;
      if (await isOwnFile(law.ownFiles, state)) return unresolved;
      const text = await readText(handle);
      if (text === null) return unresolved;
      return { ok: true, secret: new Secret(text), changedAtMs: Math.round(state.mtimeMs) };
    } catch (fault) {
      const code = fault instanceof Error && 'code' in fault ? fault.code : '';
      return absentCodes.has(code) ? unresolved : unavailable;
    } finally {
      await handle?.close();
    }
  }

  return {
    isAllowed(reference) {
      if ('name' in reference) return reference.kind === 'env' && isVariableAllowed(reference.name);
      const { kind, path } = reference;
      return kind === 'file' && resolve(path) === path && isPathAllowed(path, law.roots, law.ownFolders);
    },

    async find(reference) {
      if (reference.kind === 'file') return withinLimit(inTurn(() => findFile(reference.path)));
      const secret = isVariableAllowed(reference.name) ? law.readVariable(reference.name) : null;
      return secret === null ? unresolved : { ok: true, secret, changedAtMs: null };
    },
  };
}

/** Nothing is there; everything else is a store that does not let us see. */
const absentCodes: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ENXIO']);

interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

async function isStill(real: string, { dev, ino }: FileIdentity): Promise<boolean> {
  if ((await realpath(real)) !== real) return false;
  const now = await stat(real);
  return now.dev === dev && now.ino === ino;
}

/** A file by another name or a hard link is the same file. */
async function isOwnFile(ownFiles: readonly string[], { dev, ino }: FileIdentity): Promise<boolean> {
  for (const file of ownFiles) {
    const own = await stat(file).catch(() => null);
    if (own !== null && own.dev === dev && own.ino === ino) return true;
  }
  return false;
}

/** The text without one closing line break; `null` when it is too long, empty or no text that could be a password. */
async function readText(handle: FileHandle): Promise<string | null> {
  const buffer = Buffer.alloc(maxFileBytes + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (length > maxFileBytes) return null;
  let text: string;
  try {
    // A byte order mark is part of the text: no server would drop it either.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(buffer.subarray(0, length));
  } catch {
    return null;
  }
  const plain = text.replace(/\r?\n$/, '');
  // NUL ends a password in every wire protocol, so what follows would be checked by nobody.
  return plain === '' || plain.includes('\0') ? null : plain;
}

/** A folder that is not there holds nothing; it stays as it was named. */
function realOnes(folders: readonly string[]): Promise<string[]> {
  return Promise.all(folders.map((folder) => realpath(folder).catch(() => resolve(folder))));
}

function isAtOrBelow(path: string, folder: string): boolean {
  const plain = folder.length > 1 && folder.endsWith(sep) ? folder.slice(0, -1) : folder;
  return path === plain || path.startsWith(plain === sep ? sep : plain + sep);
}

/** Who waits longer than the limit is answered; what it waits for keeps its turn until it ends. */
async function withinLimit(found: Promise<Found>): Promise<Found> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<Found>((settle) => {
    timer = setTimeout(() => settle(unavailable), readLimitMs);
  });
  try {
    return await Promise.race([found, timeUp]);
  } finally {
    clearTimeout(timer);
  }
}

function createTurns(atOnce: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    // Whoever leaves hands over its place, so nobody who comes later can take it.
    if (running < atOnce) running += 1;
    else await new Promise<void>((go) => waiting.push(go));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
