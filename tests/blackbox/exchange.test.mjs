// Two stock Socket.IO clients with default options and one plain WebSocket in one room: everything
// arrives everywhere, once, in order, in the shapes of the contract.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { api, connectPlain, connectSocket, createRoom, eventually, register, unique, within } from './support/clients.mjs';
import { startNode } from './support/node.mjs';

let node;
before(async () => {
  node = await startNode();
});
after(() => node?.stop());

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const messageKeys = [
  'attachments', 'clientId', 'content', 'edited', 'id', 'reactions', 'replyTo', 'roomId',
  'senderAvatar', 'senderId', 'senderName', 'seq', 'timestamp',
];

function checkMessage(data, room) {
  const missing = messageKeys.filter((key) => !(key in data));
  assert.deepEqual(missing, [], `new-message lacks keys: ${JSON.stringify(data)}`);
  assert.match(data.id, /^msg_/);
  assert.ok(Number.isInteger(data.seq) && data.seq > 0, `seq ${data.seq}`);
  assert.equal(data.roomId, room);
  assert.match(data.senderId, /^usr_/);
  assert.equal(typeof data.senderName, 'string');
  assert.ok(data.senderAvatar === null || typeof data.senderAvatar === 'string');
  assert.equal(typeof data.content, 'string');
  assert.ok(data.replyTo === null || typeof data.replyTo === 'string');
  assert.ok(Array.isArray(data.attachments));
  assert.match(data.timestamp, isoTime);
  assert.equal(data.edited, false);
  assert.equal(typeof data.reactions, 'object');
  assert.ok(data.clientId === null || typeof data.clientId === 'string');
}

/// Every message once, seq ascending without a hole.
function checkComplete(who, messages, count) {
  const seqs = messages.map((m) => m.seq);
  for (let i = 1; i < seqs.length; i++) {
    assert.equal(seqs[i], seqs[i - 1] + 1, `${who}: seq ${seqs[i]} came behind ${seqs[i - 1]}`);
  }
  assert.equal(new Set(messages.map((m) => m.id)).size, messages.length, `${who}: doubled ids`);
  assert.equal(messages.length, count, `${who}: count`);
}

async function threeInARoom() {
  const [alice, bob, carol] = await Promise.all(['Alice', 'Bob', 'Carol'].map((n) => register(node.url, n)));
  const room = await createRoom(node.url, alice.token, { name: 'Lobby' });
  const [a, b] = await Promise.all([connectSocket(node.url, alice.token), connectSocket(node.url, bob.token)]);
  const c = await connectPlain(node.wsUrl, carol.token);
  const end = () => Promise.all([a.end(), b.end(), c.end()]);
  return { alice, bob, carol, room, a, b, c, end };
}

test('two stock socket.io clients and a plain WebSocket exchange 1 000 messages completely', async () => {
  const { alice, room, a, b, c, end } = await threeInARoom();
  const everyone = [['alice', a], ['bob', b], ['carol', c]];
  for (const [who, client] of everyone) {
    const joined = await client.ask('join-room', { roomId: room.id });
    assert.equal(joined.ok, true, `${who}: ${JSON.stringify(joined)}`);
    assert.equal(joined.room.id, room.id);
    assert.equal(joined.room.name, 'Lobby');
    assert.equal(typeof joined.room.memberCount, 'number');
    assert.equal(joined.room.lastSeq, 0);
    assert.deepEqual(joined.messages, []);
  }
  await eventually(5000, () => a.of('user-joined').length === 2, 'both joins seen by alice');
  for (const seen of a.of('user-joined')) {
    assert.equal(seen.roomId, room.id);
    assert.match(seen.userId, /^usr_/);
    assert.equal(typeof seen.username, 'string');
    assert.ok('avatar' in seen);
    assert.match(seen.timestamp, isoTime);
  }

  // Sent without waiting, from the first moment on, so that the burst goes over the change of transport.
  const total = 1000;
  const sent = new Map(); // content → acknowledgement
  const asks = [];
  for (let i = 0; i < total; i++) {
    const [who, client] = everyone[i % 3];
    const content = `${i} from ${who} ☃`;
    const clientId = i % 2 ? unique('c') : undefined;
    asks.push(
      client.ask('send-message', { roomId: room.id, content, clientId }).then((answer) => {
        sent.set(content, { answer, clientId, who });
      }),
    );
  }
  await within(60_000, Promise.all(asks), 'all acknowledgements');
  for (const [who, client] of everyone) {
    await eventually(10_000, () => client.of('new-message').length >= total, `all messages at ${who}`);
    const messages = client.of('new-message');
    messages.forEach((m) => checkMessage(m, room.id));
    checkComplete(who, messages, total);
    assert.equal(messages[0].seq, 1);
    for (const m of messages) {
      const { answer, clientId } = sent.get(m.content);
      assert.equal(answer.ok, true, JSON.stringify(answer));
      assert.deepEqual(
        { id: answer.message.id, seq: answer.message.seq, timestamp: answer.message.timestamp },
        { id: m.id, seq: m.seq, timestamp: m.timestamp },
      );
      assert.equal(m.clientId ?? undefined, clientId);
    }
    for (const [name] of everyone) {
      const own = messages.map((m) => m.content).filter((text) => text.includes(` from ${name} `));
      assert.deepEqual(own, [...own].sort((x, y) => parseInt(x) - parseInt(y)), `${name}'s own order at ${who}`);
    }
  }
  const fromAlice = c.of('new-message').find((m) => m.content.includes('alice'));
  assert.equal(fromAlice.senderId, alice.user.id);
  assert.equal(fromAlice.senderName, 'Alice');
  for (const socket of [a, b]) {
    await eventually(5000, () => socket.io.engine.transport.name === 'websocket', 'the upgrade');
  }
  await end();
});

