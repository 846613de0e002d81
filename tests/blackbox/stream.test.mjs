// GET /stream: server-sent events, and their exact resume.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';

import {
  api, connectPlain, createRoom, eventually, login, register, signToken, unique, within,
} from './support/clients.mjs';
import { admin, root, startNode } from './support/node.mjs';
import { openStream, Stream } from './support/stream.mjs';

let node;
let alice;
let bob;
before(async () => {
  node = await startNode({ env: { TROUPE_ADMIN_EMAIL: admin.email, TROUPE_ADMIN_PASSWORD: admin.password } });
  [alice, bob] = await Promise.all(['Alice', 'Bob'].map((name) => register(node.url, name)));
});
after(() => node?.stop());

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const seqs = (stream, room) => stream.of('new-message').filter((m) => !room || m.roomId === room.id).map((m) => m.seq);

/// A room of Alice's, and how to say things in it.
async function lobby(fields = {}) {
  const room = await createRoom(node.url, alice.token, fields);
  const say = async (count, text = 'text') => {
    for (let i = 0; i < count; i++) {
      const answer = await api(node.url, 'POST', `/rooms/${room.id}/messages`, {
        token: alice.token, body: { content: `${text} ${i}` },
      });
      assert.equal(answer.status, 201, answer.text);
    }
  };
  return { room, say };
}

test('a stream shows what happens in its rooms, with ids, and joins nothing', async () => {
  const { room, say } = await lobby();
  const other = await connectPlain(node.wsUrl, alice.token);
  await other.ask('join-room', { roomId: room.id });
  const stream = await openStream(node.url, bob.token, { rooms: [room] });
  const answer = await stream.answered;
  assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.equal(answer.headers.get('content-length'), null);
  assert.equal(stream.retry, 2000);
  const [ready] = stream.of('stream-ready');
  assert.equal(ready.userId, bob.user.id);
  assert.deepEqual(ready.rooms, { [room.id]: 0 });
  await say(3);
  await other.ask('typing', { roomId: room.id });
  await eventually(5000, () => stream.of('user-typing').length === 1);
  assert.deepEqual(seqs(stream), [1, 2, 3]);
  const message = stream.log.find((e) => e.data.seq === 2);
  assert.equal(message.id, `${room.id}:2`);
  assert.equal(message.data.content, 'text 1');
  assert.equal(stream.log.at(-1).id, `${room.id}:3`, 'what has no place leaves the id alone');
  assert.deepEqual(other.of('user-joined'), [], 'nobody was told');
  const members = await api(node.url, 'GET', `/rooms/${room.id}/members`, { token: alice.token });
  assert.ok(!members.text.includes(bob.user.id), 'watching makes nobody a member');
  await Promise.all([stream.cut(), other.end()]);
});

test('all receivers see the same, in the same order', async () => {
  const { room, say } = await lobby();
  const two = await lobby();
  const plain = await connectPlain(node.wsUrl, bob.token);
  await plain.ask('join-room', { roomId: room.id });
  const one = await openStream(node.url, bob.token, { rooms: [room] });
  const both = await openStream(node.url, bob.token, { rooms: [room, two.room] });
  await Promise.all([say(40), two.say(40)]);
  await eventually(5000, () => plain.of('new-message').length === 40 && one.of('new-message').length === 40
    && both.of('new-message').length === 80);
  assert.deepEqual(one.of('new-message'), plain.of('new-message'));
  assert.deepEqual(both.of('new-message').filter((m) => m.roomId === room.id), plain.of('new-message'));
  assert.deepEqual(seqs(both, two.room), range(1, 40));
  const at = { [room.id]: 0, [two.room.id]: 0 };
  for (const { event, data, id } of both.log) {
    if (event !== 'new-message') continue;
    at[data.roomId] = data.seq;
    assert.equal(id, `${room.id}:${at[room.id]},${two.room.id}:${at[two.room.id]}`);
  }
  await Promise.all([one.cut(), both.cut(), plain.end()]);
});

