/**
 * The one secret everything sealed hangs on: 32 bytes, base64, in a file only its owner can read. The file is made on
 * first start; a file that others can read, or that holds anything else, stops the start, and so does a key that is
 * missing where something is sealed already: a new one opens nothing of it, and would look like the right one ever after.
 *
 * @module
 */
import { constants } from 'node:fs';
import { type FileHandle, link, open, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Secret } from '../kernel/secret.js';
import { secretsErrors } from './errors.js';

const keyBytes = 32;
const maxFileBytes = 64;
const canonicalKey = /^[A-Za-z0-9+/]{43}=$/;

export interface MasterKeyOptions {
  readonly file: string;
  /** CSPRNG, asked only when the file has to be made. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** Whether something is sealed already. Asked only when there is no such file. */
  readonly isSealed: () => Promise<boolean>;
}

export interface LoadedMasterKey {
  readonly key: Secret<Uint8Array>;
  /** Whether this call made the file. */
  readonly isNew: boolean;
}

/**
 * Reads a master key as it is written in a setting or a file.
 *
 * @param text  32 bytes in canonical base64 (RFC 4648 §4), nothing around it.
 * @throws `secrets.master_key_invalid`
 */
export function parseMasterKey(text: Secret): Secret<Uint8Array> {
  const value = text.reveal();
  if (!canonicalKey.test(value)) throw secretsErrors.master_key_invalid();
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length !== keyBytes || bytes.toString('base64') !== value) throw secretsErrors.master_key_invalid();
  return new Secret<Uint8Array>(bytes);
}

/** Where the operator keeps the key. */
export interface MasterKeySettings {
  readonly masterKey: Secret | null;
  readonly masterKeyFile: string | null;
  readonly dataDir: string;
}

/** The operator's key, else the file's, else the generated file's of the data folder. @throws as {@link loadMasterKey} */
export async function findMasterKey(
  { masterKey, masterKeyFile, dataDir }: MasterKeySettings,
  making: Pick<MasterKeyOptions, 'randomBytes' | 'isSealed'>,
): Promise<Secret<Uint8Array>> {
  if (masterKey !== null) return parseMasterKey(masterKey);
  return (await loadMasterKey({ file: masterKeyFile ?? join(dataDir, 'master.key'), ...making })).key;
}

/**
 * The key of `file`, made first when there is no such file and nothing is sealed. A new key is durable before this
 * resolves, because what is sealed under it next may be.
 *
 * @throws `secrets.master_key_missing`    there is no such file, and something is sealed already.
 * @throws `secrets.master_key_exposed`    not a plain file, or others may read or write it.
 * @throws `secrets.master_key_invalid`    holds anything but 32 bytes in base64 and at most one line end.
 * @throws `secrets.master_key_unreadable`
 * @throws what asking whether something is sealed throws; no key is made then.
 */
export async function loadMasterKey({ file, randomBytes, isSealed }: MasterKeyOptions): Promise<LoadedMasterKey> {
  try {
    const existing = await readKey(file);
    if (existing !== null) return { key: existing, isNew: false };
    const mayBeMade = !(await isSealed());
    // What is sealed may be so under the key that another first start made meanwhile.
    const isNew = mayBeMade && (await createKey(file, randomBytes));
    const key = await readKey(file);
    if (key === null) throw mayBeMade ? secretsErrors.master_key_unreadable() : secretsErrors.master_key_missing();
    return { key, isNew };
  } catch (error) {
    if (isSystemError(error)) throw secretsErrors.master_key_unreadable({ cause: error });
    throw error;
  }
}

async function readKey(file: string): Promise<Secret<Uint8Array> | null> {
  let handle: FileHandle;
  try {
    // O_NONBLOCK: opening a pipe must not wait for its other end; it is refused below.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return null;
    throw error;
  }
  try {
    const state = await handle.stat();
    if (!state.isFile() || (state.mode & 0o077) !== 0) throw secretsErrors.master_key_exposed();
    if (state.size > maxFileBytes) throw secretsErrors.master_key_invalid();
    const text = await handle.readFile('latin1');
    return parseMasterKey(new Secret(text.replace(/\r?\n$/, '')));
  } finally {
    await handle.close();
  }
}

/**
 * Writes the key beside its place and links it there: whoever looks sees no file or the whole key, and of two first
 * starts at once one wins.
 *
 * @returns false when another process made the file meanwhile.
 */
async function createKey(file: string, randomBytes: (count: number) => Uint8Array): Promise<boolean> {
  const text = `${Buffer.from(randomBytes(keyBytes)).toString('base64')}\n`;
  const draft = `${file}.${Buffer.from(randomBytes(8)).toString('hex')}.new`;
  const handle = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    try {
      await handle.chmod(0o600);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    try {
      await link(draft, file);
    } catch (error) {
      if (isSystemError(error) && error.code === 'EEXIST') return false;
      throw error;
    }
  } finally {
    await unlink(draft);
  }
  const folder = await open(dirname(file), constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return true;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}
