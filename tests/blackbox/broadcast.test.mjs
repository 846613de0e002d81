// Broadcasting by example: who gets an event, in what order, and what is known about it afterwards.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import {
  api, connectPlain, connectSocket, createRoom, eventually, login, register, signToken, unique,
} from './support/clients.mjs';
import { admin, binary, root, startNode } from './support/node.mjs';

let node;
let token;
before(async () => {
  node = await startNode({
    env: {
      TROUPE_EXTERNAL_USERS: 'on',
      TROUPE_EXTERNAL_ROLES: 'on',
      TROUPE_COMPRESSION: 'off', // what fills a queue here must not shrink
      TROUPE_ADMIN_EMAIL: admin.email,
      TROUPE_ADMIN_PASSWORD: admin.password,
    },
  });
  token = (await login(node.url, admin.email, admin.password)).token;
});
after(() => node.stop());

const send = (body, options = {}) => api(node.url, 'POST', '/broadcast', { token, body, ...options });
const sent = async (body) => {
  const answer = await send(body);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
};
const plain = (user, claims = {}) => connectPlain(node.wsUrl, signToken({ sub: user, ...claims }));

test('rooms, users and all, each session once, without the excepted', async () => {
  const [a, b] = [await createRoom(node.url, token), await createRoom(node.url, token)];
  const [ann, ben, eve] = [unique('ann'), unique('ben'), unique('eve')];
  const clients = { ann1: await plain(ann), ann2: await plain(ann), ben: await plain(ben), eve: await plain(eve) };
  const joined = async (name, ...rooms) => {
    for (const room of rooms) assert.equal((await clients[name].ask('join-room', room.id)).ok, true);
  };
  await joined('ann1', a, b);
  await joined('ben', b);
  await joined('eve', a, b);
  const socket = await connectSocket(node.url, signToken({ sub: ben }), { transports: ['polling'] });
  await socket.ask('join-room', a.id);
  const rooms = [a.id, b.id];
  const table = [
    [{ rooms }, ['ann1', 'ben', 'eve', 'socket']],
    [{ rooms: [a.id, a.id] }, ['ann1', 'eve', 'socket']],
    [{ rooms, exceptUsers: [eve] }, ['ann1', 'ben', 'socket']],
    [{ rooms: [b.id], exceptRooms: [a.id] }, ['ben']],
    [{ users: [ann, 'usr_nobody'] }, ['ann1', 'ann2']],
    [{ all: true, exceptRooms: [a.id] }, ['ann2', 'ben']],
    [{ all: true }, ['ann1', 'ann2', 'ben', 'eve', 'socket']],
    [{ rooms: ['nowhere'] }, []],
  ];
  for (const [i, [target, expected]] of table.entries()) {
    const answer = await sent({ event: 'news', data: { i }, target });
    assert.deepEqual(answer, { recipients: expected.length, batched: false }, `row ${i}`);
    for (const [name, client] of Object.entries({ ...clients, socket })) {
      const count = () => client.of('news').filter((data) => data.i === i).length;
      if (expected.includes(name)) await eventually(3000, () => count() > 0, `row ${i}: ${name}`);
      assert.equal(count(), expected.includes(name) ? 1 : 0, `row ${i}: ${name}`);
    }
  }
  socket.end();
  await Promise.all(Object.values(clients).map((each) => each.end()));
});

test('who was cut off does not make a broadcast wait', async (t) => {
  const own = await startNode({
    env: {
      TROUPE_EXTERNAL_USERS: 'on', TROUPE_SHARDS: '1', TROUPE_ADMIN_EMAIL: admin.email, TROUPE_ADMIN_PASSWORD: admin.password,
    },
  }, t);
  const boss = (await login(own.url, admin.email, admin.password)).token;
  const socket = await connectSocket(own.url, signToken({ sub: unique('u') }), { transports: ['websocket'] });
  socket.io.reconnection(false);
  socket.io.engine.transport.ws.terminate(); // its session is kept: somebody listens, nobody is there
  await eventually(5000, async () => (await own.metric('troupe_connections')) === 0, 'the cut');
  const took = [];
  for (let i = 0; i < 10; i++) {
    const begin = performance.now();
    const answer = await api(own.url, 'POST', '/broadcast', {
      token: boss, body: { event: 'news', data: { i }, target: { all: true } },
    });
    took.push(Math.round(performance.now() - begin));
    assert.deepEqual(answer.body, { recipients: 0, batched: false });
  }
  // each waited for whatever woke the node next: a timer, up to half a second later
  assert.ok(took.reduce((sum, each) => sum + each) < 1500, `ms: ${took}`);
});

