// The same node with and without io_uring: the same events to everybody, slow ones included, and the bytes are counted.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { connectPlain, connectSocket, eventually, register, signToken, unique } from './support/clients.mjs';
import { startNode } from './support/node.mjs';
import { frame, opcode, openEngine } from './support/raw.mjs';

const nodes = [];
after(() => Promise.all(nodes.map((node) => node.stop())));

for (const way of ['on', 'off']) {
  test(`io_uring ${way}: every event once and in order, to fast clients, slow ones and one that goes`, async () => {
    const node = await startNode({ env: { TROUPE_IO_URING: way, TROUPE_SHARDS: '1', TROUPE_COMPRESSION: 'off' } });
    nodes.push(node);
    const together = await node.metric('troupe_sends_together');
    console.log(`egress: io_uring ${way}, sends together: ${together}`);
    if (way === 'off') assert.equal(together, 0);
    const user = await register(node.url, 'Alice');
    const topic = `public:${unique('t')}`;
    const clients = await Promise.all(Array.from({ length: 40 }, (_, i) => (
      i % 2 ? connectPlain(node.wsUrl, user.token) : connectSocket(node.url, user.token))));
    await Promise.all(clients.map((client) => client.ask('subscribe', { topic })));
    const others = await Promise.all(Array.from({ length: 2 }, () => openEngine(node.port, user.token)));
    for (const other of others) {
      other.text(`421["subscribe",{"topic":"${topic}"}]`);
      await other.nextText();
    }
    const [stops, goes] = others;
    stops.socket.pause();
    const before = await node.metric('troupe_written_bytes_total');
    const [sender] = clients;
    const total = 300;
    const padding = 'x'.repeat(2_000);
    for (let i = 0; i < total; i += 20) {
      const batch = Array.from({ length: 20 }, (_, n) => i + n);
      // by one sender in order, several under way
      await Promise.all(batch.map((n) => sender.ask('publish', { topic, event: 'tick', data: { n, padding } })));
      if (i === 100) goes.socket.resetAndDestroy();
    }
    for (const client of clients) {
      await eventually(10_000, () => client.of('tick').length === total, 'all events');
      assert.deepEqual(client.of('tick').map(({ n }) => n), Array.from({ length: total }, (_, n) => n));
    }
    stops.socket.resume();
    for (let n = 0; n < total; n++) {
      const [, data] = JSON.parse((await stops.nextText()).slice(2));
      assert.equal(data.n, n);
    }
    stops.destroy();
    const written = (await node.metric('troupe_written_bytes_total')) - before;
    assert.ok(written > 40 * total * padding.length, `${written} bytes`);
    clients.forEach((client) => client.end());
    await node.stop();
  });
}

/// Connections of one shard, by the end of Engine.IO's session id, which names it.
const endOfSid = ['AA', 'AB'];
async function connectTo(node, shard, count) {
  const made = [];
  for (let i = 0; made.length < count; i++) {
    const user = `u${Math.floor(i / 40)}`;
    const socket = await openEngine(node.port, signToken({ sub: user, username: user, name: user }));
    if (socket.open.sid.endsWith(endOfSid[shard])) made.push(socket);
    else socket.destroy();
  }
  return made;
}

/// Four talkers on one shard, and on another the readers of their topic: one that reads, among many that do not.
async function floodStage(readerCount, env = {}) {
  const node = await startNode({
    env: { TROUPE_SHARDS: '2', TROUPE_EXTERNAL_USERS: 'on', TROUPE_COMPRESSION: 'off', TROUPE_RESUME_WINDOW: '1s', ...env },
  });
  nodes.push(node);
  const topic = `public:${unique('t')}`;
  const readers = await connectTo(node, 1, readerCount);
  for (const each of readers) {
    each.text(`421["subscribe",{"topic":"${topic}"}]`);
    await each.nextText();
  }
  const [reader, ...lazy] = readers;
  for (const each of lazy) each.socket.pause();
  return { node, topic, readers, reader, talkers: await connectTo(node, 0, 4) };
}

