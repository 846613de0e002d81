// A client that was away gets exactly what it missed, or is told that it can't be had.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { api, connectPlain, connectSocket, createRoom, eventually, login, register, unique } from './support/clients.mjs';
import { admin, startNode } from './support/node.mjs';

const kept = 500; // limits::sync_events: what one answer to join-room or sync holds of a room

let node;
let alice;
let bob;
before(async () => {
  node = await startNode({ env: { TROUPE_ADMIN_EMAIL: admin.email, TROUPE_ADMIN_PASSWORD: admin.password } });
  alice = await register(node.url, 'Alice');
  bob = await register(node.url, 'Bob');
});
after(() => node?.stop());

async function roomWith(count) {
  const room = await createRoom(node.url, alice.token);
  const writer = await connectPlain(node.wsUrl, alice.token);
  await writer.ask('join-room', room.id);
  const say = async (n) => {
    const answers = await Promise.all(
      Array.from({ length: n }, (_, i) => writer.ask('send-message', { roomId: room.id, content: `text ${i}` })));
    assert.ok(answers.every((answer) => answer.ok), JSON.stringify(answers.find((answer) => !answer.ok)));
  };
  await say(count);
  return { room, writer, say };
}

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

function checkEvents(events, from, to) {
  assert.deepEqual(events.map((event) => event.seq), range(from, to));
  for (const event of events) {
    assert.equal(event.data.seq, event.seq);
    assert.equal(event.event, 'new-message');
    assert.match(event.data.id, /^msg_/);
  }
}

for (const [way, open] of [
  ['socket.io', () => connectSocket(node.url, bob.token, { transports: ['websocket'] })],
  ['a plain WebSocket', () => connectPlain(node.wsUrl, bob.token)],
]) {
  test(`join-room with after gives exactly the missed events over ${way}`, async () => {
    const { room, writer, say } = await roomWith(5);
    const first = await open();
    const joined = await first.ask('join-room', { roomId: room.id });
    assert.equal(joined.room.lastSeq, 5);
    assert.deepEqual(joined.messages.map((m) => m.seq), range(1, 5));
    await first.end();
    await say(20);
    const second = await open();
    const back = await second.ask('join-room', { roomId: room.id, after: 5 });
    assert.equal(back.ok, true);
    assert.equal(back.reset, false);
    assert.equal(back.room.lastSeq, 25);
    checkEvents(back.events, 6, 25);
    await say(1);
    await eventually(3000, () => second.of('new-message').length === 1);
    assert.equal(second.of('new-message')[0].seq, 26, 'live events follow without a gap');
    const nothing = await second.ask('join-room', { roomId: room.id, after: 26 });
    assert.deepEqual([nothing.events, nothing.reset], [[], false]);
    const everything = await second.ask('join-room', { roomId: room.id, after: 0 });
    checkEvents(everything.events, 1, 26);
    await Promise.all([second.end(), writer.end()]);
  });
}

test('join-room without after shows the newest 50 messages', async () => {
  const { room, writer } = await roomWith(60);
  const reader = await connectPlain(node.wsUrl, bob.token);
  const joined = await reader.ask('join-room', { roomId: room.id });
  assert.deepEqual(joined.messages.map((m) => m.seq), range(11, 60));
  await Promise.all([reader.end(), writer.end()]);
});

test('a gap beyond what is kept answers reset, one within is given whole', async () => {
  const { room, writer } = await roomWith(kept + 1);
  const reader = await connectPlain(node.wsUrl, bob.token);
  const whole = await reader.ask('join-room', { roomId: room.id, after: 1 });
  assert.equal(whole.reset, false);
  checkEvents(whole.events, 2, kept + 1);
  const gap = await reader.ask('join-room', { roomId: room.id, after: 0 });
  assert.equal(gap.ok, true);
  assert.equal(gap.reset, true);
  assert.deepEqual(gap.events, [], 'all or nothing');
  const beyond = await reader.ask('join-room', { roomId: room.id, after: kept + 100 });
  assert.equal(beyond.reset, true, 'a seq that the room never had is another history');

  const synced = await reader.ask('sync', { rooms: { [room.id]: 1 } });
  assert.equal(synced.rooms[room.id].reset, false);
  checkEvents(synced.rooms[room.id].events, 2, kept + 1);
  const lost = await reader.ask('sync', { rooms: { [room.id]: 0 } });
  assert.deepEqual([lost.rooms[room.id].events, lost.rooms[room.id].reset], [[], true]);
  await Promise.all([reader.end(), writer.end()]);
});