test('roles, distance and attributes decide for each session', async () => {
  const berlin = { lat: 52.52, lng: 13.405 };
  const clients = [
    await plain(unique('m'), { role: 'moderator', location: berlin, attributes: { plan: 'gold', level: 2 } }),
    await plain(unique('u'), { location: { lat: 52.4, lng: 13.07 } }), // 26 km away
    await plain(unique('u')),
  ];
  const table = [
    [{ roles: ['moderator'] }, [true, false, false]],
    [{ near: { ...berlin, radiusKm: 50 } }, [true, true, false]],
    [{ near: { ...berlin, radiusKm: 20 } }, [true, false, false]],
    [{ attributes: { plan: 'gold' } }, [true, false, false]],
    [{ attributes: { plan: 'gold', level: '2' } }, [false, false, false]],
    [{ conditions: { near: { ...berlin, radiusKm: 50 }, roles: ['user'] } }, [false, true, false]],
  ];
  for (const [i, [conditions, expected]] of table.entries()) {
    const answer = await sent({ event: 'if', data: i, target: { all: true, ...conditions } });
    assert.equal(answer.recipients, expected.filter(Boolean).length, `row ${i}`);
  }
  assert.deepEqual(await clients[2].ask('set-attributes', { location: berlin, attributes: { plan: 'gold' } }), { ok: true });
  assert.equal((await sent({ event: 'if', target: { all: true, attributes: { plan: 'gold' } } })).recipients, 2);
  await clients[2].ask('set-attributes', { attributes: null });
  assert.equal((await sent({ event: 'if', target: { all: true, attributes: { plan: 'gold' } } })).recipients, 1);
  const refused = await clients[0].ask('set-attributes', { attributes: { plan: 'platinum' } });
  assert.equal(refused.error.code, 'forbidden');
  await Promise.all(clients.map((each) => each.end()));
});

test('who is near a place gets it, wherever on earth that is, also after a move', async () => {
  const places = [
    [52.52, 13.405], [52.4, 13.07], [53.1, 13.405], [0.01, -0.01], [-0.01, 0.01], [0, 179.99], [0, -179.99], [0.3, 180],
    [89.9, 0], [89.9, 180], [-89.9, 90], [64.1, -21.9], [-33.9, 151.2], [35.7, 139.7], [40.7, -74], [-22.9, -43.2],
  ].map(([lat, lng]) => ({ lat, lng }));
  const clients = await Promise.all(places.map((location) => plain(unique('p'), { attributes: { in: 'geo' } })
    .then(async (client) => (assert.deepEqual(await client.ask('set-attributes', { location }), { ok: true }), client))));
  const radians = (degrees) => (degrees * Math.PI) / 180;
  const distance = (a, b) => {
    const [lat, lng] = ['lat', 'lng'].map((of) => Math.sin(radians(b[of] - a[of]) / 2) ** 2);
    return 2 * 6371 * Math.asin(Math.sqrt(lat + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * lng));
  };
  let row = 0;
  const check = async (center, radiusKm) => {
    const i = row++;
    const within = places.map((place) => place !== null && distance(center, place) <= radiusKm);
    const answer = await sent({ event: 'here', data: i, target: { all: true, near: { ...center, radiusKm }, attributes: { in: 'geo' } } });
    assert.equal(answer.recipients, within.filter(Boolean).length, `${JSON.stringify(center)} ${radiusKm}`);
    for (const [n, client] of clients.entries())
      if (within[n]) await eventually(3000, () => client.of('here').at(-1) === i, `${n} of row ${i}`);
      else assert.notEqual(client.of('here').at(-1), i, `${n} of row ${i}`);
  };
  const everywhere = async () => {
    for (const center of places.filter(Boolean)) for (const radius of [0, 30, 300]) await check(center, radius);
  };
  await everywhere();
  places[2] = places[5];
  await clients[2].ask('set-attributes', { location: places[2] });
  places[0] = null;
  await clients[0].ask('set-attributes', { location: null });
  await everywhere();
  await Promise.all(clients.map((each) => each.end()));
});