test('Last-Event-ID brings exactly what was missed, over a cut, kill -9 and a restart', async () => {
  const one = await lobby();
  const two = await lobby({ type: 'private' });
  const rooms = [one.room, two.room];
  let stream = await openStream(node.url, alice.token, { rooms });
  const seen = [];
  const keep = () => seen.push(...stream.of('new-message').map((m) => `${m.roomId}:${m.seq}`));
  for (let round = 0; round < 4; round++) {
    await Promise.all([one.say(5), two.say(3)]);
    if (round === 1) {
      await node.restart();
      await stream.ended;
    } else {
      await stream.cut(); // perhaps before it has seen all
    }
    keep();
    await Promise.all([one.say(7), two.say(4)]);
    stream = await openStream(node.url, alice.token, { rooms, lastEventId: stream.lastEventId });
    assert.deepEqual(stream.of('reset'), []);
    const [ready] = stream.of('stream-ready');
    assert.deepEqual(ready.rooms, { [one.room.id]: 12 * (round + 1), [two.room.id]: 7 * (round + 1) });
    const before = stream.log.findIndex((e) => e.event === 'stream-ready');
    assert.equal(before, stream.log.length - 1, 'what was missed comes first');
  }
  await stream.cut();
  keep();
  for (const [room, count] of [[one.room, 48], [two.room, 28]]) {
    assert.deepEqual(seen.filter((s) => s.startsWith(`${room.id}:`)), range(1, count).map((i) => `${room.id}:${i}`));
  }
});

test('cuts at any moment of a burst lose nothing and show nothing twice', async () => {
  const seed = Number(process.env.TROUPE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  let state = seed;
  const below = (n) => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state % n;
  };
  const [one, two] = [await lobby(), await lobby()];
  const writer = await connectPlain(node.wsUrl, alice.token);
  for (const { room } of [one, two]) await writer.ask('join-room', { roomId: room.id });
  const total = 300;
  const burst = (async () => {
    for (let i = 0; i < total; i++)
      await Promise.all([one, two].map(({ room }) => writer.ask('send-message', { roomId: room.id, content: 'x'.repeat(below(2000) + 1) })));
  })();
  const rooms = [one.room, two.room];
  const seen = [];
  let lastEventId = `${one.room.id}:0,${two.room.id}:0`;
  let streams = 0;
  while (seen.length < 2 * total) {
    const stream = await openStream(node.url, bob.token, { rooms, lastEventId });
    assert.deepEqual(stream.of('reset'), [], `TROUPE_TEST_SEED=${seed}`);
    const enough = Math.min(2 * total - seen.length, stream.of('new-message').length + below(60));
    await eventually(15_000, () => stream.of('new-message').length >= enough, `TROUPE_TEST_SEED=${seed}`);
    await stream.cut();
    seen.push(...stream.of('new-message').map((m) => `${m.roomId}:${m.seq}`));
    ({ lastEventId } = stream);
    streams++;
  }
  await burst;
  assert.ok(streams > 5, `${streams} streams`);
  for (const room of rooms)
    assert.deepEqual(seen.filter((s) => s.startsWith(`${room.id}:`)), range(1, total).map((i) => `${room.id}:${i}`),
      `TROUPE_TEST_SEED=${seed}`);
  await writer.end();
});

test('a gap that is too large, another history and a broken id are told by reset', async () => {
  const { room, say } = await lobby();
  await say(2, 'x'.repeat(3000));
  const other = await lobby();
  let last = 2;
  for (const lastEventId of [`${room.id}:99`, 'nonsense', 'a:1,b']) {
    const stream = await openStream(node.url, bob.token, { rooms: [room], lastEventId });
    assert.deepEqual(stream.of('reset'), [{ roomId: room.id, lastSeq: last }], lastEventId);
    assert.deepEqual(seqs(stream), [], lastEventId);
    await say(1);
    await eventually(3000, () => seqs(stream).length === 1);
    assert.equal(seqs(stream)[0], ++last);
    await stream.cut();
    const again = await openStream(node.url, bob.token, { rooms: [room], lastEventId: stream.lastEventId });
    assert.deepEqual(again.of('reset'), [], 'and goes on from there');
    await again.cut();
  }
  // a room that is new to the stream begins now; one that was there goes on
  const grown = await openStream(node.url, bob.token, { rooms: [room, other.room], lastEventId: `${room.id}:1` });
  assert.deepEqual(seqs(grown, room), range(2, last));
  assert.deepEqual(grown.of('reset'), []);
  await grown.cut();
  for (let i = 0; i < 8; i++) await say(50, 'x'.repeat(3000));
  const gap = await openStream(node.url, bob.token, { rooms: [room], lastEventId: `${room.id}:1` });
  assert.equal(gap.of('reset').length, 1, 'more bytes than a connection takes');
  assert.deepEqual(seqs(gap), []);
  await gap.cut();
});

