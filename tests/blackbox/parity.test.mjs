// One table of commands, run over Socket.IO and both sub-protocols of the plain WebSocket: the same
// answers, the same events, the same errors.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';

import {
  PlainClient, connectPlain, connectSocket, eventually, register, subProtocols, unique, within,
} from './support/clients.mjs';
import { assertSame, long, runEveryCommand } from './support/every_command.mjs';
import { startNode } from './support/node.mjs';

let node;
let alice;
let bob;
before(async () => {
  node = await startNode();
  [alice, bob] = await Promise.all(['Alice', 'Bob'].map((name) => register(node.url, name)));
});
after(() => node?.stop());

const ways = [
  ['Socket.IO', (user) => connectSocket(node.url, user.token, { transports: ['websocket'] })],
  ...subProtocols.map((protocol) => [
    protocol,
    (user) => connectPlain(node.wsUrl, user.token, { protocol }),
  ]),
];

test('every command answers the same over Socket.IO, JSON and MessagePack', async () => {
  const outcomes = [];
  for (const [way, open] of ways) outcomes.push([way, await runEveryCommand(node, { alice, bob }, open)]);
  assertSame(outcomes);
});

test('an event reaches every sub-protocol, and each in its own form', async () => {
  const topic = `public:${unique('t')}`;
  const clients = [];
  for (const [, open] of ways) clients.push(await open(alice));
  for (const client of clients) await client.ask('subscribe', { topic });
  const data = { list: Array.from({ length: 300 }, (_, i) => i * 1000 - 5), text: long, none: null, deep: { a: [{ b: 1.25 }] } };
  for (let i = 0; i < 50; i++) await clients[i % clients.length].ask('publish', { topic, event: 'each', data: { i, ...data } });
  for (const client of clients) {
    await eventually(5000, () => client.of('each').length === 50);
    client.of('each').forEach((got, i) => assert.deepEqual(got, { i, ...data }));
    await client.end();
  }
});

test('a failed MessagePack command without an id is told by an error event, a late sign-in by its code', async () => {
  const client = await connectPlain(node.wsUrl, bob.token, { protocol: 'troupe.v1.msgpack', inHeader: true });
  await eventually(3000, () => client.of('authenticated').length === 1);
  client.tell('send-message', { roomId: 'nowhere', content: 'x' });
  await eventually(3000, () => client.of('error').length === 1);
  assert.equal(client.of('error')[0].event, 'send-message');
  assert.equal(client.of('error')[0].code, 'forbidden');
  await client.end();
});

for (const [what, protocol, frame, code] of [
  ['text over MessagePack', 'troupe.v1.msgpack', '{"event":"sync"}', 1003],
  ['binary over JSON', 'troupe.v1.json', Buffer.from([0x80]), 1003],
  ['no map', 'troupe.v1.msgpack', Buffer.from([0x93, 1, 2, 3]), 4501],
  ['an array of 4 billion', 'troupe.v1.msgpack', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]), 4501],
  ['a cut map', 'troupe.v1.msgpack', Buffer.from([0x82, 0xa5]), 4501],
  ['binary data', 'troupe.v1.msgpack', Buffer.from([0x81, 0xa5, 0x65, 0x76, 0x65, 0x6e, 0x74, 0xc4, 0x01, 0x78]), 4501],
  ['an id that is a list', 'troupe.v1.msgpack', Buffer.from([0x82, 0xa5, 0x65, 0x76, 0x65, 0x6e, 0x74, 0xa1, 0x61, 0xa2, 0x69, 0x64, 0x90]), 4501],
]) {
  test(`a frame that is none closes with its code: ${what}`, async () => {
    const client = await connectPlain(node.wsUrl, bob.token, { protocol });
    client.socket.send(frame);
    assert.equal((await within(5000, client.closed, 'the close')).code, code);
  });
}

const handshake = (protocols) =>
  within(5000, new Promise((resolve) => {
    const socket = new WebSocket(node.wsUrl, { headers: protocols === undefined ? {} : { 'sec-websocket-protocol': protocols } });
    socket.on('open', () => { resolve({ opened: true }); socket.terminate(); });
    // the ws client refuses an answer it did not ask for by itself; the raw header is what counts here
    socket.on('upgrade', (response) => resolve({ protocol: response.headers['sec-websocket-protocol'] }));
    socket.on('unexpected-response', (_, response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    socket.on('error', () => {});
  }), 'the handshake');

test('the first sub-protocol of the list that is spoken wins; only unknown ones are refused', async () => {
  assert.deepEqual(await handshake('troupe.v1.msgpack, troupe.v1.json'), { protocol: 'troupe.v1.msgpack' });
  assert.deepEqual(await handshake('chat,troupe.v1.json,troupe.v1.msgpack'), { protocol: 'troupe.v1.json' });
  assert.deepEqual(await handshake(undefined), { protocol: undefined });
  for (const list of ['chat', 'troupe.v2.json, mqtt', 'TROUPE.V1.JSON']) {
    const refused = await handshake(list);
    assert.equal(refused.status, 400, list);
    assert.match(refused.text, /troupe\.v1\.json and troupe\.v1\.msgpack/);
  }
  const none = await new PlainClient(node.wsUrl, bob.token, { protocol: null }).signIn();
  assert.equal((await none.ask('sync', { rooms: {} })).ok, true);
  await none.end();
});
