/** The state of an API key in a word, and what it is narrowed to in a few. @module */
import type { ApiKey } from '../../api/access';
import type { Tone } from '../../parts/status';

const soonMs = 14 * 86_400_000;

export function keyState(
  { state, expiresAtMs }: Pick<ApiKey, 'state' | 'expiresAtMs'>,
  nowMs: number,
): { readonly tone: Tone; readonly text: string } {
  if (state === 'ended') return { tone: 'bad', text: 'Ended' };
  if (state === 'retiring') return { tone: 'waiting', text: 'Being replaced' };
  if (expiresAtMs !== null && expiresAtMs - nowMs < soonMs) return { tone: 'warning', text: 'Ends soon' };
  return { tone: 'good', text: 'Good' };
}

/** `2 actions, 1 source, 3 ranges of addresses`; what is not narrowed is not told. */
export function sayNarrowing({ scopes, sources, cidrs }: Pick<ApiKey, 'scopes' | 'sources' | 'cidrs'>): string {
  const parts = [
    ...(scopes === null ? [] : [counted(scopes.length, 'action', 'actions')]),
    ...(sources === null ? [] : [counted(sources.length, 'source', 'sources')]),
    ...(cidrs === null ? [] : [counted(cidrs.length, 'range of addresses', 'ranges of addresses')]),
  ];
  return parts.length === 0 ? 'all its owner may' : parts.join(', ');
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