test('topics come as well, and what is not for everybody is refused', async () => {
  const topic = `public:${unique('t')}`;
  const { room } = await lobby();
  const secret = await createRoom(node.url, alice.token, { type: 'private' });
  const stream = await openStream(node.url, bob.token, { rooms: [room], topics: [topic] });
  const only = await openStream(node.url, bob.token, { topics: [topic] });
  const plain = await connectPlain(node.wsUrl, alice.token);
  await plain.ask('publish', { topic, event: 'tick\nid: forged', data: { text: 'a\nb' } });
  await eventually(3000, () => stream.log.length === 2 && only.log.length === 2);
  for (const each of [stream, only])
    assert.deepEqual(each.log[1].data, { text: 'a\nb' });
  assert.equal(stream.log[1].event, 'tick id: forged');
  assert.equal(stream.lastEventId, `${room.id}:0`);
  const status = async (token, options) => {
    const asked = new Stream(node.url, token, options);
    const answer = await asked.answered;
    const text = answer.status === 200 ? '' : await answer.text();
    await asked.cut();
    return [answer.status, text && JSON.parse(text).code];
  };
  assert.deepEqual(await status(bob.token, { rooms: [secret] }), [404, 'not_found']);
  assert.deepEqual(await status(bob.token, { rooms: [room, secret] }), [404, 'not_found']);
  assert.deepEqual(await status(alice.token, { rooms: [secret] }), [200, '']);
  assert.deepEqual(await status(bob.token, { rooms: ['nowhere'] }), [404, 'not_found']);
  assert.deepEqual(await status(bob.token, { topics: ['room:x'] }), [403, 'forbidden']);
  assert.deepEqual(await status(undefined, { rooms: [room] }), [401, 'unauthorized']);
  assert.deepEqual(await status('forged', { rooms: [room] }), [401, 'unauthorized']);
  assert.deepEqual(await status(bob.token, {}), [400, 'validation_failed']);
  assert.deepEqual(await status(bob.token, { rooms: ['a b'] }), [400, 'validation_failed']);
  assert.deepEqual(await status(bob.token, { rooms: range(1, 51).map((i) => `r${i}`) }), [400, 'validation_failed']);
  assert.deepEqual(await status(bob.token, { rooms: [room], headers: { accept: 'application/json' } }), [406, 'not_acceptable']);
  await Promise.all([stream.cut(), only.cut(), plain.end()]);
});

test('the route behaves as the others do', async () => {
  const { room } = await lobby();
  const path = `/stream?rooms=${room.id}`;
  const head = await api(node.url, 'HEAD', path, { token: bob.token });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const posted = await api(node.url, 'POST', path, { token: bob.token, body: {} });
  assert.equal(posted.status, 405);
  assert.match(posted.headers.get('allow'), /GET/);
  const inUrl = await api(node.url, 'GET', `${path}&token=${bob.token}`, { token: bob.token });
  assert.equal(inUrl.status, 400);
  assert.match(inUrl.body.message, /token/i);
  const preflight = await api(node.url, 'OPTIONS', path, {
    headers: { origin: node.url, 'access-control-request-method': 'GET', 'access-control-request-headers': 'last-event-id' },
  });
  assert.equal(preflight.status, 204);
  assert.match(preflight.headers.get('access-control-allow-headers'), /Last-Event-ID/);
  for (const base of ['/api/v2/stream', '/api/stream']) {
    const stream = await openStream(node.url, bob.token, { rooms: [room], path: base, headers: { accept: '*/*', origin: node.url } });
    assert.equal((await stream.answered).headers.get('access-control-allow-origin'), node.url);
    await stream.cut();
  }
});

