/**
 * Few random bytes at a time out of many that were asked for at once: each question of the system's generator costs
 * more than the bytes.
 *
 * @module
 */

const poolBytes = 4_096;
const maxTaken = 256;

/**
 * @param randomBytes  CSPRNG.
 * @returns the same, in the order in which it gives them. No byte is given twice, and none stays behind once it is given.
 */
export function createRandomPool(randomBytes: (count: number) => Uint8Array): (count: number) => Uint8Array {
  let pool = new Uint8Array(0);
  let taken = 0;
  return (count) => {
    if (count > maxTaken) return randomBytes(count);
    if (taken + count > pool.length) {
      pool = Uint8Array.from(randomBytes(poolBytes));
      if (pool.length !== poolBytes) throw new TypeError('the generator gave too little');
      taken = 0;
    }
    const bytes = pool.slice(taken, taken + count);
    pool.fill(0, taken, taken + count);
    taken += count;
    return bytes;
  };
}
