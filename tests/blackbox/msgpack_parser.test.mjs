// Stock clients with socket.io-msgpack-parser in the chat, beside others that speak JSON.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import msgpackParser from 'socket.io-msgpack-parser';

import { connectPlain, connectSocket, createRoom, eventually, register, signToken, socketClient, within } from './support/clients.mjs';
import { startNode } from './support/node.mjs';

let node;
let alice;
let bob;
before(async () => {
  node = await startNode();
  [alice, bob] = await Promise.all([register(node.url, 'Alice'), register(node.url, 'Bob')]);
});
after(() => node?.stop());

for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
  test(`MessagePack over ${transports.join(' and ')}: the same events as everybody, in the same order`, async () => {
    const room = await createRoom(node.url, alice.token);
    const packed = await connectSocket(node.url, alice.token, { transports, parser: msgpackParser });
    const text = await connectSocket(node.url, bob.token);
    const plain = await connectPlain(node.wsUrl, bob.token);
    const joined = await packed.ask('join-room', { roomId: room.id });
    assert.equal(joined.room.id, room.id);
    await text.ask('join-room', room.id);
    await plain.ask('join-room', { roomId: room.id });
    for (let i = 0; i < 50; i++) {
      const answer = await (i % 2 ? text : packed).ask('send-message', { roomId: room.id, content: `message ${i} €` });
      assert.equal(answer.message.seq, i + 1);
    }
    await eventually(10_000, () => [packed, text, plain].every((who) => who.of('new-message').length === 50));
    assert.deepEqual(packed.of('new-message'), text.of('new-message'));
    assert.deepEqual(packed.of('new-message'), plain.of('new-message'));
    assert.deepEqual(packed.log.find(({ event }) => event === 'new-message').args.map((arg) => typeof arg), ['object', 'string']);
    packed.emit('send-message', { roomId: 'nowhere', content: 1 });
    await eventually(5_000, () => packed.of('error').length === 1);
    assert.equal(packed.of('error')[0].event, 'send-message');
    [packed, text, plain].forEach((who) => who.end());
  });
}

test('a command that holds bytes is refused as in JSON', async () => {
  const socket = await connectSocket(node.url, alice.token, { parser: msgpackParser });
  const answer = await socket.ask('send-message', { roomId: 'x', content: Buffer.from('x') });
  assert.deepEqual([answer.ok, answer.error.code], [false, 'validation_failed']);
  socket.end();
});

test('a refusal reaches a client that speaks MessagePack', async () => {
  const socket = socketClient(node.url, signToken({ sub: 'nobody' }, { key: 'k'.repeat(40) }), { parser: msgpackParser });
  const error = await within(10_000, new Promise((resolve) => socket.once('connect_error', resolve)));
  assert.equal(error.message, 'Authentication failed');
  socket.end();
});

for (const transport of ['polling', 'websocket']) {
  test(`a lost MessagePack client is recovered over ${transport}`, async () => {
    const room = await createRoom(node.url, alice.token);
    const packed = await connectSocket(node.url, alice.token, { parser: msgpackParser, transports: [transport], reconnection: false });
    const text = await connectSocket(node.url, bob.token);
    await packed.ask('join-room', room.id);
    await text.ask('join-room', room.id);
    const { id } = packed;
    for (let i = 0; i < 3; i++) await text.ask('send-message', { roomId: room.id, content: `${i}` });
    await eventually(10_000, () => packed.of('new-message').length === 3);
    packed.io.engine.close();
    await eventually(10_000, () => !packed.connected);
    for (let i = 3; i < 10; i++) await text.ask('send-message', { roomId: room.id, content: `${i}` });
    packed.connect();
    await eventually(10_000, () => packed.connected);
    assert.deepEqual([packed.id, packed.recovered], [id, true]);
    assert.deepEqual(packed.of('new-message').map(({ content }) => content), Array.from({ length: 10 }, (_, i) => `${i}`));
    [packed, text].forEach((who) => who.end());
  });
}
