// Engine.IO 4 by itself, mode "engine": requests by hand, and the stock client.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Socket } from 'engine.io-client';

import { eventually, within } from './support/clients.mjs';
import { RawEngine, nextBytes, nextWord, patiently, startConformance } from './support/conformance.mjs';
import { exchange, frame, handshake, opcode } from './support/raw.mjs';

const path = '/engine.io/';
const strict = await startConformance('engine'); // as the mode is by itself
const server = await startConformance('engine', ...patiently);
const open = (at = server) => RawEngine.open(at, path);
const asking = new RawEngine(server, path);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const held = 150; // until a GET is there for certain
const facts = { pingInterval: 300, pingTimeout: 200, maxPayload: 1_000_000 };

test('a polling handshake has exactly the five facts', async () => {
  const { handshake: facts4, sid } = await open(strict);
  assert.deepEqual(facts4, { sid, upgrades: ['websocket'], ...facts });
  assert.match(sid, /^[A-Za-z0-9_-]{20,}$/);
});

test('a WebSocket handshake offers no upgrade', async () => {
  const socket = await new RawEngine(strict, path).socket();
  const first = JSON.parse((await socket.nextText()).slice(1));
  assert.deepEqual(first, { sid: first.sid, upgrades: [], ...facts });
  socket.destroy();
});

test('requests that are not let in are told why', async () => {
  const rows = [
    ['GET', { EIO: 4 }, 0, 'Transport unknown'],
    ['GET', { EIO: 4, transport: 'abc' }, 0, 'Transport unknown'],
    ['GET', { EIO: 4, transport: 'constructor' }, 0, 'Transport unknown'],
    ['GET', { EIO: 4, transport: 'polling', sid: 'nobody' }, 1, 'Session ID unknown'],
    ['GET', { EIO: 4, transport: 'polling', sid: '__proto__' }, 1, 'Session ID unknown'],
    ['POST', { EIO: 4, transport: 'polling' }, 2, 'Bad handshake method'],
    ['PUT', { EIO: 4, transport: 'polling' }, 2, 'Bad handshake method'],
    ['GET', { EIO: 4, transport: 'websocket' }, 3, 'Bad request'],
    ['GET', { transport: 'polling' }, 5, 'Unsupported protocol version'],
    ['GET', { EIO: 'abc', transport: 'polling' }, 5, 'Unsupported protocol version'],
    ['GET', { EIO: 3, transport: 'polling' }, 5, 'Unsupported protocol version'],
  ];
  for (const [method, parameters, code, message] of rows) {
    const answer = await asking.ask(method, parameters, { headers: { origin: 'https://any.example' } });
    assert.equal(answer.status, 400, JSON.stringify(parameters));
    assert.deepEqual(JSON.parse(answer.text), { code, message });
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
  }
});

test('WebSocket handshakes that are not let in get no 101', async () => {
  for (const query of ['transport=websocket', 'EIO=abc&transport=websocket', 'EIO=4', 'EIO=4&transport=abc',
    'EIO=4&transport=websocket&sid=nobody']) {
    const { connection, answer } = await exchange(server.port, handshake(`${path}?${query}`));
    assert.equal(answer.status, 400, query);
    assert.ok(await connection.closes());
  }
});

test('a preflight and an answer let any origin in', async () => {
  const answer = await asking.ask('OPTIONS', { EIO: 4, transport: 'polling' }, {
    headers: { origin: 'https://any.example', 'access-control-request-headers': 'x-mine' },
  });
  assert.equal(answer.status, 204);
  assert.equal(answer.headers.get('access-control-allow-origin'), '*');
  assert.match(answer.headers.get('access-control-allow-methods'), /GET.*POST/);
  assert.equal(answer.headers.get('access-control-allow-headers'), 'x-mine');
});

test('polling carries one packet, several, and bytes', async () => {
  const engine = await open();
  for (const packets of [['4hello'], ['4test1', '4test2', '4test3'], ['4hello', 'bAQIDBA=='], ['4€ 👍 é'], ['4']]) {
    const sent = await engine.post(...packets);
    assert.deepEqual([sent.status, sent.text, sent.headers.get('content-type')], [200, 'ok', 'text/html']);
    assert.deepEqual(await engine.hear(), packets);
  }
});

test('a waiting GET is answered when something comes', async () => {
  const engine = await open();
  const waiting = engine.poll();
  await engine.post('4now');
  const answer = await waiting;
  assert.equal(answer.text, '4now');
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.match(answer.headers.get('content-type'), /^text\/plain; charset=UTF-8$/i);
});

test('a body that is no payload closes the session', async () => {
  for (const body of ['abc', '', '\x1e', '4a\x1e\x1e4b', 'bA', 'b!!!!', '8x']) {
    const engine = await open();
    const sent = await engine.post(body);
    assert.equal(sent.status, 400, JSON.stringify(body));
    assert.equal((await engine.poll()).status, 400);
  }
});

