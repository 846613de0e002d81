// Socket.IO 5, mode "protocol": packets by hand over both transports, and the stock client.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { io } from 'socket.io-client';
import msgpackParser from 'socket.io-msgpack-parser';

import { eventually, within } from './support/clients.mjs';
import { RawEngine, nextBytes, nextWord, patiently, startConformance } from './support/conformance.mjs';
import { frame, opcode } from './support/raw.mjs';

const path = '/socket.io/';
const strict = await startConformance('protocol'); // as the mode is by itself
const server = await startConformance('protocol', ...patiently);

/// A WebSocket behind the Engine.IO handshake; `joined`: in "/", its `auth` is taken off.
async function websocket(joined = true) {
  const socket = await new RawEngine(server, path).socket();
  await socket.nextText();
  if (joined) {
    socket.text('40');
    assert.match(await nextWord(socket), /^40\{"sid":"[^"]{20,}"\}$/);
    assert.equal(await nextWord(socket), '42["auth",{}]');
  }
  return socket;
}

async function polling() {
  const engine = await RawEngine.open(server, path);
  await engine.post('40');
  await engine.hear();
  return engine;
}

async function closes(socket) {
  const { code } = await socket.closeCode();
  socket.write(frame(opcode.close, ''));
  assert.ok(await socket.closes());
  socket.destroy();
  return code;
}

test('the Engine.IO handshake below Socket.IO', async () => {
  const { handshake } = await RawEngine.open(strict, path);
  assert.deepEqual(handshake, {
    sid: handshake.sid, upgrades: ['websocket'], pingInterval: 300, pingTimeout: 200, maxPayload: 1_000_000,
  });
});

test('a namespace is joined, with and without a payload', async () => {
  for (const [asked, prefix, auth] of [
    ['40', '', {}], ['40{"token":"123"}', '', { token: '123' }],
    ['40/custom,', '/custom,', {}], ['40/custom', '/custom,', {}],
    ['40/custom,{"token":"abc","é":[1]}', '/custom,', { token: 'abc', é: [1] }],
  ]) {
    const socket = await websocket(false);
    socket.text(asked);
    const answer = await nextWord(socket);
    assert.ok(answer.startsWith(`40${prefix}{`), answer);
    assert.deepEqual(Object.keys(JSON.parse(answer.slice(2 + prefix.length))), ['sid']);
    assert.equal(await nextWord(socket), `42${prefix}${JSON.stringify(['auth', auth])}`);
    socket.destroy();
  }
});

test('each namespace has a name of its own for a client', async () => {
  const socket = await new RawEngine(server, path).socket();
  const names = [JSON.parse((await socket.nextText()).slice(1)).sid];
  for (const asked of ['40', '40/custom']) {
    socket.text(asked);
    names.push(JSON.parse((await nextWord(socket)).replace(/^40(\/custom,)?/, '')).sid);
    await nextWord(socket);
  }
  assert.equal(new Set(names).size, 3);
  socket.destroy();
});

test('an unknown namespace is refused, and the others are still to be had', async () => {
  const socket = await websocket(false);
  for (const name of ['/random', '/custom?x=1', '/constructor', '/cust']) {
    socket.text(`40${name}`);
    assert.equal(await nextWord(socket), `44${name},{"message":"Invalid namespace"}`);
  }
  socket.text('40/custom');
  assert.match(await nextWord(socket), /^40\/custom,/);
  socket.destroy();
});

test('who joins nothing is closed when the time is over', async () => {
  const socket = await new RawEngine(strict, path).socket();
  await socket.nextText();
  const begin = Date.now();
  for (;;) {
    const text = await socket.nextText().catch(() => undefined);
    if (text === undefined) break;
    socket.text('3'); // alive, but without a namespace
  }
  assert.ok(Date.now() - begin > 900);
  assert.ok(await socket.closes());
});

test('leaving a namespace leaves the connection, and the other namespace', async () => {
  const socket = await websocket();
  socket.text('40/custom');
  await nextWord(socket);
  await nextWord(socket);
  socket.text('41/custom,');
  socket.text('42["message","to the main one"]');
  assert.equal(await nextWord(socket), '42["message-back","to the main one"]');
  socket.text('41');
  socket.text('40');
  assert.match(await nextWord(socket), /^40\{/);
  socket.destroy();
});

const shapes = [
  [], [1, '2', { 3: [true] }], [null], [true, false], [-1, 0.5, 1e21], [''], ['€ 👍 \u0000 \\ "'], [[[]]], [{}],
  [{ a: { b: { c: [null, { d: 1 }] } } }], ['x'.repeat(200_000)], [9007199254740991], Array(100).fill('y'),
  [{ _placeholder: true, num: 0 }],
];

test('events and acknowledgements of every JSON shape come back as they were', async () => {
  const socket = await websocket();
  for (const args of shapes) {
    socket.text(`42${JSON.stringify(['message', ...args])}`);
    assert.deepEqual(JSON.parse((await nextWord(socket)).slice(2)), ['message-back', ...args]);
    socket.text(`42456${JSON.stringify(['message-with-ack', ...args])}`);
    assert.deepEqual((await nextWord(socket)).slice(0, 5), '43456');
  }
  socket.text('429007199254740991["message-with-ack"]');
  assert.equal(await nextWord(socket), '439007199254740991[]');
  socket.destroy();
});

const bytes = (packet) => Buffer.from(packet.slice(1), 'base64');

test('attachments go both ways, with and without an acknowledgement, on both transports', async () => {
  const two = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';
  const parts = [Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])];
  for (const [asked, answer] of [
    [`452-["message",${two}]`, `452-["message-back",${two}]`],
    [`452-789["message-with-ack",${two}]`, `462-789[${two}]`],
    ['452-["message",[{"a":{"_placeholder":true,"num":1}}],{"_placeholder":true,"num":0}]',
      '452-["message-back",[{"a":{"_placeholder":true,"num":1}}],{"_placeholder":true,"num":0}]'],
  ]) {
    const socket = await websocket();
    socket.text(asked);
    for (const part of parts) socket.write(frame(opcode.binary, part));
    assert.equal(await nextWord(socket), answer);
    for (const part of parts) assert.deepEqual(await nextBytes(socket), part);
    socket.destroy();

    const engine = await polling();
    await engine.post(asked, ...parts.map((part) => `b${part.toString('base64')}`));
    const heard = await engine.hear();
    assert.equal(heard[0], answer);
    assert.deepEqual(heard.slice(1).map(bytes), parts);
  }
});

