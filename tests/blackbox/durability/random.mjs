// A small seeded generator (mulberry32), so that a run can be had again with TROUPE_TEST_SEED.
export const seedOfRun = () => Number(process.env.TROUPE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

export function seeded(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    chance: (p) => next() < p,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
  };
}
