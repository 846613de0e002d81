// Clients that hold a connection by being slow: each form ends by itself in its time, and nobody else waits for it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';

import { makeCertificate } from './support/certificate.mjs';
import { connectPlain, connectSocket, eventually, register, unique } from './support/clients.mjs';
import { root, startNode } from './support/node.mjs';
import { PollingSession, RawConnection, RawWebSocket, frame, handshake, opcode, openEngine, openPlain } from './support/raw.mjs';

const short = {
  TROUPE_AUTHENTICATE_TIMEOUT: '2s', TROUPE_CONNECT_TIMEOUT: '2s', TROUPE_UPGRADE_TIMEOUT: '2s',
  TROUPE_PING_INTERVAL: '2s', TROUPE_PING_TIMEOUT: '2s', TROUPE_RESUME_WINDOW: '1s',
};
const patience = 60_000; // a body has 30 s and more for what came of it; everything else less
const host = 'Host: 127.0.0.1\r\n';
const engineWs = '/socket.io/?EIO=4&transport=websocket';

let node;
let secure;
let alice;
before(async () => {
  [node, secure] = await Promise.all([
    startNode({ env: short }),
    startNode({ env: { ...short, ...makeCertificate().env } }),
  ]);
  alice = await register(node.url, 'Alice');
});
after(() => Promise.all([node?.stop(), secure?.stop()]));

/// Sends a byte now and then as long as somebody is there.
function drip(connection, bytes = 'x', every = 200) {
  const timer = setInterval(() => connection.write(bytes), every);
  connection.ended.then(() => clearInterval(timer));
  return connection;
}
async function raw(bytes, port = node.port) {
  const connection = new RawConnection(port);
  await connection.connected;
  if (bytes) connection.write(bytes);
  return connection;
}
const webSocket = async (url = '/ws') =>
  RawWebSocket.open(node.port, url, url === '/ws' ? { 'Sec-WebSocket-Protocol': 'troupe.v1.json' } : {});
/// Answers pings of the protocol engine, so that nothing else ends the session.
function answersPings(engine) {
  const timer = setInterval(() => engine.text('3'), 500);
  engine.ended.then(() => clearInterval(timer));
  return engine;
}