test('messages sent through REST reach all who listen, in order', async () => {
  const { alice, bob, room, a, b, c, end } = await threeInARoom();
  for (const client of [a, b, c]) assert.equal((await client.ask('join-room', room.id)).ok, true);
  const total = 1000;
  const answers = [];
  let next = 0;
  const worker = async (user) => {
    for (let i = next++; i < total; i = next++) {
      const answer = await api(node.url, 'POST', `/rooms/${room.id}/messages`, {
        token: user.token,
        body: { content: `rest ${i}`, clientId: `rest-${i}` },
      });
      assert.equal(answer.status, 201, answer.text);
      answers.push(answer.body);
    }
  };
  await Promise.all([alice, alice, alice, alice, bob, bob, bob, bob].map(worker));
  for (const [who, client] of [['alice', a], ['bob', b], ['carol', c]]) {
    await eventually(10_000, () => client.of('new-message').length >= total, `all messages at ${who}`);
    const messages = client.of('new-message');
    messages.forEach((m) => checkMessage(m, room.id));
    checkComplete(who, messages, total);
  }
  const byId = new Map(c.of('new-message').map((m) => [m.id, m]));
  for (const body of answers) {
    assert.equal(byId.get(body.id)?.seq, body.seq);
    assert.equal(byId.get(body.id).content, body.content);
  }
  const page = await api(node.url, 'GET', `/rooms/${room.id}/messages?limit=100`, { token: bob.token });
  assert.equal(page.status, 200);
  assert.equal(page.body.data.length, 100);
  assert.equal(page.body.data[0].seq, total, 'newest first by default');
  assert.equal(page.body.pageInfo.hasNextPage, true);

  const seen = [];
  for (let cursor = ''; ; ) {
    const answer = await api(node.url, 'GET', `/rooms/${room.id}/messages?limit=100${cursor}`, { token: bob.token });
    seen.push(...answer.body.data.map((m) => m.seq));
    if (!answer.body.pageInfo.hasNextPage) break;
    cursor = `&cursor=${encodeURIComponent(answer.body.pageInfo.endCursor)}`;
  }
  assert.deepEqual(seen, Array.from({ length: total }, (_, i) => total - i));
  await end();
});

test('a retry with the same clientId gets the same id and seq back and is shown once', async () => {
  const { alice, room, a, c, end } = await threeInARoom();
  for (const client of [a, c]) await client.ask('join-room', room.id);
  const clientId = unique('again');
  const first = await a.ask('send-message', { roomId: room.id, content: 'once', clientId });
  const second = await a.ask('send-message', { roomId: room.id, content: 'once', clientId });
  const third = await api(node.url, 'POST', `/rooms/${room.id}/messages`, {
    token: alice.token,
    body: { content: 'once', clientId },
  });
  assert.deepEqual(second.message, first.message);
  assert.equal(third.body.id, first.message.id);
  assert.equal(third.body.seq, first.message.seq);
  const last = await a.ask('send-message', { roomId: room.id, content: 'behind it' });
  assert.equal(last.message.seq, first.message.seq + 1);
  await eventually(5000, () => c.of('new-message').some((m) => m.content === 'behind it'));
  assert.deepEqual(c.of('new-message').map((m) => m.content), ['once', 'behind it']);
  await end();
});

