// A pseudo-random generator: the same seed gives the same numbers on every machine.

/** Returns a function that gives whole numbers from `least` to `most`, by mulberry32. */
export function chance(seed: number): (least: number, most: number) => number {
  let state = seed;
  return (least, most) => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return least + (((bits ^ (bits >>> 14)) >>> 0) % (most - least + 1));
  };
}