test('only moderators and administrators broadcast, and every mistake is named', async () => {
  const user = await register(node.url);
  const target = { all: true };
  assert.equal((await send({ event: 'x', target }, { token: user.token })).status, 403);
  assert.equal((await send({ event: 'x', target }, { token: undefined })).status, 401);
  assert.equal((await send({ event: 'x', target }, { token: signToken({ sub: unique('m'), role: 'moderator' }) })).status, 200);
  const table = [
    [{}, ['event', 'target']],
    [{ event: 'new-message', target }, ['event']],
    [{ event: 'x', target: {} }, ['target']],
    [{ event: 'x', target: { all: true, rooms: ['a'] } }, ['target']],
    [{ event: 'x', target: { all: 1 } }, ['target', 'target.all']],
    [{ event: 'x', target: { rooms: [] } }, ['target.rooms']],
    [{ event: 'x', target: { rooms: [1] } }, ['target.rooms']],
    [{ event: 'x', target: { rooms: 'a' } }, ['target.rooms']],
    [{ event: 'x', target: { ...target, roles: ['king'] } }, ['target.roles']],
    [{ event: 'x', target: { ...target, near: { lat: 1, lng: 2 } } }, ['target.near']],
    [{ event: 'x', target: { ...target, near: { lat: 91, lng: 2, radiusKm: 1 } } }, ['target.near']],
    [{ event: 'x', target: { ...target, attributes: { a: {} } } }, ['target.attributes']],
    [{ event: 'x', target: { ...target, everyone: true } }, ['target.everyone']],
    [{ event: 'x', target, priority: 'urgent', batch: 'yes', extra: 1 }, ['batch', 'extra', 'priority']],
  ];
  for (const [body, fields] of table) {
    const answer = await send(body);
    assert.equal(answer.status, 400, JSON.stringify(body));
    assert.equal(answer.body.code, 'validation_failed');
    assert.deepEqual([...new Set(answer.body.details.map((each) => each.field))].sort(), fields, JSON.stringify(body));
  }
  const again = { headers: { 'idempotency-key': unique('key') } };
  const before = await node.metric('troupe_broadcasts_total');
  const first = await send({ event: 'once', target }, again);
  const second = await send({ event: 'once', target }, again);
  assert.deepEqual(second.body, first.body);
  assert.equal(await node.metric('troupe_broadcasts_total'), before + 1);
  const v2 = await api(node.url, 'POST', '/api/v2/broadcast', { token, body: { event: 'x', target } });
  assert.equal(v2.body.data.batched, false);
});

test('a batch keeps its order against everything else in its room', async () => {
  const room = await createRoom(node.url, token);
  const client = await plain(unique('u'));
  await client.ask('join-room', room.id);
  const target = { rooms: [room.id] };
  for (let n = 1; n <= 3; ++n)
    assert.deepEqual(await sent({ event: 'tick', data: n, target, batch: true }), { recipients: null, batched: true });
  await client.ask('send-message', { roomId: room.id, content: 'between' });
  for (let n = 4; n <= 14; ++n) await sent({ event: 'tick', data: n, target, batch: true });
  await sent({ event: 'now', target });
  await eventually(3000, () => client.of('now').length === 1);
  const seen = client.log.filter((each) => ['batched-messages', 'new-message', 'now'].includes(each.event));
  const flat = seen.flatMap((each) => (each.event === 'batched-messages' ? each.data.messages.map((m) => m.data) : [each.event]));
  assert.deepEqual(flat, [1, 2, 3, 'new-message', 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 'now']);
  for (const { data } of seen.filter((each) => each.event === 'batched-messages')) {
    assert.equal(data.count, data.messages.length);
    assert.ok(data.count <= 10);
    assert.match(data.timestamp, /^\d{4}-\d\d-\d\dT.*Z$/);
    assert.equal(data.messages[0].event, 'tick');
    assert.match(data.messages[0].timestamp, /Z$/);
  }
  await sent({ event: 'tick', data: 'alone', target, batch: true });
  await eventually(3000, () => client.of('batched-messages').some((each) => each.messages[0].data === 'alone'));
  await client.end();
});

