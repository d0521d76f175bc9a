/** Whether two sets of times can be told apart, by ranks: no assumption about how times are spread. @module */

/**
 * The chance that one of `some` is greater than one of `others`, ties counting half: 0.5 when nothing tells them apart.
 */
export function areaUnderCurve(some: readonly number[], others: readonly number[]): number {
  const all = [...some.map((value) => ({ value, isSome: true })), ...others.map((value) => ({ value, isSome: false }))];
  all.sort((one, other) => one.value - other.value);
  let rankSum = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1;
    for (let at = from; at < to; at += 1) if (all[at]?.isSome === true) rankSum += (from + 1 + to) / 2;
    from = to;
  }
  const count = some.length;
  return (rankSum - (count * (count + 1)) / 2) / (count * others.length);
}
