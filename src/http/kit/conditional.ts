/** Conditional requests: whether what the client has is still what it would get (RFC 9110 §13.1). @module */

/** `W/"…"` or `"…"` (RFC 9110 §8.8.3): any visible character but the quote, and bytes beyond ASCII. */
const entityTag = /(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/y;
/** Between two tags; empty elements do not count (§5.6.1.2). */
const separator = /[ \t]*,[ \t,]*|[ \t]*$/y;

interface Tag {
  readonly isWeak: boolean;
  /** With its quotes. */
  readonly opaque: string;
}

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
  return current !== undefined && readTags(header)?.some(({ opaque }) => opaque === current.opaque) === true;
}

/**
 * Whether a change may go on: the strong comparison of RFC 9110 §8.8.3.2, as §13.1.1 asks for.
 *
 * @param ifMatch  The header as it came.
 * @param etag     The current tag; `null`: there is nothing to change.
 * @returns        `false` for a header that is malformed.
 */
export function isStillMatched(ifMatch: string, etag: string | null): boolean {
  if (etag === null) return false;
  const header = ifMatch.trim();
  return header === '*' || readTags(header)?.some((tag) => !tag.isWeak && tag.opaque === etag) === true;
}

/** `null` when the header is malformed. */
function readTags(header: string): Tag[] | null {
  const tags: Tag[] = [];
  let at = 0;
  while (at < header.length) {
    entityTag.lastIndex = at;
    const tag = entityTag.exec(header);
    if (tag?.[2] === undefined) return null;
    tags.push({ isWeak: tag[1] !== undefined, opaque: tag[2] });
    separator.lastIndex = entityTag.lastIndex;
    if (separator.exec(header) === null) return null;
    at = separator.lastIndex;
  }
  return tags;
}