test('under a backlog urgent events come first, updates are conflated, the rest is told', async () => {
  const user = unique('slow');
  const client = await plain(user);
  const other = await plain(unique('fast'));
  const topic = `public:${unique('t')}`;
  for (const each of [client, other]) await each.ask('subscribe', { topic });
  const target = { users: [user] };
  const dropped = async (cls) => (await node.metrics())[`troupe_dropped_total{class="${cls}"}`];
  const already = await dropped('volatile');
  client.socket._socket.pause();
  const data = { pad: 'x'.repeat(200_000) };
  for (let n = 0; (await dropped('volatile')) === already; ++n) {
    assert.ok(n < 500, 'the socket is full at last');
    await sent({ event: 'filler', data, target, volatile: true });
  }
  for (let n = 1; n <= 3; ++n) await sent({ event: 'background', data: n, target, priority: 'background' });
  for (let n = 1; n <= 3; ++n) await sent({ event: 'low', data: n, target, priority: 'low' });
  for (let n = 1; n <= 50; ++n) {
    await sent({ event: 'price', data: n, target, key: 'eur' });
    assert.equal((await other.ask('publish', { topic, event: 'cursor', data: n, key: 'k' })).ok, true);
  }
  for (let n = 1; n <= 3; ++n) await sent({ event: 'critical', data: n, target, priority: 'critical' });
  client.socket._socket.resume();
  await eventually(5000, () => client.of('gap').length > 0 && client.of('background').length === 3, 'all of it');
  assert.deepEqual(client.of('price'), [50]);
  assert.deepEqual(client.of('cursor'), [50]);
  assert.equal(other.of('cursor').at(-1), 50, 'who reads is not concerned');
  assert.ok(other.of('cursor').length > 40, 'who reads gets nearly all');
  const first = (event) => client.log.findIndex((each) => each.event === event);
  const order = ['critical', 'price', 'low', 'background'].map(first);
  assert.deepEqual(order, [...order].sort((x, y) => x - y), `${order}`);
  for (const event of ['critical', 'low', 'background']) assert.deepEqual(client.of(event), [1, 2, 3]);
  const gap = client.of('gap').filter((each) => each.class === 'volatile');
  assert.equal(gap[0].topic, `user:${user}`);
  assert.equal(gap[0].dropped, (await dropped('volatile')) - already);
  await Promise.all([client.end(), other.end()]);
});

test('who can take no more is closed only for what may not be dropped', async () => {
  const user = unique('slow');
  const client = await plain(user);
  const target = { users: [user] };
  const data = { pad: 'x'.repeat(200_000) };
  client.socket._socket.pause();
  const count = async () => (await node.metrics())['troupe_dropped_total{class="background"}'];
  const already = await count();
  for (let n = 0; (await count()) < already + 3; ++n) {
    assert.ok(n < 500, 'the socket is full at last');
    await sent({ event: 'bulk', data, target, priority: 'background' });
  }
  for (let n = 0; n < 3; ++n) await sent({ event: 'firm', data, target });
  client.socket._socket.resume();
  await eventually(5000, () => client.of('firm').length === 3, 'what is firm, in place of what is not');
  await eventually(5000, () => client.of('gap').some((each) => each.class === 'background'));
  client.socket._socket.pause();
  for (let n = 0; n < 100 && (await sent({ event: 'firm', data, target })).recipients > 0; ++n);
  client.socket._socket.resume();
  assert.equal((await client.closed).code, 4008);
});

test('a connection lost in its backlog is not recovered as if nothing were missing', async () => {
  const user = unique('sio');
  const target = { users: [user] };
  const client = await connectSocket(node.url, signToken({ sub: user }), {
    transports: ['websocket'], reconnectionDelay: 50, reconnectionDelayMax: 100,
  });
  const reconnected = () => new Promise((resolve) => client.once('connect', () => resolve(client.recovered)));
  const lose = () => client.io.engine.transport.ws.terminate();

  // Without a backlog classes change nothing: what was missed comes, in order.
  await sent({ event: 'n', data: { n: 1 }, target });
  await eventually(3000, () => client.of('n').length === 1);
  let back = reconnected();
  lose();
  for (const [n, priority] of [[2, 'low'], [3, 'critical'], [4, 'normal']])
    await sent({ event: 'n', data: { n }, target, priority });
  assert.equal(await back, true);
  await eventually(3000, () => client.of('n').length === 4);
  assert.deepEqual(client.of('n').map((each) => each.n), [1, 2, 3, 4]);

  // With one they overtake each other, and the offset does not tell what came.
  client.io.engine.transport.ws._socket.pause();
  const dropped = async () => (await node.metrics())['troupe_dropped_total{class="volatile"}'];
  const already = await dropped();
  for (let n = 0; (await dropped()) === already; ++n) {
    assert.ok(n < 500, 'the socket is full at last');
    await sent({ event: 'filler', data: { pad: 'x'.repeat(200_000) }, target, volatile: true });
  }
  for (const priority of ['low', 'critical', 'normal']) await sent({ event: 'late', data: {}, target, priority });
  back = reconnected();
  lose();
  assert.equal(await back, false, 'a fresh session: the client synchronises');
  await sent({ event: 'n', data: { n: 5 }, target });
  await eventually(3000, () => client.of('n').length === 5);
  client.end();
});

