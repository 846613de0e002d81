// Connection state recovery beyond one cut: on several shards, cut again before anything arrived, taken over twice,
// lost half way. Exactly the missed events, or a fresh session that says so.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { api, connectPlain, connectSocket, eventually, signToken, socketClient, unique } from './support/clients.mjs';
import { startNode } from './support/node.mjs';
import { RawWebSocket, frame, opcode, openPlain } from './support/raw.mjs';

const options = {
  transports: ['websocket'], reconnectionDelay: 100, reconnectionDelayMax: 100, randomizationFactor: 0,
};
const users = { TROUPE_EXTERNAL_USERS: 'on', TROUPE_EXTERNAL_ROLES: 'on' };
const tokenOf = (name) => signToken({ sub: unique(name) });

let node;
let one; // one shard only
let speaker;
before(async () => {
  [node, one] = await Promise.all([
    startNode({ args: ['--shards', '3'], env: users }), startNode({ args: ['--shards', '1'], env: users }),
  ]);
  speaker = await connectPlain(node.wsUrl, tokenOf('speaker'));
});
after(() => Promise.all([node?.stop(), one?.stop()]));

async function publish(topic, n, by = speaker) {
  const answer = await by.ask('publish', { topic, event: 'tick', data: { n } });
  assert.equal(answer.ok, true, JSON.stringify(answer));
}
async function subscriber(topic, url = node.url) {
  const socket = await connectSocket(url, tokenOf('reader'), options);
  await socket.ask('subscribe', { topic });
  return socket;
}
const ticks = (socket) => socket.of('tick').map((tick) => tick.n);
async function cut(socket) {
  const gone = new Promise((resolve) => socket.once('disconnect', resolve));
  socket.io.engine.close();
  await gone;
}
const back = (socket) => eventually(10_000, () => socket.connected, 'the reconnection');

test('a client recovers again and again, on whatever shard, also when nothing came in between', async () => {
  const readers = await Promise.all(Array.from({ length: 6 }, async () => {
    const topic = `public:${unique('t')}`;
    return { topic, socket: await subscriber(topic) };
  }));
  await Promise.all(readers.map(async ({ topic, socket }, which) => {
    const sent = [];
    const say = async () => {
      sent.push(sent.length);
      await publish(topic, sent.at(-1));
    };
    if (which % 2 === 0) await say(); // the others begin without an offset
    for (let round = 0; round < 8; round++) {
      const { id } = socket;
      await cut(socket);
      if (round % 3 === 1) await say();
      await back(socket);
      assert.equal(socket.recovered, true, `reader ${which}, cut ${round}`);
      assert.equal(socket.id, id);
      if (round % 4 === 3) await say();
    }
    await say();
    await eventually(3000, () => ticks(socket).includes(sent.at(-1)), 'the last event');
    assert.deepEqual(ticks(socket), sent);
    socket.end();
  }));
});

test('a session that lives is taken over more than once, and each time the one before is closed', async () => {
  const topic = `public:${unique('t')}`;
  const token = tokenOf('twice');
  const first = await connectSocket(node.url, token, { ...options, reconnection: false });
  await first.ask('subscribe', { topic });
  await publish(topic, 0);
  await eventually(3000, () => ticks(first).length === 1);
  let last = first;
  for (let times = 1; times <= 5; times++) {
    const next = socketClient(node.url, token, { ...options, reconnection: false, autoConnect: false });
    next._pid = first._pid;
    next._lastOffset = last._lastOffset;
    next.connect();
    await next.connected1();
    assert.equal(next.recovered, true, `time ${times}`);
    await eventually(3000, () => !last.connected, 'the connection before is closed');
    last = next;
  }
  await publish(topic, 1);
  await eventually(3000, () => ticks(last).length === 1);
  assert.deepEqual(ticks(last), [1]);
  last.end();
});

// -- by hand: when exactly the connection goes --

async function connectEngine(port) {
  const raw = await RawWebSocket.open(port, '/socket.io/?EIO=4&transport=websocket');
  await raw.nextFrame('the handshake');
  return raw;
}
/// A CONNECT over a WebSocket of our own. `pid`, `offset`: of a session to take over.
async function connectRaw(port, token, { pid, offset } = {}) {
  const raw = await connectEngine(port);
  raw.text(`40${JSON.stringify({ token, pid, offset })}`);
  return raw;
}
/// Packets until one begins with `prefix`; it is the last.
async function readUntil(raw, prefix) {
  const read = [];
  do read.push((await raw.nextFrame(prefix)).payload.toString());
  while (!read.at(-1).startsWith(prefix));
  return read;
}
async function sessionOf(raw) {
  const packets = await readUntil(raw, '40');
  return { ...JSON.parse(packets.at(-1).slice(2)), missed: packets.slice(0, -1).filter((p) => p.startsWith('42')) };
}
const eventsOf = (packets) => packets.map((p) => JSON.parse(p.slice(2))[1].n);
const offsetOf = (packet) => JSON.parse(packet.slice(2)).at(-1);
async function openRaw(port, token, topic) {
  const raw = await connectRaw(port, token);
  const { pid } = await sessionOf(raw);
  raw.text(`421${JSON.stringify(['subscribe', { topic }])}`);
  await readUntil(raw, '431');
  return { raw, pid };
}

