// permessage-deflate of events: made once, read by everybody who agreed to it, plain for all others.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';

import { WebSocket } from 'ws';

import { eventually, connectSocket, signToken, unique, within } from './support/clients.mjs';
import { startNode } from './support/node.mjs';

let node;
before(async () => {
  node = await startNode({ env: { TROUPE_EXTERNAL_USERS: 'on' } });
});
after(() => node.stop());

const token = () => signToken({ sub: `usr_${unique()}` });
const rows = Array.from({ length: 600 }, (_, id) => ({ id, name: `row ${id % 7}`, price: id * 1.25 }));
const size = JSON.stringify(rows).length;

/// A plain WebSocket that is subscribed; `bytes()`: how many came since the last call.
async function listener(topic, perMessageDeflate, url = node.wsUrl) {
  const socket = new WebSocket(url, { perMessageDeflate, headers: { authorization: `Bearer ${token()}` } });
  const heard = [];
  let last = 0;
  socket.on('message', (bytes) => heard.push(JSON.parse(bytes.toString())));
  await within(8_000, once(socket, 'open'), 'the WebSocket');
  socket.send(JSON.stringify({ event: 'subscribe', data: { topic }, id: 1 }));
  await eventually(8_000, () => heard.some(({ ack }) => ack === 1), 'the subscription');
  return {
    socket, heard,
    of: (event) => heard.filter((frame) => frame.event === event).map(({ data }) => data),
    bytes() {
      const now = socket._socket.bytesRead;
      [last, this.came] = [now, now - last];
      return this.came;
    },
  };
}

test('an event reaches those who agreed to compression small, and everybody whole', async () => {
  const topic = `public:${unique()}`;
  const deflated = await listener(topic, { serverNoContextTakeover: true });
  const other = await listener(topic, true);
  const narrow = await listener(topic, { serverMaxWindowBits: 10 });
  const plain = await listener(topic, false);
  const stock = await connectSocket(node.url, token(), { transports: ['websocket'] });
  const polling = await connectSocket(node.url, token(), { transports: ['polling'] });
  for (const each of [stock, polling]) assert.equal((await each.ask('subscribe', { topic })).ok, true);
  const all = [deflated, other, narrow, plain];
  for (const each of all) each.bytes();
  // Small and large, one behind the other in one turn: plain and compressed frames in one buffer.
  for (let n = 0; n < 3; n++) {
    stock.emit('publish', { topic, event: 'small', data: n });
    stock.emit('publish', { topic, event: 'large', data: rows });
  }
  const hasAll = (each) => each.of('small').length === 3 && each.of('large').length === 3;
  await eventually(10_000, () => [...all, stock, polling].every(hasAll), 'all events at all clients');
  for (const each of [...all, stock, polling]) {
    assert.deepEqual(each.of('small'), [0, 1, 2]);
    for (const data of each.of('large')) assert.deepEqual(data, rows);
  }
  assert.ok(deflated.bytes() < size, `three events of ${size} bytes took ${deflated.came}`);
  assert.equal(other.bytes(), deflated.came, 'the same frames');
  for (const each of [narrow, plain]) assert.ok(each.bytes() > 3 * size, 'not compressed');
  for (const each of all) each.socket.close();
  for (const each of [stock, polling]) each.end();
});

test('switched off, no offer is agreed to', async (t) => {
  const own = await startNode({ env: { TROUPE_EXTERNAL_USERS: 'on', TROUPE_COMPRESSION: 'off' } }, t);
  const one = await listener(`public:${unique()}`, true, own.wsUrl);
  assert.equal(one.socket.extensions, '');
  one.socket.close();
});
