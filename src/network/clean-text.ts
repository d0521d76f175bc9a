/**
 * Text that a peer sent, made harmless to show: printable ASCII, cut. Terminals, logs and pages read commands into
 * the rest.
 *
 * @module
 */

/** @param maxLength  In characters. */
export function cleanText(text: string, maxLength: number): string {
  return text
    .slice(0, 4 * maxLength)
    .replace(/[^ -~]+/g, ' ')
    .trim()
    .slice(0, maxLength);
}