for (const shards of [1, 3]) {
  const at = () => (shards === 1 ? one : node);

  test(`cut again before anything was read: all of it comes again (${shards} shards)`, async () => {
    const by = await connectPlain(at().wsUrl, tokenOf('by'));
    for (let times = 0; times < 5; times++) {
      const topic = `public:${unique('t')}`;
      const token = tokenOf('unread');
      const { raw, pid } = await openRaw(at().port, token, topic);
      raw.destroy();
      for (const n of [1, 2, 3]) await publish(topic, n, by);
      const second = await connectRaw(at().port, token, { pid });
      assert.equal((await sessionOf(second)).pid, pid);
      second.destroy(); // what it was sent is lost, as far as the client knows
      await publish(topic, 4, by);
      const third = await connectRaw(at().port, token, { pid });
      const session = await sessionOf(third);
      if (session.pid === pid) assert.deepEqual(eventsOf(session.missed), [1, 2, 3, 4]);
      else assert.equal(shards, 3, 'with one shard nothing stands in the way');
      third.destroy();
    }
    await by.end();
  });

  test(`a connection lost half way through a recovery leaves the session to the next (${shards} shards)`, async () => {
    const by = await connectPlain(at().wsUrl, tokenOf('by'));
    const topic = `public:${unique('t')}`;
    const token = tokenOf('halfway');
    let { raw, pid } = await openRaw(at().port, token, topic);
    await publish(topic, 0, by);
    let offset = offsetOf((await readUntil(raw, '42')).at(-1));
    for (let n = 1; n <= 40; n++) {
      raw.destroy();
      const lost = await connectRaw(at().port, token, { pid, offset });
      if (n % 4 === 0) await new Promise(setImmediate);
      lost.destroy();
      await publish(topic, n, by);
      raw = await connectRaw(at().port, token, { pid, offset });
      const session = await sessionOf(raw);
      assert.equal(session.pid, pid, `time ${n}`);
      const packets = session.missed.length ? session.missed : await readUntil(raw, '42');
      assert.deepEqual(eventsOf(packets), [n]);
      offset = offsetOf(packets.at(-1));
    }
    raw.destroy();
    await by.end();
  });
}

test('what a session subscribed to as its connection went is never missed in silence', async () => {
  const boss = signToken({ sub: unique('boss'), role: 'admin' });
  let recovered = 0;
  let fresh = 0;
  for (let times = 0; times < 30; times++) {
    const topic = `public:${unique('t')}`;
    const token = tokenOf('late');
    const raw = await connectRaw(node.port, token);
    const { sid, pid } = await sessionOf(raw);
    raw.text(`42${JSON.stringify(['subscribe', { topic }])}`);
    raw.socket.end(); // right behind it
    await eventually(3000, async () => {
      const { body } = await api(node.url, 'GET', `/admin/sessions/${sid}`, { token: boss });
      return body.topics.includes(topic) && !body.connected;
    }, 'the subscription');
    await publish(topic, 1);
    const again = await connectRaw(node.port, token, { pid });
    const session = await sessionOf(again);
    if (session.pid === pid) {
      ++recovered;
      assert.deepEqual(eventsOf(session.missed), [1], `time ${times}`);
    } else ++fresh;
    again.destroy();
    raw.destroy();
  }
  console.log(`recovery: subscribed as it went: ${recovered} recovered, ${fresh} fresh`);
});

test('dropped events whose notice was lost with the connection are not passed over', async () => {
  const by = await connectPlain(one.wsUrl, tokenOf('by'));
  const topic = `public:${unique('t')}`;
  const token = tokenOf('gap');
  const { raw, pid } = await openRaw(one.port, token, topic);
  raw.socket.pause();
  const send = (n, more) => by.ask('publish', { topic, event: 'tick', data: { n, pad: 'x'.repeat(40_000) }, ...more });
  // More than half of the connection's queue besides what the kernel takes: then volatile events are dropped.
  let n = 0;
  const dropped = () => one.metric('troupe_dropped_total');
  const before = await dropped();
  while ((await dropped()) === before && n < 2000) {
    await send(++n);
    await send(++n, { volatile: true });
  }
  assert.ok(n < 2000, 'something was dropped');
  raw.socket.resume();
  const read = await readUntil(raw, '42["gap"');
  const offset = offsetOf(read.filter((p) => p.startsWith('42["tick"')).at(-1));
  raw.destroy(); // the notice counts as unread: nothing behind it was named
  const again = await connectRaw(one.port, token, { pid, offset });
  assert.notEqual((await sessionOf(again)).pid, pid);
  again.destroy();
  await by.end();
});

test('more than a recovery can hold closes that client, and nobody else', { timeout: 60_000 }, async () => {
  const flood = await startNode({ args: ['--shards', '1'], env: users });
  const topic = `public:${unique('t')}`;
  const token = tokenOf('flooded');
  const publishers = await Promise.all(Array.from({ length: 300 }, () => openPlain(flood.port, tokenOf('p'))));
  const event = JSON.stringify({ event: 'publish', data: { topic, event: 'tick', data: { n: 0 } } });
  const burst = Buffer.concat(Array.from({ length: 60 }, () => frame(opcode.text, event)));
  const { raw, pid } = await openRaw(flood.port, token, topic);
  publishers[0].text(event);
  const offset = offsetOf((await readUntil(raw, '42')).at(-1));
  raw.destroy();
  for (const at of [0, 40, 75, 150]) {
    const next = await connectEngine(flood.port);
    publishers.forEach((each, i) => {
      if (i === at) next.text(`40${JSON.stringify({ token, pid, offset })}`);
      each.write(burst);
    });
    await sessionOf(next).catch(() => {}); // recovered, fresh, or closed as too slow
    next.destroy();
  }
  assert.equal((await fetch(`${flood.url}/livez`)).status, 200);
  publishers.forEach((each) => each.destroy());
  await flood.stop();
});