test('a body of bytes closes the session', async () => {
  const engine = await open();
  const sent = await engine.ask('POST', { EIO: 4, transport: 'polling', sid: engine.sid }, {
    body: '4x', headers: { 'content-type': 'application/octet-stream' },
  });
  assert.equal(sent.status, 400);
  assert.equal((await engine.poll()).status, 400);
});

test('a second GET ends the first with a close, and the session', async () => {
  const engine = await open();
  const first = engine.poll();
  await pause(held);
  const second = await engine.poll({ t: 'again' });
  assert.deepEqual([second.status, second.text], [400, '']);
  assert.deepEqual([(await first).status, (await first).text], [200, '1']);
  assert.equal((await engine.poll()).status, 400);
});

test('a GET that breaks while it waits ends the session', async () => {
  const engine = await open();
  const gone = new AbortController();
  const broken = fetch(server.url + engine.query({ EIO: 4, transport: 'polling', sid: engine.sid }), { signal: gone.signal });
  await pause(held);
  gone.abort();
  await assert.rejects(broken);
  await eventually(5_000, async () => (await engine.post('4x')).status === 400);
});

test('methods that polling has not leave the session alone', async () => {
  const engine = await open();
  for (const method of ['PUT', 'DELETE', 'HEAD']) {
    const answer = await engine.ask(method, { EIO: 4, transport: 'polling', sid: engine.sid });
    assert.equal(answer.status, 405);
  }
  await engine.post('4still here');
  assert.deepEqual(await engine.hear(), ['4still here']);
});

test('a body at the limit passes, one above is refused, in bytes and not in characters', async () => {
  const engine = await open();
  const full = '4' + 'é'.repeat(499_999) + 'x'; // 1 000 000 bytes
  assert.equal((await engine.post(full)).status, 200);
  assert.equal((await engine.hear())[0].length, full.length);
  assert.equal((await engine.post(full + 'x')).status, 413);
  for (const size of [1_000_001, 1_100_000, 2_000_000])
    for (const body of ['x'.repeat(size), new Blob(['x'.repeat(size)]).stream()]) { // a stream comes in chunks
      const answer = await fetch(server.url + engine.query({ EIO: 4, transport: 'polling', sid: engine.sid }), {
        method: 'POST', body, duplex: 'half', headers: { 'content-type': 'text/plain', origin: 'https://any.example' },
      });
      assert.deepEqual([answer.status, await answer.text()], [413, '']);
      assert.equal(answer.headers.get('access-control-allow-origin'), '*');
    }
  await engine.post('4after');
  assert.deepEqual(await engine.hear(), ['4after']);
});

test('a WebSocket message at the limit passes, one above closes with 1009', async () => {
  const socket = await asking.socket();
  await socket.nextText();
  socket.text('4' + 'x'.repeat(999_999));
  assert.equal((await nextWord(socket)).length, 1_000_000);
  socket.text('4' + 'x'.repeat(1_000_000));
  assert.equal((await socket.closeCode()).code, 1009);
  socket.destroy();
});

test('a WebSocket carries text and bytes', async () => {
  const socket = await asking.socket();
  await socket.nextText();
  socket.text('4hello');
  assert.equal(await nextWord(socket), '4hello');
  socket.write(frame(opcode.binary, Buffer.from([1, 2, 3, 4])));
  assert.deepEqual([...(await nextBytes(socket))], [1, 2, 3, 4]);
  socket.text('bAQID'); // base64 in text is bytes as well
  assert.deepEqual([...(await nextBytes(socket))], [1, 2, 3]);
  socket.destroy();
});

test('a message that is no packet closes the WebSocket', async () => {
  for (const text of ['abc', '', '7', 'b*']) {
    const socket = await asking.socket();
    await socket.nextText();
    socket.text(text);
    assert.notEqual((await socket.closeCode()).code, 1000);
    socket.destroy();
  }
});

test('packets that are not for the server are ignored, its own ping is an error', async () => {
  const socket = await asking.socket();
  await socket.nextText();
  for (const text of ['0{}', '5', '6', '3', '4on']) socket.text(text);
  assert.equal(await nextWord(socket), '4on');
  socket.text('2');
  await socket.closeCode();
  assert.ok(await socket.closes());
});

test('the server pings, and who answers stays', async () => {
  const beating = await startConformance('engine', '--ping-timeout', '30000');
  const engine = await open(beating);
  const socket = await new RawEngine(beating, path).socket();
  await socket.nextText();
  for (let i = 0; i < 4; i++) {
    assert.equal((await engine.poll()).text, '2');
    assert.equal((await engine.post('3')).status, 200);
  }
  for (let i = 0; i < 3; i++) {
    assert.equal(await socket.nextText(), '2');
    socket.text('3');
  }
  socket.destroy();
});

