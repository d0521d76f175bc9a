/** Conditional requests: whether what the client has is still what it would get (RFC 9110 §13.1.2). @module */

/** `W/"…"` or `"…"` (RFC 9110 §8.8.3): any visible character but the quote, and bytes beyond ASCII. */
const entityTag = /(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/y;
/** Between two tags; empty elements do not count (§5.6.1.2). */
const separator = /[ \t]*,[ \t,]*|[ \t]*$/y;

/**
 * The weak comparison of RFC 9110 §8.8.3.2: opaque tags alike, weak or not.
 *
 * @param ifNoneMatch  The header as it came; `null` when there is none.
 * @param etag         The current tag, weak or strong.
 * @returns            `false` for a header that is malformed: whoever sends one gets the whole answer.
 */
export function isUnchanged(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  const header = ifNoneMatch.trim();
  if (header === '*') return true;
  const [current] = readTags(etag) ?? [];
  return current !== undefined && readTags(header)?.includes(current) === true;
}

/** The opaque parts; `null` when the header is malformed. */
function readTags(header: string): string[] | null {
  const tags: string[] = [];
  let at = 0;
  while (at < header.length) {
    entityTag.lastIndex = at;
    const tag = entityTag.exec(header);
    if (tag?.[1] === undefined) return null;
    tags.push(tag[1]);
    separator.lastIndex = entityTag.lastIndex;
    if (separator.exec(header) === null) return null;
    at = separator.lastIndex;
  }
  return tags;
}