test('one attachment and ten are taken, none and eleven are not', async () => {
  const place = (n) => Array.from({ length: n }, (_, num) => ({ _placeholder: true, num }));
  for (const n of [1, 10]) {
    const socket = await websocket();
    socket.text(`45${n}-${JSON.stringify(['message', ...place(n)])}`);
    for (let i = 0; i < n; i++) socket.write(frame(opcode.binary, Buffer.alloc(i, i)));
    assert.match(await nextWord(socket), new RegExp(`^45${n}-`));
    for (let i = 0; i < n; i++) assert.equal((await nextBytes(socket)).length, i);
    socket.destroy();
  }
  for (const n of [0, 11]) {
    const socket = await websocket();
    socket.text(`45${n}-${JSON.stringify(['message', ...place(n)])}`);
    await closes(socket);
  }
});

const broken = [
  '4abc', '4', '47', '42{}', '42[]', '42""', '42[null]', '42[{}]', '42["connect"]', '42["disconnect"]',
  '42["connect_error"]', '42["disconnecting"]', '42["newListener"]', '42["removeListener"]',
  '42abc["message-with-ack",1]', '42["message"', '42["message"]x', '421e1["x"]', '42-1["x"]',
  '4299999999999999999999["x"]', '43{}', '43"x"', '40', '40[]', '40"x"', '41{}', '41[]', '41/custom', '44{"message":"x"}',
  '45["x"]', '450-["x"]', '451["x"]', '45-1-["x"]', '45599999-["x"]', '4551-', '451-{}', '451-["x",{"_placeholder":true,"num":1}]',
  '451-["x",{"_placeholder":true,"num":"0"}]', '451-["x",{"_placeholder":true,"num":-1}]', '451-["x",{"_placeholder":true}]',
  '42/custom,["x"]', '42/custom["x"]', '42["x",1e400]', '42["x","\\ud800"]', `42["x",${'['.repeat(40)}${']'.repeat(40)}]`,
];