/// name → a connection that the node must end.
const forms = {
  'a connection that says nothing': () => raw(''),
  'a request line that never ends': async () => drip(await raw('GET /')),
  'headers that never end': async () => drip(await raw(`GET /livez HTTP/1.1\r\n${host}`), 'X-A: b\r\n'),
  'a header value that never ends': async () => drip(await raw(`GET /livez HTTP/1.1\r\n${host}X-A: `)),
  'a second request that never ends': async () => {
    const connection = await raw(`GET /livez HTTP/1.1\r\n${host}\r\n`);
    await connection.response();
    return drip(connection, 'G');
  },
  'a body that never ends': async () =>
    drip(await raw(`POST /api/v1/auth/login HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 900000\r\n\r\n{`)),
  'a body whose first large part bought much time': () =>
    raw(`POST /nowhere HTTP/1.1\r\n${host}Content-Length: 1000000\r\n\r\n${'a'.repeat(999_000)}`),
  'chunks that never end': async () =>
    drip(await raw(`POST /api/v1/auth/login HTTP/1.1\r\n${host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`), '1\r\n \r\n'),
  'a chunk size that never ends': async () =>
    drip(await raw(`POST /api/v1/auth/login HTTP/1.1\r\n${host}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`), '0'),
  'answers that nobody reads': async () => {
    const connection = await raw('');
    connection.socket.pause();
    for (let i = 0; i < 4_000; i++) connection.write(`GET /metrics HTTP/1.1\r\n${host}\r\n`);
    return connection;
  },
  'a handshake for WebSocket that never ends': async () => drip(await raw(handshake('/ws').slice(0, -2)), 'X-A: b\r\n'),
  'a WebSocket that never signs in': () => webSocket(),
  'a WebSocket that sends pings and never signs in': async () => drip(await webSocket(), frame(opcode.ping, '')),
  'a first frame that never ends': async () => {
    const socket = await webSocket();
    socket.write(frame(opcode.text, '', { claim: 100_000n, length: 64 }));
    return drip(socket);
  },
  'a first message of fragments that never ends': async () => {
    const socket = await webSocket();
    socket.write(frame(opcode.text, '{', { fin: false }));
    return drip(socket, frame(opcode.continuation, ' ', { fin: false }));
  },
  'a signed-in WebSocket in the middle of a frame, which answers no ping': async () => {
    const socket = await openPlain(node.port, alice.token);
    socket.write(frame(opcode.text, '', { claim: 100_000n, length: 64 }));
    return drip(socket);
  },
  'a WebSocket that never answers the close': async () => {
    const socket = await openPlain(node.port, alice.token);
    socket.text('no JSON');
    return socket;
  },
  'a WebSocket that goes on talking behind the close': async () => {
    const socket = await openPlain(node.port, alice.token);
    socket.text('no JSON');
    return drip(socket, frame(opcode.text, '{}'));
  },
  'a polling handshake, and nothing behind it': async () => {
    const session = await PollingSession.open(node.url);
    // its sid ends; the connection that asks for it is answered then
    return raw(`GET /socket.io/?EIO=4&transport=polling&sid=${session.sid} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
  },
  'an Engine.IO WebSocket without CONNECT': () => webSocket(engineWs),
  'an Engine.IO WebSocket without CONNECT that answers pings': async () => answersPings(await webSocket(engineWs)),
  'a Socket.IO client that answers no ping': () => openEngine(node.port, alice.token),
  'a binary event whose attachment never comes, without pongs': async () => {
    const engine = await openEngine(node.port, alice.token);
    engine.text('451-["x",{"_placeholder":true,"num":0}]');
    return engine;
  },
  'an upgrade without a probe': async () => {
    const session = await PollingSession.open(node.url, alice.token);
    return webSocket(`${engineWs}&sid=${session.sid}`);
  },
  'an upgrade that stops behind the probe': async () => {
    const session = await PollingSession.open(node.url, alice.token);
    const probe = await webSocket(`${engineWs}&sid=${session.sid}`);
    probe.text('2probe');
    return probe;
  },
  'a polling body that never ends': async () => {
    const session = await PollingSession.open(node.url, alice.token);
    return drip(await raw(`POST /socket.io/?EIO=4&transport=polling&sid=${session.sid} HTTP/1.1\r\n${host}`
      + 'Content-Type: text/plain\r\nContent-Length: 900000\r\n\r\n4'));
  },
  'a TLS connection that says nothing': () => raw('', secure.port),
  'a TLS hello that never ends': async () => drip(await raw(Buffer.from('1603010200', 'hex'), secure.port), '\x01'),
  'a request over TLS that never ends': async () => {
    const connection = new RawConnection(secure.port);
    await connection.connected;
    const socket = tls.connect({ socket: connection.socket, rejectUnauthorized: false });
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    const timer = setInterval(() => socket.write('x'), 200);
    socket.write('GET /');
    connection.ended.then(() => clearInterval(timer));
    socket.on('close', () => connection.destroy());
    return connection;
  },
};

test('every form of slowness ends in its time, all at once, while others are served', async () => {
  const healthy = await connectSocket(node.url, alice.token);
  const fdsAtStart = await node.metric('process_open_fds');
  let isOver = false;
  let slowest = 0;
  const talk = (async () => {
    while (!isOver) {
      const begin = performance.now();
      const answer = await healthy.ask('sync', { rooms: {} });
      assert.equal(answer.ok, true);
      slowest = Math.max(slowest, performance.now() - begin);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  const begin = performance.now();
  const ends = await Promise.all(Object.entries(forms).map(async ([name, make]) => {
    const connections = await Promise.all(Array.from({ length: 5 }, make));
    const closed = await Promise.all(connections.map(async (connection) => {
      // whoever does not read never hears of the end by reading: it is seen from inside
      if (connection.socket.isPaused()) return true;
      return connection.closes(patience);
    }));
    const seconds = (performance.now() - begin) / 1000;
    return { name, isClosed: closed.every(Boolean), seconds, connections };
  }));
  for (const { name, seconds } of [...ends].sort((a, b) => a.seconds - b.seconds)) {
    console.log(`slow loris: ${seconds.toFixed(1).padStart(5)} s  ${name}`);
  }
  assert.deepEqual(ends.filter((end) => !end.isClosed).map((end) => end.name), []);
  isOver = true;
  await talk;
  console.log(`slow loris: slowest answer to somebody else ${Math.round(slowest)} ms`);
  assert.ok(slowest < 3000);
  // nothing of them is left, those that do not read included
  await eventually(patience, async () => (await node.metric('process_open_fds')) <= fdsAtStart, 'the file descriptors of the start');
  await eventually(patience, async () => (await node.metric('troupe_sessions')) === 1, 'one session');
  healthy.end();
  for (const { connections } of ends) for (const connection of connections) connection.destroy();
});

test('the others were not cut: a slow client that makes progress is served', async () => {
  const connection = await raw('');
  for (const byte of `GET /livez HTTP/1.1\r\n${host}\r\n`) {
    connection.write(byte);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal((await connection.response()).status, 200);
  connection.destroy();
});

test('a body that stops coming is answered 408 after 10 s', async () => {
  const begin = performance.now();
  const connection = await raw(`POST /nowhere HTTP/1.1\r\n${host}Content-Length: 1000000\r\n\r\n${'a'.repeat(500_000)}`);
  assert.equal(await connection.closes(30_000), true);
  assert.match(connection.received.toString('latin1'), /^HTTP\/1\.1 408 /);
  assert.ok(performance.now() - begin > 9000);
  connection.destroy();
});

test('who reads a few KB a second is not taken for one who does not read', async (t) => {
  const seconds = 20;
  const own = await startNode({}, t); // a ping after 25 s: behind all the rest it would come too late
  const user = await register(own.url, 'Alice');
  const topic = `public:${unique('t')}`;
  const readers = ['ws', 'sse'].map((kind) => {
    const child = spawn('python3', [path.join(root, 'tests/blackbox/support/slow_reader.py'), own.port, user.token,
      topic, kind, '3000', seconds].map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
    const reader = { kind, said: '', ended: new Promise((resolve) => child.on('close', resolve)) };
    child.stdout.on('data', (chunk) => (reader.said += chunk));
    return reader;
  });
  await eventually(10_000, () => readers.every((reader) => reader.said.startsWith('ready')), 'the readers');
  const talker = await connectPlain(own.wsUrl, user.token);
  for (let n = 0; n < 40; n++) // 800 KB: less than their queue holds
    assert.equal((await talker.ask('publish', { topic, event: 'load', data: { n, pad: 'x'.repeat(20_000) } })).ok, true);
  await talker.end();
  // A cut reader goes on reading what the kernel has: whether it is cut is seen from inside.
  await eventually(60_000, () => readers.every((reader) => reader.said.includes('late')), 'more than 10 s');
  assert.equal(await own.metric('troupe_connections'), readers.length);
  await Promise.all(readers.map((reader) => reader.ended));
  for (const { kind, said } of readers) {
    console.log(`slow reader over ${kind}: ${said.split('\n').at(-2)} bytes`);
    assert.match(said, /\nopen \d/, kind);
  }
});