test('what waits in a batch goes out before the node stops', async (t) => {
  const own = await startNode(
    { env: { TROUPE_EXTERNAL_USERS: 'on', TROUPE_EXTERNAL_ROLES: 'on' } },
    t,
  );
  const moderator = signToken({ sub: unique('mod'), role: 'moderator' });
  const client = await connectPlain(own.wsUrl, signToken({ sub: unique('u') }));
  for (let n = 1; n <= 3; ++n)
    await api(own.url, 'POST', '/broadcast', {
      token: moderator, body: { event: 'last', data: n, target: { all: true }, batch: true },
    });
  await own.terminate();
  assert.equal((await client.closed).code, 4001);
  assert.deepEqual(client.of('batched-messages').flatMap((each) => each.messages.map((m) => m.data)), [1, 2, 3]);
});

test('statistics tell what was sent, and begin anew', async () => {
  const room = unique('room');
  await api(node.url, 'DELETE', '/admin/broadcast/stats', { token });
  for (const event of ['a', 'b', 'b']) await sent({ event, target: { rooms: [room] } });
  await send({ event: 'wrong' });
  const stats = (await api(node.url, 'GET', `/admin/broadcast/stats?room=${room}&user=nobody`, { token })).body;
  assert.equal(stats.total, 3);
  assert.deepEqual(stats.top.events.map(({ name, count }) => [name, count]), [['b', 2], ['a', 1]]);
  assert.deepEqual(stats.room.events, { a: 1, b: 2 });
  assert.equal(stats.room.last.event, 'b');
  assert.deepEqual(stats.user, { id: 'nobody', count: 0, last: null, events: {}, otherEvents: 0 });
  assert.equal(stats.lastFailures[0].event, 'wrong');
  const user = await register(node.url);
  assert.equal((await api(node.url, 'GET', '/admin/broadcast/stats', { token: user.token })).status, 403);
});

test('troupectl broadcasts and shows what was sent', async () => {
  const user = unique('u');
  const client = await plain(user, { attributes: { level: 3 } });
  const ctl = (...args) =>
    promisify(execFile)(binary('troupectl'), args, { env: { TROUPE_URL: node.url, TROUPE_TOKEN: token } });
  const { stdout } = await ctl(
    'broadcast', '--event', 'hello', '--data', '{"x":1}', '--user', user, '--attribute', 'level=3', '--priority', 'high',
  );
  assert.equal(stdout, 'sent to 1 sessions\n');
  await eventually(3000, () => client.of('hello').length === 1);
  assert.deepEqual(client.of('hello'), [{ x: 1 }]);
  assert.match((await ctl('broadcast', 'stats', '--for-user', user)).stdout, /hello/);
  await client.end();
});

test('the example of the page runs as it stands there', { timeout: 60_000 }, async (t) => {
  const page = readFileSync(path.join(root, 'docs/broadcasting.md'), 'utf8');
  const [, text] = /^```js example\n([\s\S]*?)^```$/m.exec(page);
  const near = await plain(unique('near'), { location: { lat: 52.4, lng: 13.07 } });
  const file = path.join(path.dirname(fileURLToPath(import.meta.url)), `broadcasting-${process.pid}.tmp.mjs`);
  writeFileSync(file, text);
  t.after(() => rmSync(file, { force: true }));
  const { stdout } = await promisify(execFile)(process.execPath, [file], {
    env: { ...process.env, TROUPE_URL: node.url, TROUPE_TOKEN: token },
  });
  assert.equal(stdout, '200 {"recipients":1,"batched":false}\n');
  await eventually(3000, () => near.of('local-news').length === 1);
  await near.end();
});