test('a packet that is invalid closes the connection', async () => {
  for (const packet of broken) {
    const socket = await websocket();
    socket.text(packet);
    await closes(socket).catch((error) => assert.fail(`${packet}: ${error.message}`));
  }
});

test('… and over polling the session', async () => {
  for (const packet of broken.slice(0, 12)) {
    const engine = await polling();
    assert.equal((await engine.post(packet)).status, 200);
    await engine.poll();
    assert.equal((await engine.poll()).status, 400, packet);
  }
});

test('text while bytes are awaited closes, and bytes while none are', async () => {
  const socket = await websocket();
  socket.text('451-["message",{"_placeholder":true,"num":0}]');
  socket.text('42["message"]');
  await closes(socket);
  const other = await websocket();
  other.write(frame(opcode.binary, Buffer.from([1])));
  await closes(other);
});

test('packets without data, and answers that nobody waits for, do nothing', async () => {
  const socket = await websocket();
  for (const packet of ['42', '43', '4217', '4317', '4317["x"]', '42["unknown",1]', '42[7,"a number is a name too"]']) {
    socket.text(packet);
  }
  socket.text('42["message","on"]');
  assert.equal(await nextWord(socket), '42["message-back","on"]');
  socket.destroy();
});

test('what comes before the CONNECT closes', async () => {
  for (const packet of ['42["message"]', '43[]', '41', '4abc']) {
    const socket = await websocket(false);
    socket.text(packet);
    await closes(socket);
  }
});

// -- the stock client --

const open = new Set();
after(() => open.forEach((socket) => socket.disconnect()));

async function stock(nsp = '/', { manager, ...options } = {}) {
  const socket = manager ? manager.socket(nsp, options) : io(server.url + nsp, { forceNew: true, ...options });
  open.add(socket);
  socket.auth1 = new Promise((resolve) => socket.once('auth', resolve));
  await within(5_000, new Promise((resolve) => socket.once('connect', resolve)), 'connect');
  return socket;
}

for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
  test(`the stock client over ${transports.join(' and ')}: events, bytes and acknowledgements`, async () => {
    const socket = await stock('/', { transports, auth: { a: 'é' } });
    assert.deepEqual(await within(5_000, socket.auth1), { a: 'é' });
    if (transports.length === 2) await eventually(5_000, () => socket.io.engine.transport.name === 'websocket');
    const heard = [];
    socket.on('message-back', (...args) => heard.push(args));
    const sent = [];
    for (let i = 0; i < 50; i++) {
      sent.push([i, `text ${i}`], [Buffer.from([i]), { deep: [Buffer.from([i, i])] }]);
      socket.emit('message', ...sent.at(-2));
      socket.emit('message', ...sent.at(-1));
    }
    await eventually(5_000, () => heard.length === sent.length);
    assert.deepEqual(heard, sent);
    const answer = await socket.timeout(5_000).emitWithAck('message-with-ack', { b: Buffer.from('x') });
    assert.deepEqual(answer, { b: Buffer.from('x') });
    await assert.rejects(socket.timeout(100).emitWithAck('nobody-answers-this'), /timed out/);
    assert.ok(!socket.recovered);
    socket.disconnect();
  });
}

for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
  test(`the stock client with its MessagePack parser over ${transports.join(' and ')}`, async () => {
    const options = { transports, parser: msgpackParser };
    const socket = await stock('/', { ...options, auth: { a: [1, null] } });
    assert.deepEqual(await within(5_000, socket.auth1), { a: [1, null] });
    const custom = await stock('/custom', { manager: socket.io }); // CONNECT without auth
    assert.deepEqual(await within(5_000, custom.auth1), {});
    const heard = [];
    socket.on('message-back', (...args) => heard.push(args));
    const wanted = [];
    for (let i = 0; i < 50; i++) {
      const args = [i, `text ${i} €`, -1.5, { deep: [Buffer.from([i]), null, true] }, 'x'.repeat(i * 100)];
      wanted.push(args);
      socket.emit('message', ...args);
    }
    await eventually(5_000, () => heard.length === wanted.length);
    assert.deepEqual(heard, wanted);
    assert.deepEqual(await socket.timeout(5_000).emitWithAck('message-with-ack', Buffer.from('x'), 2 ** 40), Buffer.from('x'));
    const refused = socket.io.socket('/nowhere');
    const error = await within(5_000, new Promise((resolve) => refused.once('connect_error', resolve)));
    assert.equal(error.message, 'Invalid namespace');
    socket.disconnect();
  });
}

