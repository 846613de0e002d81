// Mode "app": stock clients in a small chat: refusals, rooms, volatile events, every kind of close and
// what comes after it, recovery.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { constants, inflateRawSync } from 'node:zlib';
import { io } from 'socket.io-client';

import { eventually, within } from './support/clients.mjs';
import { RawEngine, nextBytes, nextWord, patiently, startConformance } from './support/conformance.mjs';
import { RawWebSocket, frame, opcode } from './support/raw.mjs';

const strict = await startConformance('app'); // as the mode is by itself
const server = await startConformance('app', ...patiently);
const short = await startConformance('app', '--recovery-window', '300', ...patiently);

const open = new Set();
after(() => open.forEach((socket) => socket.disconnect()));

/// A client with a log of its events, `connect` and `disconnect` among them.
function client({ at = server, nsp = '/', token = 'secret', ...options } = {}) {
  const socket = io(at.url + nsp, {
    forceNew: true, auth: { token }, reconnectionDelay: 20, reconnectionDelayMax: 40, ...options,
  });
  open.add(socket);
  socket.log = [];
  socket.onAny((event, ...args) => socket.log.push([event, ...args]));
  socket.on('connect', () => socket.log.push(['connect', socket.recovered]));
  socket.on('disconnect', (reason) => socket.log.push(['disconnect', reason]));
  socket.of = (event) => socket.log.filter(([name]) => name === event).map(([, ...args]) => args);
  socket.ask = (...args) => socket.timeout(5_000).emitWithAck(...args);
  return socket;
}

async function connected(options) {
  const socket = client(options);
  await within(5_000, new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  }), 'connect');
  return socket;
}

const until = (socket, event, n = 1) => eventually(5_000, () => socket.of(event).length >= n, `${n} × ${event}`);

test('a wrong token is refused with data, in every namespace and over both transports', async () => {
  for (const nsp of ['/', '/custom']) {
    for (const transport of ['polling', 'websocket']) {
      const socket = client({ nsp, token: 'wrong', transports: [transport] });
      const error = await within(5_000, new Promise((resolve) => socket.once('connect_error', resolve)));
      assert.equal(error.message, 'unauthorized');
      assert.deepEqual(error.data, { code: 'unauthorized', message: 'invalid token' });
      assert.equal(socket.active, false);
      socket.auth = { token: 'secret' };
      socket.connect();
      await until(socket, 'connect');
      socket.disconnect();
    }
  }
});

