// The namespaces of a node: "/" is the chat, "/admin" is for administrators, others are not there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { api, connectSocket, createRoom, eventually, login, register, signToken, socketClient, within } from './support/clients.mjs';
import { admin, startNode } from './support/node.mjs';

let node;
let boss;
let alice;
before(async () => {
  node = await startNode({ env: { TROUPE_ADMIN_EMAIL: admin.email, TROUPE_ADMIN_PASSWORD: admin.password } });
  boss = await login(node.url, admin.email, admin.password);
  alice = await register(node.url, 'Alice');
});
after(() => node?.stop());

const desk = () => `${node.url}/admin`;
const refusal = async (url, token) => {
  const socket = socketClient(url, token, { reconnection: false });
  const error = await within(10_000, new Promise((resolve) => socket.once('connect_error', resolve)));
  socket.end();
  return { message: error.message, data: error.data };
};

test('a namespace that is not there is refused, with a token or without', async () => {
  for (const name of ['/other', '/admin/', '/admin?x=1', '/Admin']) {
    const socket = await connectSocket(node.url, alice.token, { forceNew: false });
    const other = socket.io.socket(name, { auth: { token: boss.token } });
    const error = await within(10_000, new Promise((resolve) => other.once('connect_error', resolve)));
    assert.equal(error.message, 'Invalid namespace');
    assert.equal((await socket.ask('sync', { rooms: {} })).ok, true); // the chat goes on
    socket.end();
  }
});

test('/admin is for administrators alone', async () => {
  const forbidden = await refusal(desk(), alice.token);
  assert.equal(forbidden.message, 'Forbidden');
  assert.deepEqual(forbidden.data, { code: 'forbidden', message: 'Forbidden', retryable: false });
  assert.equal((await refusal(desk(), undefined)).message, 'Authentication required');
  assert.equal((await refusal(desk(), 'x'.repeat(10_000))).message, 'Authentication failed');
  assert.equal((await refusal(desk(), signToken({ sub: boss.user.id, role: 'admin' }, { key: 'k'.repeat(40) }))).message, 'Authentication failed');
});

test('an administrator asks over /admin what GET /api/v1/admin tells', async () => {
  const room = await createRoom(node.url, alice.token);
  const chat = await connectSocket(node.url, alice.token);
  await chat.ask('join-room', room.id);
  const socket = await connectSocket(desk(), boss.token);
  for (const [command, route] of [['actors', 'actors'], ['rooms', 'rooms'], ['sessions', 'sessions'], ['node', 'top']]) {
    const answer = await socket.ask(command, {});
    const { body } = await api(node.url, 'GET', `/admin/${route}`, { token: boss.token });
    assert.equal(answer.ok, true);
    delete answer.ok;
    assert.deepEqual(Object.keys(answer).sort(), Object.keys(body.data ?? body).sort(), command);
  }
  assert.ok((await socket.ask('rooms', { limit: 1 })).rooms.length === 1);
  const { sessions } = await socket.ask('sessions');
  assert.ok(JSON.stringify(sessions).includes(alice.user.id));
  const rooms = await socket.ask('actors', { type: 'room', sort: 'age' });
  assert.ok(rooms.actors.length >= 1 && rooms.actors.every((actor) => actor.type === 'room'));
  chat.end();
  socket.end();
});

test('what /admin does not understand is told, and closes nothing', async () => {
  const socket = await connectSocket(desk(), boss.token);
  const code = async (...args) => (await socket.ask(...args)).error?.code;
  assert.equal(await code('reboot'), 'bad_request');
  assert.equal(await code('actors', { sort: 'beauty' }), 'validation_failed');
  assert.equal(await code('rooms', { limit: 0 }), 'validation_failed');
  assert.equal(await code('rooms', { limit: 1e9 }), 'validation_failed');
  assert.equal(await code('rooms', 'x'), 'validation_failed');
  socket.emit('reboot');
  await eventually(5_000, () => socket.of('error').some((e) => e.event === 'reboot' && e.code === 'bad_request'));
  assert.equal((await socket.ask('node')).ok, true);
  socket.end();
});

test('the rights are looked at for each command', async () => {
  const session = await login(node.url, admin.email, admin.password);
  const socket = await connectSocket(desk(), session.token);
  assert.equal((await socket.ask('node')).ok, true);
  await api(node.url, 'POST', '/auth/logout', { body: { refreshToken: session.refreshToken } });
  const left = new Promise((resolve) => socket.once('disconnect', resolve));
  const answer = await eventually(5_000, async () => {
    const one = await socket.ask('node');
    return one.ok ? undefined : one;
  });
  assert.equal(answer.error.code, 'unauthorized');
  assert.equal(await within(5_000, left), 'io server disconnect');
});

test('chat and administration share a connection, and leave it one by one', async () => {
  const chat = await connectSocket(node.url, boss.token, { forceNew: false });
  const socket = chat.io.socket('/admin', { auth: { token: boss.token } });
  await within(10_000, new Promise((resolve) => socket.once('connect', resolve)));
  assert.equal((await chat.timeout(5_000).emitWithAck('sync', { rooms: {} })).ok, true);
  chat.disconnect();
  assert.equal((await socket.timeout(5_000).emitWithAck('node', {})).ok, true);
  chat.connect();
  await within(10_000, new Promise((resolve) => chat.once('connect', resolve)));
  socket.disconnect();
  assert.equal((await chat.timeout(5_000).emitWithAck('sync', { rooms: {} })).ok, true);
  chat.end();
});