test('who does not answer a ping is gone when its time is over', async () => {
  const engines = await Promise.all([open(strict), open(strict), open(strict)]);
  const socket = await new RawEngine(strict, path).socket();
  await pause(facts.pingInterval + facts.pingTimeout);
  for (const engine of engines) assert.equal((await engine.poll()).status, 400);
  await socket.closeCode();
  assert.ok(await socket.closes());
});

test('a client leaves over either transport', async () => {
  const engine = await open();
  const waiting = engine.poll();
  await pause(held);
  assert.equal((await engine.post('1')).text, 'ok');
  assert.deepEqual([(await waiting).status, (await waiting).text], [200, '6']);
  assert.equal((await engine.poll()).status, 400);
  const socket = await asking.socket();
  await socket.nextText();
  socket.text('1');
  await socket.closeCode();
  assert.ok(await socket.closes());
});

test('an upgrade ends the waiting GET with a noop, again and again until it is done', async () => {
  const engine = await open();
  const socket = await engine.socket({ sid: engine.sid });
  socket.text('2probe');
  assert.equal(await socket.nextText(), '3probe');
  assert.equal((await engine.poll()).text, '6');
  assert.equal((await engine.poll()).text, '6');
  await engine.post('4still over polling');
  assert.deepEqual(await engine.hear(), ['4still over polling']);
  socket.text('5');
  socket.text('4hello');
  assert.equal(await nextWord(socket), '4hello');
  socket.destroy();
});

test('what was written during the upgrade comes behind it, in order', async () => {
  const engine = await open();
  const socket = await engine.socket({ sid: engine.sid });
  socket.text('2probe');
  assert.equal(await socket.nextText(), '3probe');
  await engine.post('4a', 'bAQID', '4b');
  socket.text('5');
  socket.text('4c');
  assert.equal(await nextWord(socket), '4a');
  assert.deepEqual([...(await nextBytes(socket))], [1, 2, 3]);
  assert.equal(await nextWord(socket), '4b');
  assert.equal(await nextWord(socket), '4c');
  socket.destroy();
});

test('after the upgrade there is neither polling nor a second WebSocket', async () => {
  const engine = await open();
  const socket = await engine.upgrade();
  socket.text('4x');
  assert.equal(await nextWord(socket), '4x');
  const answer = await engine.poll();
  assert.deepEqual([answer.status, JSON.parse(answer.text).code], [400, 3]);
  assert.equal((await engine.post('4y')).status, 400);
  const second = await engine.socket({ sid: engine.sid });
  await second.closeCode();
  assert.ok(await second.closes());
  socket.text('4still');
  assert.equal(await nextWord(socket), '4still');
  socket.destroy();
});

test('an upgrade that goes wrong leaves the session on polling', async () => {
  const engine = await open();
  for (const words of [['4x'], ['5'], ['2'], ['2probe', '4x'], ['2probe', '2probe']]) {
    const socket = await engine.socket({ sid: engine.sid });
    for (const word of words) socket.text(word);
    await socket.closeCode();
    socket.destroy();
    await engine.post('4still');
    assert.deepEqual(await engine.hear(), ['4still']);
  }
  (await engine.upgrade()).destroy();
});

test('the stock client sends and hears text and bytes over each transport', async () => {
  for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
    const client = new Socket(server.url, { path, transports });
    client.binaryType = 'arraybuffer';
    const heard = [];
    client.on('message', (data) => heard.push(typeof data === 'string' ? data : [...new Uint8Array(data)]));
    await within(5_000, new Promise((resolve) => client.on('open', resolve)));
    if (transports.length === 2) {
      await within(5_000, new Promise((resolve) => client.on('upgrade', resolve)));
      assert.equal(client.transport.name, 'websocket');
    }
    const wanted = [];
    for (let i = 0; i < 100; i++) {
      client.send(`text ${i} €`);
      client.send(new Uint8Array([i, 255]));
      wanted.push(`text ${i} €`, [i, 255]);
    }
    await eventually(5_000, () => heard.length >= wanted.length);
    assert.deepEqual(heard, wanted);
    client.close();
  }
});

test('the stock client hears why it was closed', async () => {
  for (const transport of ['polling', 'websocket']) {
    const client = new Socket(server.url, { path, transports: [transport] });
    await within(5_000, new Promise((resolve) => client.on('open', resolve)));
    const closed = new Promise((resolve) => client.on('close', resolve));
    client.transport.send([{ type: 'ping' }]); // not a client's to send
    assert.match(await within(5_000, closed), /transport (close|error)/);
  }
});