test('who is refused and says no more is closed', async () => {
  const socket = await new RawEngine(strict, '/socket.io/').socket();
  await socket.nextText();
  socket.text('40{"token":"no"}');
  assert.match(await nextWord(socket), /^44\{"message":"unauthorized"/);
  for (let open = true; open; ) {
    const text = await socket.nextText().catch(() => undefined);
    if (text === '2') socket.text('3');
    open = text !== undefined;
  }
  assert.ok(await socket.closes());
});

test('echo gives back what it got, as an acknowledgement or as an event', async () => {
  for (const transports of [['polling'], ['websocket']]) {
    const socket = await connected({ transports });
    assert.equal(await socket.ask('echo', 'one'), 'one');
    assert.deepEqual(await socket.ask('echo', { b: Buffer.from([1, 2]) }), { b: Buffer.from([1, 2]) });
    const all = new Promise((resolve) => socket.emit('echo', 1, 'two', [3], (...args) => resolve(args)));
    assert.deepEqual(await within(5_000, all), [1, 'two', [3]]);
    socket.emit('echo', 'a', Buffer.from([7]));
    socket.emit('echo');
    await until(socket, 'echo-back', 2);
    assert.deepEqual(socket.of('echo-back')[0].slice(0, 2), ['a', Buffer.from([7])]);
    assert.equal(socket.of('echo-back')[1].length, 1); // the offset alone
    socket.disconnect();
  }
});

test('rooms: joining, messages to all, typing to the others', async () => {
  const [a, b, c] = await Promise.all([connected(), connected(), connected()]);
  assert.deepEqual(await a.ask('join-room', 'lobby'), { ok: true, room: { id: 'lobby' } });
  b.emit('join-room', { roomId: 'lobby' });
  await until(b, 'room-joined');
  assert.deepEqual(b.of('room-joined')[0][0], { roomId: 'lobby', ok: true });
  await until(a, 'user-joined');
  assert.deepEqual(a.of('user-joined')[0][0], { roomId: 'lobby', userId: b.id });
  const answer = await a.ask('send-message', { roomId: 'lobby', content: 'Hello €' });
  assert.deepEqual(answer, { ok: true, message: { id: answer.message.id, seq: 1 } });
  a.emit('send-message', { roomId: 'lobby', content: { any: [1] } });
  b.emit('typing', 'lobby');
  for (const who of [a, b]) {
    await until(who, 'new-message', 2);
    const [first, second] = who.of('new-message').map(([data]) => data);
    assert.deepEqual(first, {
      id: answer.message.id, seq: 1, roomId: 'lobby', senderId: a.id, content: 'Hello €', timestamp: first.timestamp,
    });
    assert.deepEqual([second.seq, second.content], [2, { any: [1] }]);
  }
  await until(a, 'user-typing');
  assert.deepEqual(a.of('user-typing'), [[{ roomId: 'lobby', userId: b.id }]]);
  await c.ask('echo'); // whatever was for c is there by now
  assert.deepEqual([b.of('user-typing'), c.of('new-message'), c.of('user-joined')], [[], [], []]);
  [a, b, c].forEach((socket) => socket.disconnect());
});

test('the server sends a client away: it stays away until it is told to come', async () => {
  const socket = await connected();
  const { id } = socket;
  socket.emit('disconnect-me');
  await until(socket, 'disconnect');
  assert.deepEqual(socket.of('disconnect')[0], ['io server disconnect']);
  assert.equal(socket.active, false);
  socket.connect();
  await until(socket, 'connect', 2);
  assert.notEqual(socket.id, id);
  assert.equal(socket.recovered, false);
  socket.disconnect();
});

test('a client leaves by itself, and comes back as somebody new', async () => {
  const socket = await connected();
  const { id } = socket;
  socket.disconnect();
  assert.deepEqual(socket.of('disconnect')[0], ['io client disconnect']);
  socket.connect();
  await until(socket, 'connect', 2);
  assert.notEqual(socket.id, id);
  assert.deepEqual(socket.of('connect'), [[false], [false]]);
  socket.disconnect();
});

for (const transport of ['polling', 'websocket']) {
  test(`over ${transport} the server closes the transport: the client comes back as who it was`, async () => {
    const socket = await connected({ transports: [transport] });
    const { id } = socket;
    await socket.ask('join-room', `kept-${transport}`);
    socket.emit('close-transport');
    await until(socket, 'disconnect');
    assert.deepEqual(socket.of('disconnect')[0], ['transport close']);
    await until(socket, 'connect', 2);
    assert.deepEqual([socket.id, socket.recovered], [id, true]);
    socket.emit('send-message', { roomId: `kept-${transport}`, content: 1 });
    await until(socket, 'new-message');
    assert.equal(socket.of('new-message').length, 1);
    socket.disconnect();
  });

  test(`over ${transport} a lost client gets what it missed, once, in order and before its connect`, async () => {
    const nsp = transport === 'polling' ? '/' : '/custom';
    const room = `missed-${transport}`;
    const [a, b] = await Promise.all([
      connected({ nsp, transports: [transport], reconnection: false }),
      connected({ nsp }),
    ]);
    const { id } = a;
    await a.ask('join-room', room);
    await a.ask('join-room', `${room}-2`);
    await b.ask('join-room', room);
    for (let i = 0; i < 5; i++) await b.ask('send-message', { roomId: room, content: i });
    await until(a, 'new-message', 5);
    a.io.engine.close();
    await until(a, 'disconnect');
    for (let i = 5; i < 20; i++) {
      await b.ask('send-message', { roomId: i % 2 ? room : `${room}-2`, content: i });
      b.emit('typing', room); // volatile: not to be had later
    }
    a.connect();
    await until(a, 'connect', 2);
    assert.deepEqual([a.id, a.recovered], [id, true]);
    await b.ask('send-message', { roomId: room, content: 20 });
    await until(a, 'new-message', 21);
    assert.deepEqual(a.of('new-message').map(([data]) => data.content), Array.from({ length: 21 }, (_, i) => i));
    const back = a.log.findLastIndex(([event]) => event === 'connect');
    assert.equal(a.log.slice(back).filter(([event]) => event === 'new-message').length, 1);
    assert.deepEqual(a.log.slice(0, back).filter(([event]) => event === 'user-typing'), []);
    [a, b].forEach((socket) => socket.disconnect());
  });
}

test('beyond the window a client is somebody new', async () => {
  const socket = await connected({ at: short, reconnectionDelay: 1_000, reconnectionDelayMax: 1_000, randomizationFactor: 0 });
  const { id } = socket;
  socket.emit('echo', 1);
  await until(socket, 'echo-back');
  socket.io.engine.close();
  await until(socket, 'connect', 2);
  assert.notEqual(socket.id, id);
  assert.equal(socket.recovered, false);
  socket.disconnect();
});

test('a ping that is not answered loses the transport, not the client', async () => {
  const socket = await connected({ at: strict, transports: ['websocket'] });
  const { id } = socket;
  const engine = socket.io.engine;
  engine._sendPacket = () => {}; // answers no ping any more
  await eventually(10_000, () => socket.of('disconnect').length > 0);
  await until(socket, 'connect', 2);
  assert.deepEqual([socket.id, socket.recovered], [id, true]);
  socket.disconnect();
});

/// CONNECT by hand: the answer, and the packets in front of it.
async function connectRaw(auth) {
  const socket = await new RawEngine(server, '/socket.io/').socket();
  await socket.nextText();
  socket.text(`40${JSON.stringify({ token: 'secret', ...auth })}`);
  const before = [];
  for (;;) {
    const text = await nextWord(socket);
    if (text.startsWith('40')) return { socket, before, ...JSON.parse(text.slice(2)) };
    before.push(text);
  }
}

test('a pid or an offset that nobody knows makes somebody new', async () => {
  const first = await connectRaw({});
  first.socket.text('42["echo",1]');
  const offset = JSON.parse((await nextWord(first.socket)).slice(2)).at(-1);
  first.socket.destroy();
  for (const auth of [
    { pid: 'unknown', offset }, { pid: '__proto__' }, { pid: 1, offset }, { pid: { a: 1 } }, { pid: first.sid, offset },
    { pid: first.pid, offset: 'x' }, { pid: first.pid, offset: '999999999' }, { pid: first.pid, offset: `${offset}x` },
  ]) {
    const other = await connectRaw(auth);
    assert.notEqual(other.sid, first.sid, JSON.stringify(auth));
    assert.deepEqual(other.before, []);
    other.socket.destroy();
  }
  const again = await connectRaw({ pid: first.pid, offset });
  assert.deepEqual([again.sid, again.pid, again.before], [first.sid, first.pid, []]);
  again.socket.destroy();
});

test('without an offset everything since the beginning is had', async () => {
  const first = await connectRaw({});
  first.socket.text('42["echo","x"]');
  const said = await nextWord(first.socket);
  first.socket.destroy();
  const again = await connectRaw({ pid: first.pid });
  assert.equal(again.sid, first.sid);
  assert.deepEqual(again.before, [said]);
  again.socket.destroy();
});

test('a pid in use goes to the new connection, the old one is closed', async () => {
  const first = await connectRaw({});
  const second = await connectRaw({ pid: first.pid });
  assert.equal(second.sid, first.sid);
  await first.socket.closeCode();
  first.socket.destroy();
  second.socket.destroy();
});

test('recovery does not ask less of a client: its token is checked again', async () => {
  const first = await connectRaw({});
  first.socket.destroy();
  const socket = await new RawEngine(server, '/socket.io/').socket();
  await socket.nextText();
  socket.text(`40${JSON.stringify({ token: 'no', pid: first.pid })}`);
  assert.match(await nextWord(socket), /^44/);
  socket.destroy();
});

test('bytes that were missed come with their attachments', async () => {
  const first = await connectRaw({});
  const engine = first.socket;
  engine.text('42["echo",1]');
  const offset = JSON.parse((await nextWord(engine)).slice(2)).at(-1);
  engine.text('451-["echo",{"_placeholder":true,"num":0}]');
  engine.write(frame(opcode.binary, Buffer.from([9, 9])));
  await nextWord(engine);
  engine.destroy();
  const socket = await new RawEngine(server, '/socket.io/').socket();
  await socket.nextText();
  socket.text(`40${JSON.stringify({ token: 'secret', pid: first.pid, offset })}`);
  assert.match(await nextWord(socket), /^451-\["echo-back",\{"_placeholder":true,"num":0\},"\d+"\]$/);
  assert.deepEqual(await nextBytes(socket), Buffer.from([9, 9]));
  assert.match(await nextWord(socket), /^40\{/);
  socket.destroy();
});

test('a volatile event does not wait for a client that does not poll', async () => {
  const poller = await RawEngine.open(server, '/socket.io/');
  await poller.post('40{"token":"secret"}');
  await poller.hear();
  await poller.post('420["join-room","quiet"]');
  await poller.hear();
  const other = await connected();
  await other.ask('join-room', 'quiet');
  await poller.hear(); // user-joined
  other.emit('typing', 'quiet'); // nobody polls now
  await other.ask('send-message', { roomId: 'quiet', content: 1 });
  const heard = await poller.hear();
  assert.equal(heard.length, 1);
  assert.match(heard[0], /new-message/);
  const waiting = poller.hear();
  await eventually(5_000, async () => {
    other.emit('typing', 'quiet');
    return Promise.race([waiting.then(() => true), new Promise((resolve) => setTimeout(resolve, 20))]);
  });
  assert.match((await waiting)[0], /user-typing/);
  other.disconnect();
});

test('large events are compressed for who agreed to it, small and refused ones are not', async () => {
  const plainly = await startConformance('app', '--no-deflate', ...patiently);
  const bitsOf = async (at, extensions, text) => {
    const raw = await RawWebSocket.open(at.port, '/socket.io/?EIO=4&transport=websocket',
      extensions ? { 'Sec-WebSocket-Extensions': extensions } : {});
    const next = async (prefix) => {
      for (;;) {
        const got = await raw.nextFrame(prefix);
        const payload = got.rsv ? inflateRawSync(got.payload, { finishFlush: constants.Z_SYNC_FLUSH }) : got.payload;
        if (payload.toString().startsWith(prefix)) return { rsv: got.rsv, payload: payload.toString() };
      }
    };
    await next('0');
    raw.text('40{"token":"secret"}');
    await next('40');
    raw.text(`42${JSON.stringify(['echo', text])}`);
    const came = await next('42["echo-back"');
    assert.equal(JSON.parse(came.payload.slice(2))[1], text);
    raw.destroy();
    return came.rsv;
  };
  const large = 'large and alike, '.repeat(100);
  const offer = 'permessage-deflate';
  assert.equal(await bitsOf(server, offer, large), 4);
  assert.equal(await bitsOf(server, `${offer}; server_max_window_bits=10`, large), 4);
  assert.equal(await bitsOf(server, offer, 'small'), 0);
  assert.equal(await bitsOf(server, undefined, large), 0);
  assert.equal(await bitsOf(plainly, offer, large), 0);
});

test('it ends cleanly while clients are connected', async () => {
  const one = await startConformance('app');
  const socket = await connected({ at: one, reconnection: false });
  const poller = await connected({ at: one, reconnection: false, transports: ['polling'] });
  await one.stop();
  await until(socket, 'disconnect');
  await until(poller, 'disconnect');
});