test('a gap of more bytes than a connection takes answers reset and closes nobody', async () => {
  const { room, writer } = await roomWith(0);
  const text = 'x'.repeat(3900);
  for (let i = 0; i < 300; i++) await writer.ask('send-message', { roomId: room.id, content: text });
  const reader = await connectPlain(node.wsUrl, bob.token);
  const gap = await reader.ask('join-room', { roomId: room.id, after: 0 });
  assert.deepEqual([gap.ok, gap.reset, gap.events], [true, true, []]);
  assert.ok(gap.messages.length > 10, 'the newest ones are shown instead');
  assert.equal(gap.messages.at(-1).seq, 300);
  const near = await reader.ask('join-room', { roomId: room.id, after: 280 });
  checkEvents(near.events, 281, 300);
  assert.deepEqual(near.messages, near.events.map((event) => event.data));
  const synced = await reader.ask('sync', { rooms: { [room.id]: 0 } });
  assert.deepEqual([synced.rooms[room.id].events, synced.rooms[room.id].reset], [[], true]);
  const seen = [];
  for (let after = 0, more = true; more; after = seen.at(-1)) {
    const page = await api(node.url, 'GET', `/rooms/${room.id}/events?limit=500&after=${after}`, { token: bob.token });
    assert.equal(page.status, 200);
    assert.ok(page.body.data.length < 300, 'a page is bounded in bytes, too');
    assert.equal(page.body.pageInfo.hasNextPage, page.body.more);
    seen.push(...page.body.data.map((event) => event.seq));
    ({ more } = page.body);
  }
  assert.deepEqual(seen, range(1, 300));
  await Promise.all([reader.end(), writer.end()]);
});

test('what was missed can be had after the room left memory and after kill -9', async () => {
  const { room } = await roomWith(300);
  await node.restart();
  const reader = await connectPlain(node.wsUrl, bob.token);
  const back = await reader.ask('join-room', { roomId: room.id, after: 10 });
  checkEvents(back.events, 11, 300);
  const page = await api(node.url, 'GET', `/rooms/${room.id}/events?after=295&limit=3`, { token: bob.token });
  assert.equal(page.status, 200);
  checkEvents(page.body.events, 296, 298);
  assert.deepEqual(page.body.data, page.body.events);
  assert.deepEqual(page.body.pageInfo,
    { hasNextPage: true, hasPreviousPage: true, startCursor: '296', endCursor: '298' });
  assert.match(page.body.links.next, /after=298/);
  assert.equal(page.body.more, true);
  await reader.end();
});

test('sync answers for several rooms at once and hides those one may not read', async () => {
  const one = await roomWith(3);
  const two = await roomWith(4);
  const secret = await createRoom(node.url, alice.token, { type: 'private' });
  const reader = await connectPlain(node.wsUrl, bob.token);
  const answer = await reader.ask('sync', { rooms: { [one.room.id]: 1, [two.room.id]: 4 } });
  assert.equal(answer.ok, true);
  checkEvents(answer.rooms[one.room.id].events, 2, 3);
  assert.deepEqual([answer.rooms[two.room.id].events, answer.rooms[two.room.id].reset], [[], false]);
  const hidden = await reader.ask('sync', { rooms: { [secret.id]: 0, [one.room.id]: 3 } });
  const shown = hidden.rooms?.[secret.id];
  assert.ok(!shown?.events?.length, JSON.stringify(hidden));
  await Promise.all([reader.end(), one.writer.end(), two.writer.end()]);
});

