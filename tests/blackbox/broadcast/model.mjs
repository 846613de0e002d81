// What policy promises about broadcasts, as a plain list of rules over what was sent and what one client
// received. An operation: {n, topics, exceptTopics, when, cls, volatile, batch, key}.

/// Great-circle distance on a sphere of 6371 km, by the spherical law of cosines (not as the server does it).
export function distanceKm(a, b) {
  const rad = (degrees) => (degrees * Math.PI) / 180;
  const cosine =
    Math.sin(rad(a.lat)) * Math.sin(rad(b.lat)) +
    Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.cos(rad(a.lng - b.lng));
  return 6371 * Math.acos(Math.min(1, Math.max(-1, cosine)));
}

function holds(when, client) {
  if (when.roles && !when.roles.includes(client.role)) return false;
  if (when.attributes)
    for (const [name, value] of Object.entries(when.attributes))
      if (client.attributes?.[name] !== value) return false;
  if (when.near) return !!client.location && distanceKm(when.near, client.location) <= when.near.radiusKm;
  return true;
}

export const isFor = (op, client) =>
  op.topics.some((topic) => client.topics.has(topic)) &&
  !op.exceptTopics.some((topic) => client.topics.has(topic)) &&
  holds(op.when, client);

/// The topic through which a client gets it, as `gap` names it.
const via = (op, client) => op.topics.find((topic) => client.topics.has(topic));
const kindOf = (op) => (op.isMessage ? 'message' : op.batch ? 'batched' : 'event');
const gapClass = (op) =>
  op.volatile ? 'volatile' : op.cls === 'low' || op.cls === 'background' ? op.cls : undefined;

/// `received`: numbers in the order of arrival. `gaps`: {"topic class": dropped}. Answers what is wrong, in words.
export function check(ops, client, received, gaps, { isClosed = false } = {}) {
  const wrong = [];
  const expected = new Map(ops.filter((op) => isFor(op, client)).map((op) => [op.n, op]));
  const seen = new Set();
  for (const n of received) {
    if (seen.has(n)) wrong.push(`#${n} came twice`);
    seen.add(n);
    if (!expected.has(n)) wrong.push(`#${n} was not for it`);
  }
  const got = received.filter((n) => expected.has(n)).map((n) => expected.get(n));

  // Order: of a topic and class as sent; events with a key among themselves.
  const inOrder = (name, chosen) => {
    for (let i = 1; i < chosen.length; ++i)
      if (chosen[i].n < chosen[i - 1].n)
        wrong.push(`${kindOf(chosen[i])} #${chosen[i].n} came after ${kindOf(chosen[i - 1])} #${chosen[i - 1].n} (${name})`);
  };
  for (const topic of new Set(ops.flatMap((op) => op.topics)))
    for (const cls of ['critical', 'high', 'normal', 'low', 'background'])
      inOrder(
        `${topic}, ${cls}`,
        got.filter((op) => !op.key && op.cls === cls && op.topics.includes(topic)),
      );
  const keyOf = (op) => `${via(op, client)} ${op.key}${op.batch ? ' batched' : ''}`;
  const keyed = new Map();
  for (const op of got) if (op.key && !op.batch) keyed.set(keyOf(op), [...(keyed.get(keyOf(op)) ?? []), op]);
  for (const [key, chosen] of keyed) inOrder(`key ${key}`, chosen);

  // Missing: conflated, or told by `gap`, or the connection was closed.
  if (isClosed) return wrong;
  const newest = new Map();
  for (const op of expected.values()) if (op.key) newest.set(keyOf(op), op.n);
  const lost = new Map();
  for (const op of expected.values()) {
    if (seen.has(op.n)) continue;
    const cls = gapClass(op);
    const isConflated = op.key && newest.get(keyOf(op)) > op.n;
    if (!cls && !isConflated) wrong.push(`#${op.n} is missing (${op.cls}${op.key ? `, key ${op.key}` : ''})`);
    if (!cls) continue;
    const of = `${via(op, client)} ${cls}`;
    const count = lost.get(of) ?? { atLeast: 0, batched: 0, atMost: 0 };
    ++count.atMost;
    if (!isConflated) ++count[op.batch ? 'batched' : 'atLeast'];
    lost.set(of, count);
  }
  for (const of of new Set([...lost.keys(), ...Object.keys(gaps)])) {
    const { atLeast, batched, atMost } = lost.get(of) ?? { atLeast: 0, batched: 0, atMost: 0 };
    const told = gaps[of] ?? 0;
    if (told < atLeast + Math.ceil(batched / 10)) wrong.push(`gap ${of}: ${atLeast}+${batched}/10 lost, ${told} told`);
    if (told > atMost) wrong.push(`gap ${of}: ${told} told, ${atMost} lost`);
  }
  return wrong;
}
