// How long to wait before attempt n: doubling from half a second to fifteen seconds, and half of it by chance,
// so that the pages of a restarted node do not all come back in the same moment.
const first = 500;
const most = 15_000;

export function backoff(attempt, random = Math.random) {
  const full = Math.min(most, first * 2 ** Math.min(attempt, 10));
  return Math.round(full / 2 + (random() * full) / 2);
}
