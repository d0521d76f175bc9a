/**
 * The client's proof in SCRAM-SHA-256 (RFC 5802, RFC 7677). The driver's own goes to another thread for each of seven
 * small steps and waits for it; here only the one that takes time leaves the event loop. Draws no nonce and keeps
 * nothing.
 *
 * @module
 */
import { createHash, createHmac, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';

export interface ScramProof {
  /** `client-final-message`. */
  readonly final: string;
  /** What a server that knows the password signs with, base64: to be compared with `v` of its last message. */
  readonly serverSignature: string;
}

/** As many rounds as a server may ask for: PostgreSQL has 4,096, and the thread they run on is everybody's. */
const maxIterations = 100_000;
/** `n,,` in base64: no channel binding, which is what the first message said. */
const noChannelBinding = 'biws';
const keyBytes = 32;

const deriveKey = promisify(pbkdf2);

/**
 * @param password     Not empty.
 * @param clientNonce  Of the first message, which was `n,,n=*,r=<nonce>`.
 * @param serverFirst  `server-first-message`, as it came.
 * @throws Error  whose message begins with `SASL: ` and holds nothing of either side, when the server's message is not
 *   one that can be answered.
 */
export async function proveByScram(password: string, clientNonce: string, serverFirst: string): Promise<ScramProof> {
  const { nonce, salt, iterations } = readServerFirst(serverFirst);
  // A nonce of the server's own behind ours, or an old conversation could be played again (RFC 5802 §5.1).
  if (!nonce.startsWith(clientNonce) || nonce.length === clientNonce.length) throw unanswerable('nonce');
  if (iterations > maxIterations) throw unanswerable('iterations');
  const withoutProof = `c=${noChannelBinding},r=${nonce}`;
  const authMessage = `n=*,r=${clientNonce},${serverFirst},${withoutProof}`;
  const saltedPassword = await deriveKey(
    prepared(password),
    Buffer.from(salt, 'base64'),
    iterations,
    keyBytes,
    'sha256',
  );
  const clientKey = hmac(saltedPassword, 'Client Key');
  const clientSignature = hmac(createHash('sha256').update(clientKey).digest(), authMessage);
  const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (clientSignature[at] ?? 0)));
  return {
    final: `${withoutProof},p=${proof.toString('base64')}`,
    serverSignature: hmac(hmac(saltedPassword, 'Server Key'), authMessage).toString('base64'),
  };
}

/** RFC 5802 §7: nonce, salt and count, in this order. Extensions behind them are optional, and signed like the rest. */
const serverFirstForm = /^r=([\x21-\x2b\x2d-\x7e]+),s=([a-zA-Z0-9+/]+={0,2}),i=([1-9]\d{0,8})(?:,.*)?$/;

function readServerFirst(message: string): {
  readonly nonce: string;
  readonly salt: string;
  readonly iterations: number;
} {
  const [, nonce, salt, iterations] = serverFirstForm.exec(message) ?? [];
  if (nonce === undefined || salt === undefined || salt.length % 4 !== 0) throw unanswerable('form');
  return { nonce, salt, iterations: Number(iterations) };
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/**
 * SASLprep (RFC 4013) as far as PostgreSQL's changes bytes: other spaces become the space (RFC 3454 C.1.2), what is
 * commonly mapped to nothing goes (B.1), the rest is normalized. What SASLprep forbids goes as it is, like there.
 */
function prepared(password: string): string {
  return password.replace(otherSpaces, ' ').replace(mappedToNothing, '').normalize('NFKC');
}

const otherSpaces = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g;
// Some of them join with their neighbours, so each stands alone.
const mappedToNothing = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g;

function unanswerable(what: 'form' | 'nonce' | 'iterations'): Error {
  return new Error(`SASL: the server's first message cannot be answered: ${what}`);
}
