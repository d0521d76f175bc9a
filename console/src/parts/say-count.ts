/** Counts as people say them: `1 source`, `2 sources`, `12,000 people`. @module */

export function sayCount(count: number, one: string, several = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : several}`;
}
