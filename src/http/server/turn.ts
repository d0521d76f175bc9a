/**
 * Answers that are ready in one turn of the event loop leave at its end, one after the other. Whoever is at the other
 * end of a local connection is woken by the first and finds the rest there, where it would be woken for each: what the
 * system pays for that is more than what a check of a token costs.
 *
 * @module
 */

/** As many at most: whoever was first in a long turn is not to wait for all of it. */
const mostTogether = 64;

let leaving: (() => void)[] = [];

/** @param leave  Must not throw. */
export function atEndOfTurn(leave: () => void): void {
  const waiting = leaving.push(leave);
  if (waiting === 1) setImmediate(letGo);
  else if (waiting === mostTogether) letGo();
}

function letGo(): void {
  const all = leaving;
  leaving = [];
  for (const leave of all) leave();
}