test('an HTTP/1.0 client gets a stream that ends with its connection', async () => {
  const { room, say } = await lobby();
  const socket = connect(node.port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += chunk));
  socket.write(`GET /api/v1/stream?rooms=${room.id} HTTP/1.0\r\nHost: x\r\nAuthorization: Bearer ${bob.token}\r\n\r\n`);
  await eventually(5000, () => text.includes('stream-ready'));
  await say(1);
  await eventually(5000, () => text.includes('new-message'));
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(text, /\r\nConnection: close\r\n/i);
  assert.doesNotMatch(text, /transfer-encoding/i);
  socket.destroy();
});

test('a stream ends on kick, logout and the end of its token, and says why', async () => {
  const boss = await login(node.url, admin.email, admin.password);
  const { room } = await lobby();
  const carol = await register(node.url, 'Carol');
  const end = async (stream) => {
    const failed = await within(40_000, stream.ended, 'the end');
    assert.equal(failed, undefined, 'a clean end');
    return stream.of('stream-end').at(-1);
  };
  const kicked = await openStream(node.url, carol.token, { rooms: [room] });
  const [{ sessionId }] = kicked.of('stream-ready');
  assert.equal((await api(node.url, 'DELETE', `/admin/sessions/${sessionId}`, { token: boss.token })).status, 204);
  assert.deepEqual(await end(kicked), { code: 4503, reason: 'kicked', reconnect: false });
  const signedOut = await openStream(node.url, carol.token, { rooms: [room] });
  assert.equal((await api(node.url, 'POST', '/auth/logout', { body: { refreshToken: carol.refreshToken } })).status, 204);
  assert.equal((await end(signedOut)).code, 4540);
  const late = new Stream(node.url, carol.token, { rooms: [room] });
  assert.equal((await late.answered).status, 401);
});

test('who is removed from a room is told and sees no more of it', async () => {
  const { room, say } = await lobby({ type: 'private' });
  const added = await api(node.url, 'PUT', `/rooms/${room.id}/members/${bob.user.id}`, { token: alice.token, body: {} });
  assert.ok(added.status < 300, added.text);
  const stream = await openStream(node.url, bob.token, { rooms: [room] });
  await say(1);
  await eventually(3000, () => seqs(stream).length === 1);
  assert.equal((await api(node.url, 'DELETE', `/rooms/${room.id}/members/${bob.user.id}`, { token: alice.token })).status, 204);
  await eventually(3000, () => stream.of('room-left').length === 1);
  assert.deepEqual(stream.of('room-left'), [{ roomId: room.id }]);
  await say(2);
  assert.deepEqual(seqs(stream), [1]);
  await stream.cut();
});

test('a client that does not read is closed at the bound, and the others do not notice', async () => {
  const { room, say } = await lobby();
  const stalled = connect(node.port, '127.0.0.1');
  stalled.write(`GET /api/v1/stream?rooms=${room.id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${bob.token}\r\n\r\n`);
  await within(5000, new Promise((resolve) => stalled.once('readable', resolve)), 'the head');
  const reader = await openStream(node.url, alice.token, { rooms: [room] });
  const writer = await connectPlain(node.wsUrl, alice.token);
  await writer.ask('join-room', { roomId: room.id });
  const before = await node.metric('troupe_slow_closed_total');
  const text = 'x'.repeat(3900);
  let sent = 0;
  while ((await node.metric('troupe_slow_closed_total')) === before && sent < 8000) {
    await Promise.all(range(1, 100).map(() => writer.ask('send-message', { roomId: room.id, content: text })));
    sent += 100;
  }
  assert.ok((await node.metric('troupe_slow_closed_total')) > before);
  await eventually(10_000, () => seqs(reader).length === sent);
  assert.deepEqual(seqs(reader), range(1, sent));
  await say(1);
  await eventually(3000, () => seqs(reader).length === sent + 1);
  stalled.destroy();
  await Promise.all([reader.cut(), writer.end()]);
});

