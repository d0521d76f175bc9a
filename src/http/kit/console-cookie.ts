/**
 * The cookie that carries a session of the console: how it is set, taken away and found again. The `__Host-` prefix has
 * the browser see to it that it comes over TLS, for this host alone and from no neighbour of it (RFC 6265bis §4.1.3.2).
 *
 * @module
 */
import type { Secret } from '../../kernel/secret.js';

const consoleCookie = '__Host-latchkey';

/** Without an end of its own: it goes with the browser, and the session behind it ends when it ends. */
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Strict';

/** Value of `Set-Cookie`. */
export function setConsoleCookie(token: Secret): string {
  return `${consoleCookie}=${token.reveal()}; ${attributes}`;
}

/** Value of `Set-Cookie`. */
export const clearConsoleCookie = `${consoleCookie}=; ${attributes}; Max-Age=0`;

/**
 * Values of our cookie in one `Cookie` line, as often as they stand there; names are told apart by case. Nothing is
 * decoded: we set no value that would need it. A name with any other white space before it is another name, for which a
 * browser does not guard the prefix.
 */
export function consoleCookiesIn(header: string): string[] {
  return header.split(';').flatMap((pair) => {
    const equals = pair.indexOf('=');
    if (equals === -1 || withoutBlanks(pair.slice(0, equals)) !== consoleCookie) return [];
    return [withoutBlanks(pair.slice(equals + 1))];
  });
}

/** Around a name and a value (RFC 6265 §4.2.1): of all that other programs call white space, two characters alone. */
function withoutBlanks(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text[start])) start += 1;
  while (end > start && isBlank(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}
