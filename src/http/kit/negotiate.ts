/** Which of two media types a client would rather have (RFC 9110 §12.5.1). @module */

const range = /^([!#$%&'*+.^_`|~0-9a-z-]+\/[!#$%&'*+.^_`|~0-9a-z-]+)[ \t]*(?:;(.*))?$/;

/** Ranges of one header that are looked at. */
const maxRanges = 64;

/**
 * Whether the client named this type and wants it at least as much as the usual one. Nobody gets it by a wildcard.
 *
 * @param accept  The header as it came; `null` when there is none.
 */
export function asksFor(accept: string | null, mediaType: string, usual: string): boolean {
  if (accept === null) return false;
  const weights = new Map<string, number>();
  for (const part of accept.split(',', maxRanges)) {
    const [, name, parameters = ''] = range.exec(part.trim().toLowerCase()) ?? [];
    if (name !== undefined) weights.set(name, weightOf(parameters));
  }
  const wanted = weights.get(mediaType) ?? 0;
  return wanted > 0 && wanted >= (weights.get(usual) ?? 0);
}

function weightOf(parameters: string): number {
  const found = /(?:^|;)[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[ \t]*(?:;|$)/.exec(parameters);
  return found === null ? 1 : Number(found[1]);
}

/**
 * Whether the client named this content coding and takes it (RFC 9110 §12.5.3). Nobody gets one by a wildcard.
 *
 * @param acceptEncoding  The header as it came; `null` when there is none.
 */
export function takesCoding(acceptEncoding: string | null, coding: string): boolean {
  return (acceptEncoding ?? '').split(',', maxRanges).some((part) => {
    const [name = '', ...parameters] = part.toLowerCase().split(';');
    return name.trim() === coding && weightOf(parameters.join(';')) > 0;
  });
}