test('MessagePack that is no packet closes, and so does text from a client that speaks it', async () => {
  const packed = (packet) => Buffer.concat(new msgpackParser.Encoder().encode(packet).map((part) => Buffer.from(part)));
  const hello = packed({ type: 0, nsp: '/' });
  for (const [op, bytes] of [
    [opcode.binary, Buffer.from([0xc1])], [opcode.binary, Buffer.from([])], [opcode.binary, hello.subarray(0, 5)],
    [opcode.binary, hello], [opcode.binary, packed({ type: 5, nsp: '/', data: ['x'] })],
    [opcode.binary, packed({ type: 2, nsp: '/', data: [] })], [opcode.binary, packed({ type: 2, nsp: '/', data: ['connect'] })],
    [opcode.binary, packed({ type: 2, nsp: '/custom', data: ['x'] })], [opcode.binary, packed({ type: 2, nsp: '/', data: ['x'], id: 'y' })],
    [opcode.text, '42["message"]'],
  ]) {
    const socket = await websocket(false);
    socket.write(frame(opcode.binary, hello));
    for (let i = 0; i < 2; i++) await nextBytes(socket); // CONNECT and auth
    socket.write(frame(op, bytes));
    await closes(socket);
  }
});

test('the stock client in two namespaces over one connection', async () => {
  const main = await stock();
  const custom = await stock('/custom', { manager: main.io, auth: { c: 1 } });
  assert.notEqual(main.id, custom.id);
  assert.deepEqual(await within(5_000, custom.auth1), { c: 1 });
  custom.disconnect();
  assert.deepEqual(await main.timeout(5_000).emitWithAck('message-with-ack', 1), 1);
  const refused = main.io.socket('/nowhere');
  const error = await within(5_000, new Promise((resolve) => refused.once('connect_error', resolve)));
  assert.equal(error.message, 'Invalid namespace');
});

test('the stock client hears why its transport went', async () => {
  for (const [transports, packet] of [[['websocket'], '4abc'], [['polling'], '4abc']]) {
    const socket = await stock('/', { transports, reconnectionDelay: 10, reconnectionDelayMax: 20 });
    const reason = new Promise((resolve) => socket.once('disconnect', resolve));
    const again = new Promise((resolve) => socket.once('disconnect', () => socket.once('connect', resolve)));
    socket.io.engine.write(packet.slice(1));
    assert.match(await within(5_000, reason), /^transport (close|error)$/);
    await within(5_000, again, 'the way back');
    socket.disconnect();
  }
});

test('a message too large ends the WebSocket, and a polling client hears of it', async () => {
  const socket = await stock('/', { transports: ['websocket'], reconnection: false });
  const reason = new Promise((resolve) => socket.once('disconnect', resolve));
  socket.emit('message', 'x'.repeat(1_000_001));
  assert.match(await within(5_000, reason), /^transport (close|error)$/);
  const poller = await stock('/', { transports: ['polling'], reconnection: false });
  const why = new Promise((resolve) => poller.once('disconnect', resolve));
  poller.emit('message', 'x'.repeat(1_000_001));
  assert.equal(await within(5_000, why), 'transport error');
});

test('a thousand sockets at once, and a thousand that vanish before their CONNECT', async () => {
  const sockets = await Promise.all(Array.from({ length: 1_000 }, () => new RawEngine(server, path).socket()));
  await Promise.all(sockets.map(async (socket, i) => {
    await socket.nextText();
    if (i % 2 === 0) socket.text('40');
  }));
  await Promise.all(sockets.map(async (socket, i) => {
    if (i % 2 !== 0) return socket.destroy();
    assert.match(await nextWord(socket), /^40\{/);
    await nextWord(socket);
    socket.text(`42["message",${i}]`);
    assert.equal(await nextWord(socket), `42["message-back",${i}]`);
    return socket.destroy();
  }));
  const engine = await polling(); // and it goes on
  await engine.post('42["message"]');
  assert.deepEqual(await engine.hear(), ['42["message-back"]']);
});
