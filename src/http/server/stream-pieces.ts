/**
 * An answer that is made while it is sent, as a stream: gathered into chunks, paced by the client, given up when the
 * client takes nothing for too long.
 *
 * @module
 */
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { httpErrors } from '../errors.js';

/** Characters gathered into one chunk; small pieces would each cost a packet. */
const chunkCharacters = 65_536;

/** How long pieces that are all there already may be gathered before other requests have a turn. */
const turnMs = 20;

/**
 * @param pieces   Taken one by one; returned when the stream is destroyed, whoever destroys it.
 * @param stallMs  How long a chunk may wait for the client before the stream fails with `http.client_stalled`.
 * @param isPrompt Whether every piece is a chunk of its own.
 * @returns        The stream, when its first chunk is there; what was thrown before that is thrown here.
 */
export async function streamPieces(
  pieces: AsyncIterable<string>,
  stallMs: number,
  isPrompt = false,
): Promise<Readable> {
  const chunks = isPrompt ? oneByOne(pieces) : gather(pieces);
  const first = await chunks.next();
  const stream: Readable = Readable.from(paced(), { objectMode: false, highWaterMark: chunkCharacters });

  async function* paced(): AsyncGenerator<string> {
    let next = first;
    try {
      while (next.done !== true) {
        const stall = setTimeout(() => stream.destroy(httpErrors.client_stalled()), stallMs);
        try {
          yield next.value;
        } finally {
          clearTimeout(stall);
        }
        next = await chunks.next();
      }
    } finally {
      await chunks.return(undefined);
    }
  }
  return stream;
}

async function* oneByOne(pieces: AsyncIterable<string>): AsyncGenerator<string, undefined> {
  yield* pieces;
  return undefined;
}

async function* gather(pieces: AsyncIterable<string>): AsyncGenerator<string, undefined> {
  let held = '';
  let turnSinceMs = performance.now();
  for await (const piece of pieces) {
    held += piece;
    if (held.length >= chunkCharacters) {
      yield held;
      held = '';
    }
    if (performance.now() - turnSinceMs > turnMs) {
      await nextTurn();
      turnSinceMs = performance.now();
    }
  }
  if (held !== '') yield held;
  return undefined;
}