test('a flood of volatile events to another shard is bounded, told exactly, and stalls nobody', async () => {
  const { node, topic, readers, reader, talkers } = await floodStage(301);
  const [quiet] = await connectTo(node, 1, 1);
  const each = 40_000;
  let received = 0;
  let told = 0;
  const reading = (async () => {
    while (received + told < talkers.length * each) {
      const text = await reader.nextText('an event, or word of its loss');
      if (text === '2') reader.text('3');
      else if (text.startsWith('42["gap"')) told += JSON.parse(text.slice(2))[1].dropped;
      else if (text.startsWith('42["e"')) received++;
    }
  })();
  const publish = frame(opcode.text, `42["publish",{"topic":"${topic}","event":"e","data":"${'d'.repeat(200)}","volatile":true}]`);
  const bytes = Buffer.concat(Array.from({ length: each }, () => publish));
  for (const talker of talkers) talker.write(bytes);
  let slowest = 0;
  let most = 0;
  let isOver = false;
  const watching = (async () => {
    for (let i = 0; !isOver; i++) {
      most = Math.max(most, (await node.metric('troupe_waiting_bytes')) ?? 0);
      const begin = performance.now();
      quiet.text(`42${i}["subscribe",{"topic":"public:other"}]`);
      for (let text = ''; !text.startsWith(`43${i}`);) text = await quiet.nextText();
      slowest = Math.max(slowest, performance.now() - begin);
    }
  })();
  await reading.finally(() => (isOver = true));
  await watching;
  console.log(`flood: ${received} received, ${told} dropped, at most ${most} bytes waiting, slowest answer ${Math.round(slowest)} ms`);
  assert.equal(received + told, talkers.length * each);
  assert.ok(most < 6 << 20, `${most} bytes waiting`);
  assert.ok(slowest < 1000, `an answer took ${slowest} ms`);
  for (const one of [...readers, quiet, ...talkers]) one.destroy();
  await node.stop();
});

// each with a key of its own: nothing is replaced, and nothing goes out together
test('a flood of firm events to another shard is refused at the bound, and what was accepted comes', async () => {
  // a queue that takes all of it: what is bounded here comes before the queues of connections
  const { node, topic, readers, reader, talkers } = await floodStage(151, { TROUPE_QUEUE_BYTES: String(64 << 20) });
  const each = 1500;
  let accepted = 0;
  let refused = 0;
  let received = 0;
  const pad = 'd'.repeat(4000);
  const talking = talkers.map(async (talker, number) => {
    talker.write(Buffer.concat(Array.from({ length: each }, (_, i) => frame(
      opcode.text, `42${i}["publish",{"topic":"${topic}","event":"e","key":"${number}.${i}","data":{"from":${number},"n":${i},"pad":"${pad}"}}]`))));
    for (let i = 0; i < each;) {
      const found = /^43(\d+)\[(.*)\]$/.exec(await talker.nextText());
      if (!found) continue;
      assert.equal(Number(found[1]), i++, 'answered in order');
      const answer = JSON.parse(found[2]);
      if (answer.ok) accepted++;
      else {
        assert.deepEqual([answer.error.code, answer.error.retryable], ['overloaded', true]);
        refused++;
      }
    }
  });
  const last = new Map();
  let isOver = false;
  const reading = (async () => {
    for (;;) {
      const text = await reader.nextText().catch((error) => {
        if (!isOver && !/not within/.test(error.message)) throw error;
        return isOver ? undefined : ''; // silence is no failure while others still talk
      });
      if (text === undefined) return;
      if (!text.startsWith('42["e"')) continue;
      const [, { from, n }] = JSON.parse(text.slice(2));
      assert.ok(n > (last.get(from) ?? -1), 'in order');
      last.set(from, n);
      received++;
    }
  })();
  await Promise.all(talking);
  await eventually(20_000, () => received === accepted, 'all that was accepted');
  console.log(`flood: ${accepted} accepted, ${refused} refused`);
  assert.equal(accepted + refused, talkers.length * each);
  assert.ok(refused > 0, 'it was too much');
  isOver = true;
  for (const one of [...readers, ...talkers]) one.destroy();
  await reading;
  await node.stop();
});