test('volatile events that a slow reader lost are told when it reads again', async () => {
  const topic = `public:${unique('t')}`;
  const slow = connect(node.port, '127.0.0.1');
  slow.write(`GET /api/v1/stream?topics=${topic} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${bob.token}\r\n\r\n`);
  await within(5000, new Promise((resolve) => slow.once('readable', resolve)), 'the head');
  const writer = await connectPlain(node.wsUrl, alice.token);
  const before = await node.metric('troupe_dropped_total');
  const data = { text: 'x'.repeat(20_000) };
  let sent = 0;
  while ((await node.metric('troupe_dropped_total')) < before + 10 && sent < 2000) {
    await Promise.all(range(1, 20).map(() => writer.ask('publish', { topic, event: 'price', data, volatile: true })));
    sent += 20;
  }
  let text = '';
  slow.on('data', (chunk) => (text = (text + chunk).slice(-200_000)));
  await eventually(10_000, () => text.includes('event: gap'), 'the gap');
  const [, gap] = /event: gap\ndata: (.*)\n/.exec(text);
  const told = JSON.parse(gap);
  assert.deepEqual([told.topic, told.class], [topic, 'volatile']);
  assert.equal(told.dropped, (await node.metric('troupe_dropped_total')) - before);
  slow.destroy();
  await writer.end();
});

test('in a backlog of several rooms each id stays with its event, and the end stands behind all', async () => {
  const boss = await login(node.url, admin.email, admin.password);
  const [{ room, say }, other] = [await lobby(), await lobby()];
  const carol = await register(node.url, 'Carol');
  const slow = connect(node.port, '127.0.0.1');
  slow.write(`GET /api/v1/stream?rooms=${room.id},${other.room.id} HTTP/1.1\r\nHost: x\r\n`
    + `Authorization: Bearer ${carol.token}\r\n\r\n`);
  await within(5000, new Promise((resolve) => slow.once('readable', resolve)), 'the head');
  const broadcast = (event, fields) => api(node.url, 'POST', '/broadcast', {
    token: boss.token, body: { event, target: { users: [carol.user.id] }, ...fields },
  });
  const already = await node.metric('troupe_dropped_total');
  const data = { pad: 'x'.repeat(200_000) };
  for (let n = 0; (await node.metric('troupe_dropped_total')) === already; n++) {
    assert.ok(n < 500, 'the socket is full at last');
    await broadcast('filler', { data, volatile: true });
  }
  for (let n = 1; n <= 4; n++) {
    await say(1);
    for (let i = 0; i < 18; i++) await broadcast('alert', { data: i, priority: 'high' });
  }
  const all = await api(node.url, 'GET', '/admin/sessions', { token: boss.token });
  const mine = all.body.sessions.find((each) => each.userId === carol.user.id);
  assert.equal((await api(node.url, 'DELETE', `/admin/sessions/${mine.id}`, { token: boss.token })).status, 204);
  let text = '';
  slow.on('data', (chunk) => (text += chunk));
  await within(10_000, new Promise((resolve) => slow.once('close', resolve)), 'the end');
  const events = text.slice(text.indexOf('\r\n\r\n') + 4).split('\n\n').filter(Boolean)
    .map((block) => Object.fromEntries(block.split('\n').map((line) => /^([^:]*): ?(.*)$/.exec(line).slice(1))));
  const named = (name) => events.filter((e) => e.event === name);
  assert.deepEqual(named('new-message').map((e) => e.id), range(1, 4).map((n) => `${room.id}:${n},${other.room.id}:0`));
  assert.equal(named('alert').length, 4 * 18);
  assert.deepEqual(named('alert').filter((e) => e.id !== undefined), []);
  assert.equal(events.at(-1).event, 'stream-end');
  assert.equal(events.at(-1).id, undefined);
});

