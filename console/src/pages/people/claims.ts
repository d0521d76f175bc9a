/** Claims as they are edited: lines of a name and a value, and what of them is a change. @module */

export interface ClaimLine {
  readonly id: number;
  readonly name: string;
  readonly value: string;
}

export interface ClaimChange {
  readonly setClaims: Record<string, string>;
  readonly removeClaims: string[];
}

/** A name that appears twice has its last value; a line without a name is not there. `null`: nothing is different. */
export function changeOf(before: Readonly<Record<string, string>>, lines: readonly ClaimLine[]): ClaimChange | null {
  const after = new Map(
    lines.flatMap(({ name, value }) => (name.trim() === '' ? [] : [[name.trim(), value] as const])),
  );
  const had = new Map(Object.entries(before));
  const setClaims = Object.fromEntries([...after].filter(([name, value]) => had.get(name) !== value));
  const removeClaims = [...had.keys()].filter((name) => !after.has(name));
  return Object.keys(setClaims).length + removeClaims.length === 0 ? null : { setClaims, removeClaims };
}