// -- connection state recovery of stock clients --

const slowReturn = { reconnectionDelay: 300, reconnectionDelayMax: 300, randomizationFactor: 0 };
/// Cuts the transport beneath the client and waits until it noticed.
async function cut(socket) {
  const gone = new Promise((resolve) => socket.once('disconnect', resolve));
  socket.io.engine.close();
  await gone;
}
const back = (socket) => eventually(10_000, () => socket.connected, 'the reconnection');

for (const [way, options] of [
  ['default options', {}],
  ['websocket alone', { transports: ['websocket'] }],
  ['polling alone', { transports: ['polling'] }],
]) {
  test(`a cut socket.io client with ${way} recovers and misses nothing`, async () => {
    const { room, writer, say } = await roomWith(0);
    const topic = `public:${unique('t')}`;
    const socket = await connectSocket(node.url, bob.token, { ...slowReturn, ...options });
    assert.equal(socket.recovered, false);
    await socket.ask('join-room', room.id);
    await socket.ask('subscribe', { topic });
    await say(3);
    await eventually(3000, () => socket.of('new-message').length === 3);
    if (!options.transports) await eventually(5000, () => socket.io.engine.transport.name === 'websocket');
    const { id } = socket;
    for (let times = 1; times <= 3; times++) {
      say(5); // some of these are under way at the cut
      await cut(socket);
      await say(10);
      await writer.ask('publish', { topic, event: 'tick', data: { times } });
      await back(socket);
      assert.equal(socket.recovered, true, `cut ${times}`);
      assert.equal(socket.id, id, 'the same socket id');
      await say(2);
      const total = 3 + 17 * times;
      await eventually(5000, () => socket.of('new-message').length >= total, `all ${total} messages`);
      assert.deepEqual(socket.of('new-message').map((m) => m.seq), range(1, total));
      assert.deepEqual(socket.of('tick').map((t) => t.times), range(1, times));
    }
    const sent = await socket.ask('send-message', { roomId: room.id, content: 'still a member' });
    assert.equal(sent.ok, true, 'rooms are restored');
    socket.end();
    await writer.end();
  });
}

test('a cut before the first event loses nothing: recovered, or told that it is not', async () => {
  const { room, writer, say } = await roomWith(0);
  const socket = await connectSocket(node.url, bob.token, { ...slowReturn, transports: ['websocket'] });
  await socket.ask('join-room', room.id);
  await cut(socket);
  await say(4);
  await back(socket);
  if (!socket.recovered) {
    const again = await socket.ask('join-room', { roomId: room.id, after: 0 });
    checkEvents(again.events, 1, 4);
  }
  await say(1);
  const seen = () => socket.of('new-message').map((m) => m.seq);
  await eventually(3000, () => seen().includes(5), 'live events');
  assert.deepEqual(seen(), socket.recovered ? range(1, 5) : [5]);
  socket.end();
  await writer.end();
});

test('who missed more bytes than a connection takes is not recovered, and not cut again', async () => {
  const { room, writer } = await roomWith(0);
  const socket = await connectSocket(node.url, bob.token, { ...slowReturn, transports: ['websocket'] });
  await socket.ask('join-room', room.id);
  const say = (n) => Promise.all(Array.from({ length: n }, () =>
    writer.ask('send-message', { roomId: room.id, content: 'x'.repeat(3900) })));
  await say(1);
  await eventually(3000, () => socket.of('new-message').length === 1);
  socket.io.reconnectionDelay(3000); // time for what follows
  socket.io.reconnectionDelayMax(3000);
  await cut(socket);
  await say(300);
  await back(socket);
  assert.equal(socket.recovered, false);
  const again = await socket.ask('join-room', { roomId: room.id, after: 1 });
  assert.deepEqual([again.ok, again.reset], [true, true]);
  await say(1);
  await eventually(3000, () => socket.of('new-message').length === 2, 'live events');
  assert.equal(socket.of('new-message')[1].seq, 302);
  socket.end();
  await writer.end();
});