test('an Idempotency-Key gives the stored answer again and refuses another body', async () => {
  const user = await register(node.url, 'Dora');
  const room = await createRoom(node.url, user.token);
  const post = (content, key) =>
    api(node.url, 'POST', `/rooms/${room.id}/messages`, {
      token: user.token,
      body: { content },
      headers: { 'idempotency-key': key },
    });
  const key = unique('key');
  const first = await post('once', key);
  const again = await post('once', key);
  const other = await post('something else', key);
  assert.equal(first.status, 201);
  assert.equal(again.status, 201);
  assert.equal(again.body.id, first.body.id);
  assert.equal(other.status, 422);
});

test('join and leave are told to the others and typing stops by itself', async () => {
  const { bob, room, a, b, c, end } = await threeInARoom();
  await a.ask('join-room', room.id);
  await c.ask('join-room', room.id);
  await b.ask('join-room', room.id);
  b.emit('typing', { roomId: room.id });
  await eventually(2000, () => a.of('user-typing').length === 1, 'typing at alice');
  await eventually(2000, () => c.of('user-typing').length === 1, 'typing at carol');
  const typing = a.of('user-typing')[0];
  assert.equal(typing.userId, bob.user.id);
  assert.equal(typing.username, bob.username);
  assert.equal(typing.roomId, room.id);
  assert.match(typing.timestamp, isoTime);
  const since = Date.now();
  await eventually(6000, () => c.of('user-stopped-typing').length === 1, 'typing ends by itself');
  assert.ok(Date.now() - since > 2000, 'not before about three seconds');
  assert.equal(b.of('user-typing').length, 0, 'not told to the one who types');

  b.emit('typing', room.id);
  await eventually(2000, () => a.of('user-typing').length === 2);
  await b.ask('send-message', { roomId: room.id, content: 'done' });
  await eventually(2000, () => a.of('user-stopped-typing').length === 2, 'typing ends with the message');
  assert.equal((await b.ask('leave-room', { roomId: room.id })).ok, true);
  await eventually(2000, () => a.of('user-left').length === 1);
  assert.equal(a.of('user-left')[0].userId, bob.user.id);
  assert.equal(a.of('user-left')[0].roomId, room.id);
  await a.ask('send-message', { roomId: room.id, content: 'without bob' });
  await eventually(2000, () => c.of('new-message').length === 2);
  assert.equal(b.of('new-message').length, 1, 'who left gets no more');
  await end();
});

test('ephemeral events on public topics are the same over all ways in', async () => {
  const { alice, a, b, c, end } = await threeInARoom();
  const topic = `public:${unique('t')}`;
  for (const client of [b, c]) assert.deepEqual(await client.ask('subscribe', { topic }), { ok: true });
  const data = { x: 1.5, list: [1, 'zwei', null, { deep: true }], snow: '☃' };
  const answer = await a.ask('publish', { topic, event: 'cursor', data });
  assert.equal(answer.ok, true);
  assert.equal((await c.ask('publish', { topic, event: 'cursor', data: 2 })).ok, true);
  for (const client of [b, c]) {
    await eventually(3000, () => client.of('cursor').length === 2, 'both events');
    assert.deepEqual(client.of('cursor'), [data, 2]);
  }
  assert.equal(a.of('cursor').length, 0, 'who did not subscribe gets nothing');
  assert.equal((await c.ask('unsubscribe', { topic })).ok, true);
  await a.ask('publish', { topic, event: 'cursor', data: 3 });
  await eventually(3000, () => b.of('cursor').length === 3);
  assert.equal(c.of('cursor').length, 2);
  const refused = await a.ask('publish', { topic: `room:${alice.user.id}`, event: 'cursor', data: 1 });
  assert.equal(refused.error.code, 'forbidden');
  await end();
});

test('a join without an acknowledgement is answered with room-joined, a failure with error', async () => {
  const { room, a, c, end } = await threeInARoom();
  a.emit('join-room', room.id);
  c.tell('join-room', { roomId: room.id });
  for (const client of [a, c]) {
    await eventually(3000, () => client.of('room-joined').length === 1, 'room-joined');
    assert.equal(client.of('room-joined')[0].room.id, room.id);
  }
  a.emit('send-message', { roomId: 'room_unknown', content: 'x' });
  c.tell('send-message', { roomId: 'room_unknown', content: 'x' });
  for (const client of [a, c]) {
    await eventually(3000, () => client.of('error').length === 1, 'error');
    assert.equal(client.of('error')[0].event, 'send-message');
    assert.equal(typeof client.of('error')[0].code, 'string');
    assert.equal(typeof client.of('error')[0].message, 'string');
  }
  await end();
});
