// Bad input over every way in: each row has its exact answer, neighbours notice nothing, nothing grows.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { advisoryRows } from './bad_input/advisory_rows.mjs';
import { httpRows } from './bad_input/http_rows.mjs';
import { msgpackRows } from './bad_input/msgpack_rows.mjs';
import { Neighbour } from './bad_input/neighbour.mjs';
import { restRows, secretsOf } from './bad_input/rest_rows.mjs';
import { engineRows, socketioRows } from './bad_input/socketio_rows.mjs';
import { websocketRows } from './bad_input/websocket_rows.mjs';
import { createRoom, eventually, register } from './support/clients.mjs';
import { startNode } from './support/node.mjs';

// The rows are made before anything runs (node:test wants their names), so the node starts here.
const node = await startNode({ env: { TROUPE_RESUME_WINDOW: '500ms', TROUPE_AUTHENTICATE_TIMEOUT: '2s' } });
after(() => node.stop());
const { pid } = node;
const [alice, bob] = await Promise.all([register(node.url, 'Alice'), register(node.url, 'Bob')]);
const room = await createRoom(node.url, alice.token);
const secret = await createRoom(node.url, alice.token, { type: 'private' });
// Broken connections leave sessions behind for a moment, and a user may have 50: take turns.
const crowd = await Promise.all(Array.from({ length: 8 }, () => register(node.url, 'Mallory')));
let turn = 0;
const mallory = {
  user: crowd[0].user,
  get token() {
    return crowd[turn++ % crowd.length].token;
  },
};
const context = { node, url: node.url, port: node.port, alice, bob, room, secret };

const rows = [
  ...httpRows(context),
  ...restRows(context),
  ...websocketRows(context),
  ...engineRows({ ...context, alice: mallory }),
  ...socketioRows({ ...context, alice: mallory }),
  ...msgpackRows({ ...context, alice: mallory }),
  ...advisoryRows({ ...context, alice: mallory }),
];

const figures = async () => {
  const page = await node.metrics();
  const sum = (name) =>
    Object.entries(page).reduce((n, [key, value]) => (key === name || key.startsWith(`${name}{`) ? n + value : n), 0);
  return {
    sessions: sum('troupe_sessions'),
    actors: sum('troupe_actors'),
    fds: page.process_open_fds,
    bytes: page.process_resident_memory_bytes,
  };
};

let neighbour;
let start;
before(async () => {
  neighbour = await Neighbour.start(node);
  await eventually(5000, () => neighbour.a.io.engine.transport.name === 'websocket');
  for (const value of Object.values(await figures())) assert.ok(value > 0, 'the metrics are there');
});

test('there are at least 500 cases', () => {
  console.log(`bad input: ${rows.length} cases`);
  assert.ok(rows.length >= 500);
  assert.equal(new Set(rows.map((r) => r.name)).size, rows.length, 'names are unique');
});

for (const [i, { name, expect, run }] of rows.entries()) {
  test(name, async () => {
    assert.deepEqual(await run(), expect);
    assert.equal(neighbour.trouble, null, 'the neighbour was disturbed');
    assert.equal(node.pid, pid, `the node ended: ${node.logs.slice(-2000)}`);
    // the first rows warm caches and pools up; what is there then is the start
    if (i === 20) start = await figures();
  });
}

test('the neighbours were not disturbed', async () => {
  await neighbour.stop();
  console.log(`bad input: neighbours exchanged ${neighbour.sent} messages, slowest ${Math.round(neighbour.slowest)} ms`);
  assert.ok(neighbour.slowest < 3000, `an acknowledgement took ${neighbour.slowest} ms`);
});

test('the same process is alive and nothing grew', async () => {
  assert.equal(node.pid, pid);
  let now;
  await eventually(15_000, async () => {
    now = await figures();
    return now.sessions === 0 && now.actors <= start.actors && now.fds <= start.fds;
  }).catch(() => {});
  console.log(`bad input: before ${JSON.stringify(start)}, after ${JSON.stringify(now)}`);
  assert.equal(now.sessions, 0, 'sessions');
  assert.ok(now.actors <= start.actors, `actors ${start.actors} → ${now.actors}`);
  assert.ok(now.fds <= start.fds, `file descriptors ${start.fds} → ${now.fds}`);
  assert.ok(now.bytes - start.bytes < 48 * 2 ** 20, `memory ${start.bytes} → ${now.bytes}`);
});

test('no secret, token or password is in the log', () => {
  for (const text of secretsOf(context)) assert.ok(!node.logs.includes(text));
});