test('a user who reconnects over and over is not locked out by sessions left behind', async () => {
  const carol = await register(node.url, 'Carol');
  const options = { transports: ['websocket'], reconnection: false };
  for (let i = 0; i < 60; i++) {
    const socket = await connectSocket(node.url, carol.token, options);
    await cut(socket);
  }
  const last = await connectSocket(node.url, carol.token, options);
  assert.equal(last.connected, true);
  last.end();
});

test('an unknown or foreign pid, a clean leave and a new process are not recovered', async () => {
  const { room, writer, say } = await roomWith(0);
  const options = { ...slowReturn, transports: ['websocket'] };
  const cases = {
    'an unknown pid': async (socket) => {
      await cut(socket);
      socket._pid = 'AAAAAAAAAAAAAAAAAAAAAAAA';
    },
    'a foreign pid': async (socket, other) => {
      await cut(other);
      await cut(socket);
      socket._pid = other._pid;
    },
    'a clean leave': async (socket) => {
      socket.disconnect();
      socket.connect();
    },
    'a new process': async () => {
      await node.restart();
    },
  };
  for (const [what, lose] of Object.entries(cases)) {
    const socket = await connectSocket(node.url, bob.token, options);
    const other = await connectSocket(node.url, alice.token, { ...options, reconnection: false });
    if (what === 'a new process') await writer.end(); // it would not survive
    else await say(1);
    await socket.ask('join-room', room.id);
    const { id } = socket;
    const gone = eventually(10_000, () => !socket.connected, 'the loss').catch(() => {});
    await lose(socket, other);
    if (what !== 'a clean leave') await gone;
    await back(socket);
    assert.equal(socket.recovered, false, what);
    assert.notEqual(socket.id, id, what);
    other.end();
    socket.end();
  }
});

test('a session that was kicked is told so, and not recovered', async () => {
  const boss = await login(node.url, admin.email, admin.password);
  const socket = await connectSocket(node.url, bob.token, { ...slowReturn, transports: ['websocket'] });
  const plain = await connectPlain(node.wsUrl, bob.token);
  const { room, writer, say } = await roomWith(1);
  await socket.ask('join-room', room.id);
  await say(1); // now it has an offset to come back with
  await eventually(3000, () => socket.of('new-message').length === 1);
  const why = new Promise((resolve) => socket.once('disconnect', resolve));
  const { id } = socket;
  const sessions = await api(node.url, 'GET', '/admin/sessions', { token: boss.token });
  for (const each of sessions.body.sessions.filter((s) => s.userId === bob.user.id))
    assert.equal((await api(node.url, 'DELETE', `/admin/sessions/${each.id}`, { token: boss.token })).status, 204);
  assert.equal(await why, 'io server disconnect', 'a stock client stays away');
  assert.equal((await plain.closed).code, 4503);
  socket.connect(); // as its user may make it do
  await back(socket);
  assert.equal(socket.recovered, false);
  assert.notEqual(socket.id, id);
  socket.end();
  await writer.end();
});

test('a session taken over by its pid closes the connection that had it', async () => {
  const { room, writer, say } = await roomWith(1);
  const options = { ...slowReturn, transports: ['websocket'], reconnection: false };
  const first = await connectSocket(node.url, bob.token, options);
  await first.ask('join-room', room.id);
  await say(1);
  await eventually(3000, () => first.of('new-message').length === 1);
  const gone = new Promise((resolve) => first.once('disconnect', resolve));
  const { id } = first;
  const second = await connectSocket(node.url, bob.token, {
    ...options,
    auth: { token: bob.token, pid: first._pid, offset: first._lastOffset },
  });
  await gone;
  assert.equal(second.id, id);
  await say(1);
  await eventually(3000, () => second.of('new-message').length === 1);
  assert.deepEqual(second.of('new-message').map((m) => m.seq), [3]);
  first.end();
  second.end();
  await writer.end();
});
