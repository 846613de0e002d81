// The same node with and without io_uring: the same events to everybody, slow ones included, and the bytes are counted.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { connectPlain, connectSocket, eventually, register, unique } from './support/clients.mjs';
import { startNode } from './support/node.mjs';
import { openEngine } from './support/raw.mjs';

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
