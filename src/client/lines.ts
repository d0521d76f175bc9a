/** Answers of one JSON value a line, read as they come. @module */
import { clientError, LatchkeyError } from './errors.js';

/**
 * Ends when the answer does; the connection is let go of when the reader stops early.
 *
 * @throws LatchkeyError `client.answer_cut` when the answer broke off: what was read is a part.
 */
export async function* readLines<T>(response: Response, signal?: AbortSignal): AsyncGenerator<T, void, undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + decoder.decode(value, { stream: !done })).split('\n');
      rest = done ? '' : (lines.pop() ?? '');
      for (const line of lines) if (line !== '') yield JSON.parse(line) as T;
      if (done) return;
    }
  } catch (error) {
    if (error instanceof LatchkeyError) throw error;
    signal?.throwIfAborted();
    throw clientError('answer_cut', 'The answer broke off: what was read is a part of it.', error);
  } finally {
    // Of an answer that is over, nothing; of one that is not, its connection.
    await reader.cancel().catch(() => undefined);
  }
}