test('streams leave nothing behind, whoever ends them', async () => {
  const { room } = await lobby();
  const figures = async () => {
    const page = await node.metrics();
    return [page.troupe_sessions, page.troupe_connections, page['troupe_timers{of="connections"}']];
  };
  const dave = await register(node.url, 'Dave');
  const quiet = await eventually(10_000, async () => {
    const now = await figures();
    return now[1] === 0 ? now : undefined;
  });
  const streams = await Promise.all(range(1, 40).map(() => openStream(node.url, dave.token, { rooms: [room] })));
  assert.equal((await figures())[1], 40, 'several streams of one user');
  await Promise.all(streams.map((stream) => stream.cut()));
  await eventually(10_000, async () => String(await figures()) === String(quiet), `back to ${quiet}`);
  for (let i = 0; i < 30; i++) {
    const refused = new Stream(node.url, dave.token, { rooms: [room, 'nowhere'] });
    assert.equal((await refused.answered).status, 404);
    await refused.cut();
    const hasty = new Stream(node.url, dave.token, { rooms: [room] });
    hasty.cut();
    await hasty.ended;
  }
  await eventually(10_000, async () => String(await figures()) === String(quiet), `back to ${quiet}`);
});

test('a silent stream gets comments, and its token is looked after', async (t) => {
  const own = await startNode({ args: ['--ping-interval', '300ms'] }, t);
  const eve = await register(own.url, 'Eve');
  const room = await createRoom(own.url, eve.token);
  const stream = await openStream(own.url, eve.token, { rooms: [room] });
  await eventually(10_000, () => stream.comments >= 2, 'heartbeats');
  await stream.cut();
});

test('a node that stops says so first, and every stream resumes at its successor', async (t) => {
  const own = await startNode({}, t);
  const eve = await register(own.url, 'Eve');
  const room = await createRoom(own.url, eve.token);
  const stream = await openStream(own.url, eve.token, { rooms: [room] });
  const say = () => api(own.url, 'POST', `/rooms/${room.id}/messages`, { token: eve.token, body: { content: 'x' } });
  await say();
  await eventually(3000, () => seqs(stream).length === 1);
  const how = await own.terminate();
  assert.equal(how.code, 0);
  await stream.ended;
  const names = stream.log.map((e) => e.event);
  assert.deepEqual(names.slice(-2), ['server-drain', 'stream-end']);
  const [drain] = stream.of('server-drain');
  assert.equal(stream.retry, drain.reconnectIn);
  assert.deepEqual(stream.of('stream-end'), [{ code: 4001, reason: 'shutdown', reconnect: true }]);
  await own.start();
  await say();
  const again = await openStream(own.url, eve.token, { rooms: [room], lastEventId: stream.lastEventId });
  assert.deepEqual(seqs(again), [2]);
  await again.cut();
});

test('an expired token ends its stream', async (t) => {
  const secret = signToken({ sub: 'app-7', username: 'app7', name: 'App', email: 'app7@example.org', exp: Math.floor(Date.now() / 1000) + 2 });
  const own = await startNode({ env: { TROUPE_EXTERNAL_USERS: 'on' } }, t);
  const owner = await register(own.url, 'Owner');
  const room = await createRoom(own.url, owner.token);
  const stream = await openStream(own.url, secret, { rooms: [room] });
  await within(60_000, stream.ended, 'the end of the token');
  assert.equal(stream.of('stream-end').at(-1).code, 4540);
});

test('the example of the docs listens and goes on after a crash', async () => {
  const page = readFileSync(path.join(root, 'docs/sse.md'), 'utf8');
  const [, code] = /```js\n([\s\S]*?)```/.exec(page);
  const listen = new Function(`${code}; return listen;`)();
  const { room, say } = await lobby();
  const seen = [];
  const events = [];
  let isOver = false;
  const token = async () => {
    if (isOver) throw new Error('over');
    return bob.token;
  };
  const ended = listen(`${node.url}/api/v1/stream?rooms=${room.id}`, token, (event, data) => {
    events.push(event);
    if (event === 'new-message') seen.push(data.seq);
  });
  await eventually(5000, () => events.includes('stream-ready'));
  await say(3);
  await eventually(5000, () => seen.length === 3);
  await node.restart();
  await say(3);
  await eventually(15_000, () => seen.length === 6);
  assert.deepEqual(seen, range(1, 6));
  isOver = true;
  await node.restart();
  await assert.rejects(within(15_000, ended, 'the end'), /over/);
});
