// permessage-deflate of events: made once, read by everybody who agreed to it, plain for all others. And gzip of
// what long polling answers.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { WebSocket } from 'ws';

import { eventually, connectSocket, signToken, unique, within } from './support/clients.mjs';
import { startNode } from './support/node.mjs';
import { PollingSession } from './support/raw.mjs';

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

/// A GET whose body is left as it came.
function poll(session, headers) {
  return new Promise((resolve, reject) => {
    http.get(session.base, { headers, agent: false }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({ ...answer, headers: answer.headers, body: Buffer.concat(parts) }));
      answer.on('error', reject);
    }).on('error', reject);
  });
}

/// Publishes to a polling session and answers what its next GET brings that is no heartbeat.
async function polled(url, talker, data, headers) {
  const session = await PollingSession.open(url, token());
  const topic = `public:${unique()}`;
  await session.post(`421["subscribe",{"topic":"${topic}"}]`);
  while (!(await session.get()).text.includes('431[{"ok":true')) {} // pings come first, perhaps
  const coming = poll(session, headers);
  assert.equal((await talker.ask('publish', { topic, event: 'news', data })).ok, true);
  const answer = await within(8_000, coming, 'the poll');
  await session.close();
  return answer;
}
const newsOf = (bytes) => JSON.parse(/^42(\[.*\])$/s.exec(bytes.toString())[1])[1];

test('a poll is answered compressed to whoever asks for it, if it is large', async () => {
  const talker = await connectSocket(node.url, token(), { transports: ['websocket'] });
  const origin = new URL(node.url).origin;
  for (const wanted of ['gzip', 'gzip, deflate, br', 'br;q=1.0, *;q=0.1']) {
    const { headers, body } = await polled(node.url, talker, rows, { 'accept-encoding': wanted });
    assert.equal(headers['content-encoding'], 'gzip', wanted);
    assert.equal(headers.vary, 'Accept-Encoding');
    assert.equal(headers['content-type'], 'text/plain; charset=UTF-8');
    assert.ok(body.length < size / 3, `${size} bytes took ${body.length}`);
    assert.deepEqual(newsOf(gunzipSync(body)), rows);
  }
  const ours = await polled(node.url, talker, rows, { 'accept-encoding': 'gzip', origin });
  assert.equal(ours.headers['content-encoding'], 'gzip');
  assert.equal(ours.headers.vary, 'Origin, Accept-Encoding');
  for (const wanted of [undefined, 'identity', 'gzip;q=0, *', 'deflate', 'identity, gzip;q=0.5']) {
    const { headers, body } = await polled(node.url, talker, rows, wanted ? { 'accept-encoding': wanted } : {});
    assert.equal(headers['content-encoding'], undefined, wanted);
    assert.equal(headers.vary, 'Accept-Encoding', 'another might have asked for it');
    assert.deepEqual(newsOf(body), rows);
  }
  const small = await polled(node.url, talker, 1, { 'accept-encoding': 'gzip' });
  assert.deepEqual([small.headers['content-encoding'], small.headers.vary, newsOf(small.body)], [undefined, undefined, 1]);
  talker.end();
});

test('switched off, no poll is compressed', async (t) => {
  const own = await startNode({ env: { TROUPE_EXTERNAL_USERS: 'on', TROUPE_COMPRESSION: 'off' } }, t);
  const talker = await connectSocket(own.url, token(), { transports: ['websocket'] });
  const { headers, body } = await polled(own.url, talker, rows, { 'accept-encoding': 'gzip' });
  assert.deepEqual([headers['content-encoding'], headers.vary, newsOf(body)], [undefined, undefined, rows]);
  talker.end();
});
