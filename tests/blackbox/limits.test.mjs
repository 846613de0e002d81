// Every limit refuses with a reason and a time, and whoever goes too far disturbs nobody else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import WebSocket from 'ws';

import {
  api, connectPlain, connectSocket, createRoom, eventually, login, register, signToken, socketClient, unique, within,
} from './support/clients.mjs';
import { startNode } from './support/node.mjs';
import {
  PollingSession, RawConnection, RawWebSocket, frame, opcode, openEngine, openPlain, partingOf,
} from './support/raw.mjs';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function checkRefusal(answer) {
  assert.equal(answer.ok, false, JSON.stringify(answer));
  assert.equal(answer.error.code, 'rate_limited');
  assert.equal(answer.error.retryable, true);
  assert.equal(typeof answer.error.message, 'string');
  assert.ok(answer.error.retryAfter > 0, `retryAfter ${answer.error.retryAfter}`);
}

function checkTooMany(answer) {
  assert.equal(answer.status, 429, answer.text);
  assert.equal(answer.body.code, 'rate_limited');
  assert.ok(Number(answer.headers.get('retry-after')) >= 1, 'Retry-After in seconds');
  assert.ok(answer.headers.has('ratelimit-limit'), 'RateLimit-*');
}

test('messages are limited per user over all ways in', async (t) => {
  const node = await startNode({ env: { TROUPE_RATE_MESSAGES: '6/120' } }, t);
  const user = await register(node.url);
  const other = await register(node.url, 'Other');
  const room = await createRoom(node.url, user.token);
  const plain = await connectPlain(node.wsUrl, user.token);
  const socket = await connectSocket(node.url, user.token);
  const free = await connectPlain(node.wsUrl, other.token);
  for (const client of [plain, socket, free]) await client.ask('join-room', room.id);
  const say = (client) => client.ask('send-message', { roomId: room.id, content: 'x' });
  for (const client of [plain, plain, socket, socket]) assert.equal((await say(client)).ok, true);
  const posted = () => api(node.url, 'POST', `/rooms/${room.id}/messages`, { token: user.token, body: { content: 'x' } });
  assert.equal((await posted()).status, 201);
  assert.equal((await posted()).status, 201);
  checkRefusal(await say(plain));
  checkRefusal(await say(socket));
  const answer = await posted();
  assert.equal(answer.status, 429, answer.text);
  assert.ok(Number(answer.headers.get('retry-after')) >= 1);
  assert.equal((await say(free)).ok, true, 'another user is not concerned');
  socket.end();
  await Promise.all([plain.end(), free.end()]);
});

test('a refused message passes after retryAfter', async (t) => {
  const node = await startNode({ env: { TROUPE_RATE_MESSAGES: '2/2' } }, t);
  const user = await register(node.url);
  const room = await createRoom(node.url, user.token);
  const plain = await connectPlain(node.wsUrl, user.token);
  await plain.ask('join-room', room.id);
  const say = () => plain.ask('send-message', { roomId: room.id, content: 'x' });
  const answers = await Promise.all([say(), say(), say(), say(), say(), say()]);
  assert.ok(answers.slice(0, 2).every((answer) => answer.ok));
  const refusal = answers.at(-1);
  checkRefusal(refusal);
  assert.ok(refusal.error.retryAfter <= 2, 'in seconds, within the window');
  await pause(refusal.error.retryAfter * 1000 + 20);
  assert.equal((await say()).ok, true);
  await plain.end();
});

test('joins are limited per user', async (t) => {
  const node = await startNode({ env: { TROUPE_RATE_JOINS: '3/60' } }, t);
  const user = await register(node.url);
  const rooms = await Promise.all([1, 2, 3, 4].map(() => createRoom(node.url, user.token)));
  const plain = await connectPlain(node.wsUrl, user.token);
  for (const room of rooms.slice(0, 3)) assert.equal((await plain.ask('join-room', room.id)).ok, true);
  checkRefusal(await plain.ask('join-room', rooms[3].id));
  assert.equal((await plain.ask('sync', { rooms: {} })).ok, true, 'other commands pass');
  await plain.end();
});

test('failed logins are limited per address and account, good ones are not', async (t) => {
  const node = await startNode({ env: { TROUPE_RATE_LOGINS: '3/3600' } }, t);
  const one = await register(node.url, 'One');
  const two = await register(node.url, 'Two');
  const fail = (email) => api(node.url, 'POST', '/auth/login', { body: { email, password: 'Wrong-passw0rd' } });
  for (let i = 0; i < 6; i++) await login(node.url, two.email, two.password);
  for (let i = 0; i < 3; i++) assert.equal((await fail(one.email)).status, 401);
  const refused = await fail(one.email);
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get('retry-after')) >= 1);
  await login(node.url, two.email, two.password);
  for (let i = 0; i < 3; i++) assert.equal((await fail('nobody@example.org')).status, 401);
  assert.equal((await fail('nobody@example.org')).status, 429, 'an unknown account is limited alike');
});

test('REST requests are limited per user, and per address without a token', async (t) => {
  const node = await startNode(
    { env: { TROUPE_RATE_REST: '10/60', TROUPE_RATE_REST_ANONYMOUS: '8/60' } }, t);
  const one = await register(node.url, 'One');
  const two = await register(node.url, 'Two');
  const me = (token) => api(node.url, 'GET', '/auth/me', { token });
  for (let i = 0; i < 10; i++) assert.equal((await me(one.token)).status, 200, `request ${i}`);
  checkTooMany(await me(one.token));
  assert.equal((await me(two.token)).status, 200);
  for (let i = 0; i < 6; i++) assert.notEqual((await me()).status, 429, `request ${i}`);
  checkTooMany(await me());
  assert.equal((await fetch(`${node.url}/livez`)).status, 200, 'health is not limited');
});

test('connections of an address are bounded, recovered ones too, and who is above is told', async (t) => {
  const node = await startNode({ env: { TROUPE_CONNECTIONS_PER_ADDRESS: '2' } }, t);
  const user = await register(node.url);
  const options = { transports: ['websocket'], reconnectionDelay: 50, reconnectionDelayMax: 50 };
  const [one, two] = await Promise.all([1, 2].map(() => connectSocket(node.url, user.token, options)));
  const refusal = async () => {
    const third = socketClient(node.url, user.token, options);
    const error = await within(3000, new Promise((resolve) => third.once('connect_error', resolve)));
    assert.equal(error.message, 'Too many connections from this address');
    assert.equal(error.data.code, 'overloaded');
    assert.ok(error.data.retryAfter >= 1);
    assert.equal(third.active, false, 'it does not try again by itself');
    third.end();
  };
  await refusal();
  const plain = await RawWebSocket.open(node.port, '/ws', { 'Sec-WebSocket-Protocol': 'troupe.v1.json' });
  plain.text(JSON.stringify({ event: 'authenticate', data: { token: user.token }, id: 1 }));
  assert.equal((await partingOf(plain)).code, 4504);
  for (const each of [one, two]) {
    each.io.engine.close();
    await eventually(3000, () => !each.connected);
  }
  await eventually(3000, () => one.connected && two.connected, 'the recoveries');
  assert.deepEqual([one.recovered, two.recovered], [true, true]);
  await refusal();
  one.end();
  await eventually(3000, async () => {
    const free = socketClient(node.url, user.token, { ...options, reconnection: false });
    const came = await new Promise((resolve) => {
      free.once('connect', () => resolve(true));
      free.once('connect_error', () => resolve(false));
    });
    free.end();
    return came;
  }, 'a place that is free again');
  two.end();
});

test('recoveries count as connections of their address', async (t) => {
  const node = await startNode({ env: { TROUPE_RATE_CONNECTS: '3/3600' } }, t);
  const user = await register(node.url);
  const socket = await connectSocket(node.url, user.token, {
    transports: ['websocket'], reconnectionDelay: 50, reconnectionDelayMax: 50,
  });
  const refused = new Promise((resolve) => socket.once('connect_error', resolve));
  for (let times = 1; times <= 3; times++) {
    const gone = new Promise((resolve) => socket.once('disconnect', resolve));
    socket.io.engine.close();
    await gone;
    if (times < 3) await eventually(3000, () => socket.connected, `recovery ${times}`);
  }
  const error = await within(3000, refused, 'the refusal');
  assert.equal(error.data.code, 'rate_limited');
  socket.end();
});

test('the six switches of the contract turn every limit off', async (t) => {
  const node = await startNode({}, t);
  const user = await register(node.url);
  const room = await createRoom(node.url, user.token);
  for (let i = 0; i < 130; i++) {
    const answer = await api(node.url, 'POST', '/auth/login', { body: {} });
    assert.equal(answer.status, 400, `anonymous request ${i}: ${answer.text}`);
  }
  const plain = await connectPlain(node.wsUrl, user.token);
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => plain.ask('join-room', room.id))
      .concat(Array.from({ length: 200 }, () => plain.ask('send-message', { roomId: room.id, content: 'x' }))));
  assert.ok(answers.every((answer) => answer.ok), JSON.stringify(answers.find((answer) => !answer.ok)));
  await plain.end();
});

test('registrations and connects are limited per address when asked for', async (t) => {
  const node = await startNode(
    { env: { TROUPE_RATE_REGISTRATIONS: '2/60', TROUPE_RATE_CONNECTS: '4/60' } }, t);
  const user = await register(node.url);
  await register(node.url);
  const third = await api(node.url, 'POST', '/auth/register', {
    body: { email: 'third@example.org', username: 'third_one', name: 'Third', password: 'Passw0rd-of-tests' },
  });
  assert.equal(third.status, 429, third.text);
  const clients = [];
  for (let i = 0; i < 4; i++) clients.push(await connectPlain(node.wsUrl, user.token));
  await assert.rejects(connectPlain(node.wsUrl, user.token), 'the fifth is refused');
  for (const client of clients) assert.equal((await client.ask('sync', { rooms: {} })).ok, true);
  await Promise.all(clients.map((client) => client.end()));
});

test('200 commands without waiting are all answered, in order', async (t) => {
  const node = await startNode({}, t);
  const user = await register(node.url);
  const room = await createRoom(node.url, user.token);
  const count = 200;
  const numbers = Array.from({ length: count }, (_, i) => i);

  const plain = await openPlain(node.port, user.token);
  plain.write(Buffer.concat([
    frame(opcode.text, JSON.stringify({ event: 'join-room', data: room.id, id: 'join' })),
    ...numbers.map((i) => frame(opcode.text, JSON.stringify(
      i % 3 === 0
        ? { event: 'sync', data: { rooms: {} }, id: i }
        : { event: 'send-message', data: { roomId: room.id, content: `m${i}` }, id: i }))),
  ]));
  const acks = [];
  const shown = [];
  while (acks.length < count + 1 || shown.length < numbers.filter((i) => i % 3).length) {
    const message = JSON.parse(await plain.nextText());
    if ('ack' in message) {
      assert.equal(message.data.ok, true, JSON.stringify(message));
      acks.push(message.ack);
    } else if (message.event === 'new-message') {
      shown.push(message.data.content);
    }
  }
  assert.deepEqual(shown, numbers.filter((i) => i % 3).map((i) => `m${i}`));
  // what waits for a commit may be answered behind what does not, but each kind in its order
  const own = acks.filter((ack) => ack !== 'join');
  const messages = (list) => list.filter((i) => i % 3);
  const syncs = (list) => list.filter((i) => i % 3 === 0);
  assert.deepEqual([...own].sort((a, b) => a - b), numbers, 'each once');
  assert.deepEqual(messages(own), messages(numbers), 'messages in order');
  assert.deepEqual(syncs(own), syncs(numbers), 'others in order');
  plain.destroy();

  const engine = await openEngine(node.port, user.token);
  engine.write(Buffer.concat([
    frame(opcode.text, `42${JSON.stringify(['join-room', room.id])}`),
    ...numbers.map((i) => frame(opcode.text, `42${i}${JSON.stringify(['send-message', { roomId: room.id, content: `e${i}` }])}`)),
  ]));
  const answered = [];
  while (answered.length < count) {
    const found = /^43(\d+)\[(.*)\]$/.exec(await engine.nextText());
    if (!found) continue;
    assert.equal(JSON.parse(found[2]).ok, true);
    answered.push(Number(found[1]));
  }
  assert.deepEqual(answered, numbers);
  engine.destroy();

  const polling = await PollingSession.open(node.url, user.token);
  await polling.post(`42${JSON.stringify(['join-room', room.id])}`);
  const replies = [];
  const reading = (async () => {
    while (replies.length < count) {
      const { text } = await polling.get();
      for (const packet of text.split('\x1e')) {
        const found = /^43(\d+)\[/.exec(packet);
        if (found) replies.push(Number(found[1]));
        if (packet === '2') await polling.post('3');
      }
    }
  })();
  for (let from = 0; from < count; from += 50) {
    const body = numbers.slice(from, from + 50)
      .map((i) => `42${i}${JSON.stringify(['send-message', { roomId: room.id, content: `p${i}` }])}`).join('\x1e');
    assert.equal((await polling.post(body)).status, 200);
  }
  await within(15_000, reading, 'all answers over polling');
  assert.deepEqual(replies, numbers);
  await polling.close();
});

test('a client that stops reading is closed at its limit and others notice nothing', async (t) => {
  const node = await startNode({ env: { TROUPE_QUEUE_BYTES: String(256 * 1024) } }, t);
  const [one, two, three] = await Promise.all(['One', 'Two', 'Three'].map((name) => register(node.url, name)));
  const topic = `public:${unique('t')}`;
  const talker = await connectPlain(node.wsUrl, one.token);
  const listener = await connectSocket(node.url, two.token);
  const lazy = await openPlain(node.port, three.token);
  await listener.ask('subscribe', { topic });
  lazy.text(JSON.stringify({ event: 'subscribe', data: { topic }, id: 1 }));
  await lazy.nextText();
  lazy.socket.pause();

  const payload = 'x'.repeat(60_000);
  let slowest = 0;
  let sent = 0;
  // the kernel's buffers come first, so it takes more than the limit of the queue
  const isClosed = async () => (await node.metric('troupe_slow_closed_total')) >= 1;
  while (sent < 2000 && !(sent % 20 === 0 && (await isClosed()))) {
    const begin = performance.now();
    const answer = await talker.ask('publish', { topic, event: 'load', data: { n: sent, payload } });
    assert.equal(answer.ok, true);
    slowest = Math.max(slowest, performance.now() - begin);
    sent++;
  }
  assert.ok(sent < 2000, 'the lazy one was never closed');
  await eventually(10_000, () => listener.of('load').length === sent, 'the listener has all');
  assert.deepEqual(listener.of('load').map((event) => event.n), Array.from({ length: sent }, (_, i) => i));
  assert.equal(listener.connected, true);
  assert.ok(slowest < 2000, `an acknowledgement took ${slowest} ms`);
  lazy.socket.resume();
  assert.equal(await lazy.closes(10_000), true, 'its connection is gone');
  console.log(`stopped reading: closed after ${sent} events of 60 KB, slowest acknowledgement ${Math.round(slowest)} ms`);
  lazy.destroy();
  listener.end();
  await talker.end();
});

test('a burst larger than a queue closes nobody who reads, and drops nothing for him', async (t) => {
  const queue = 64 * 1024;
  const node = await startNode({ args: ['--shards', '1'], env: { TROUPE_QUEUE_BYTES: String(queue), TROUPE_COMPRESSION: 'off' } }, t);
  const [one, two] = await Promise.all(['One', 'Two'].map((name) => register(node.url, name)));
  const topic = `public:${unique('t')}`;
  const talker = await openPlain(node.port, one.token);
  const listener = await connectSocket(node.url, two.token, { transports: ['websocket'] });
  await listener.ask('subscribe', { topic });
  const payload = 'x'.repeat(12_000);
  let sent = 0;
  for (let round = 1; round <= 20; round++)
    for (const [volatile, burst] of [[false, 7], [true, 5]]) { // above the queue; above what volatile events may take of it
      process.kill(node.pid, 'SIGSTOP'); // so that all of it is there in one turn
      const event = JSON.stringify({ event: 'publish', id: 1, data: { topic, event: 'load', data: { payload }, volatile } });
      talker.write(Buffer.concat(Array.from({ length: burst }, () => frame(opcode.text, event))));
      await eventually(5000, () => talker.socket.writableLength === 0, 'written')
        .finally(() => process.kill(node.pid, 'SIGCONT'));
      for (let n = 0; n < burst; n++) assert.equal(JSON.parse(await talker.nextText()).data.ok, true);
      sent += burst;
      await eventually(5000, () => listener.of('load').length === sent, 'the listener has all')
        .catch((error) => assert.fail(`${error.message}: ${listener.of('load').length} of ${sent}, gaps ${JSON.stringify(listener.of('gap'))}`));
    }
  assert.equal(await node.metric('troupe_slow_closed_total'), 0);
  listener.end();
  talker.destroy();
});

test('handshakes that do not sign in are limited per address', async (t) => {
  const most = 2000;
  const node = await startNode({}, t);
  const user = await register(node.url);
  const raw = new RawConnection(node.port);
  const asked = 'GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
  const sids = [];
  for (let i = 0; i < most; i += 100) {
    raw.write(asked.repeat(100));
    for (let n = 0; n < 100; n++) {
      const answer = await raw.response();
      assert.equal(answer.status, 200, answer.body);
      sids.push(JSON.parse(answer.body.slice(1)).sid);
    }
  }
  raw.write(asked);
  const refused = await raw.response();
  assert.equal(refused.status, 429);
  assert.deepEqual(JSON.parse(refused.body), { code: 4, message: 'Too many handshakes from this address' });
  await assert.rejects(openEngine(node.port), /429/);
  const one = new PollingSession(node.url, sids[0]);
  await one.post(`40${JSON.stringify({ token: user.token })}`);
  assert.match((await one.get()).text, /^40\{/);
  const other = await openEngine(node.port, user.token); // its place is free
  assert.equal((await new PollingSession(node.url, sids[1]).close()).status, 200);
  other.destroy();
  (await openEngine(node.port, user.token)).destroy();
  raw.destroy();
});

test('5 000 idle connections come and go and leave nothing behind', async (t) => {
  const node = await startNode({ env: { TROUPE_EXTERNAL_USERS: 'on' } }, t);
  const total = 5000;
  const askedMeanwhile = 100; // every look at the metrics asks an actor, and its timeout waits for a second
  const figures = async () => {
    const page = await node.metrics();
    const sum = (name) => Object.entries(page)
      .reduce((n, [key, value]) => (key === name || key.startsWith(`${name}{`) ? n + value : n), 0);
    return { sessions: sum('troupe_sessions'), actors: sum('troupe_actors'), fds: page.process_open_fds,
      deadlines: page['troupe_timers{of="connections"}'], timeouts: page['troupe_timers{of="actors"}'] };
  };
  const tokens = Array.from({ length: total / 40 }, (_, i) =>
    signToken({ sub: `ext_${i}`, username: `ext_${i}`, name: `External ${i}` }));

  /// Signed in, with nothing but a ping to answer; a node that has enough handshakes for now is asked again.
  const open = async (i) => {
    const token = tokens[i % tokens.length];
    for (let tries = 0; ; tries++) {
      try {
        return await within(20_000, i % 2 ? openSocketIo(node, token) : openPlainIdle(node, token), 'a sign-in');
      } catch (error) {
        if (tries > 50) throw error;
        await pause(50);
      }
    }
  };
  const inParallel = async (count, width, work) => {
    let next = 0;
    await Promise.all(Array.from({ length: width }, async () => {
      while (next < count) await work(next++);
    }));
  };
  const cycle = async (count) => {
    const sockets = [];
    await inParallel(count, 20, async (i) => {
      sockets[i] = await open(i);
    });
    const full = await figures();
    assert.equal(full.sessions, count);
    assert.ok(full.deadlines >= count, `${full.deadlines} deadlines`);
    await inParallel(count, 100, async (i) => {
      const gone = new Promise((resolve) => sockets[i].once('close', resolve));
      // a clean leave: a lost transport would keep its session for the resume window
      if (i % 2) {
        sockets[i].send('41');
        sockets[i].send('1');
      } else {
        sockets[i].close(1000);
      }
      await within(20_000, gone, 'the close');
    });
    return full;
  };

  await cycle(10); // what is made once is made now
  await eventually(10_000, async () => (await figures()).sessions === 0);
  const start = await figures();
  const begin = Date.now();
  const full = await cycle(total);
  let end;
  await eventually(20_000, async () => {
    end = await figures();
    return end.sessions === start.sessions && end.actors === start.actors && end.fds <= start.fds
      && end.deadlines === start.deadlines && end.timeouts <= start.timeouts + askedMeanwhile;
  }, 'everything gone').catch(() => {});
  console.log(`idle connections: ${JSON.stringify(start)} → ${JSON.stringify(full)} → ${JSON.stringify(end)}, ${Date.now() - begin} ms`);
  assert.deepEqual([end.sessions, end.actors, end.deadlines], [start.sessions, start.actors, start.deadlines]);
  assert.ok(end.timeouts <= start.timeouts + askedMeanwhile, `timeouts ${start.timeouts} → ${end.timeouts}`);
  assert.ok(end.fds <= start.fds, `file descriptors ${start.fds} → ${end.fds}`);
});

function openPlainIdle(node, token) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(node.wsUrl, ['troupe.v1.json'], {
      headers: { authorization: `Bearer ${token}` }, perMessageDeflate: false,
    });
    socket.once('error', reject);
    socket.once('open', () => socket.send('{"event":"sync","data":{"rooms":{}},"id":1}'));
    socket.once('message', () => resolve(socket));
    socket.once('close', (code) => reject(new Error(`closed with ${code}`)));
  });
}

function openSocketIo(node, token) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${node.port}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: false,
    });
    socket.once('error', reject);
    socket.once('close', (code) => reject(new Error(`closed with ${code}`)));
    socket.on('message', (bytes) => {
      const text = bytes.toString();
      if (text.startsWith('0')) socket.send(`40${JSON.stringify({ token })}`);
      else if (text.startsWith('40')) resolve(socket);
      else if (text === '2') socket.send('3');
      else reject(new Error(text));
    });
  });
}

test('failed logins with huge emails cost the node no memory', { timeout: 60_000 }, async (t) => {
  const node = await startNode({ env: { TROUPE_RATE_LOGINS: '10/3600' } }, t);
  const fail = async (i) => {
    const answer = await api(node.url, 'POST', '/auth/login', {
      body: { email: `${i}${'x'.repeat(900_000)}@example.org`, password: 'wrong-Passw0rd' },
    });
    assert.equal(answer.status, 401);
  };
  const memory = () => node.metric('process_resident_memory_bytes');
  for (let i = 0; i < 8; i++) await fail(i);
  const before = await memory();
  for (let i = 8; i < 68; i++) await fail(i);
  const more = (await memory()) - before;
  assert.ok(more < 20 << 20, `${more} bytes more`);
});

test('a client that catches up in many rooms at once gets all of it, at its own pace', { timeout: 60_000 }, async (t) => {
  const node = await startNode({}, t);
  const user = await register(node.url);
  const rooms = await Promise.all(Array.from({ length: 8 }, () => createRoom(node.url, user.token)));
  const writer = await connectPlain(node.wsUrl, user.token);
  const each = 60; // about 240 KB in each room: several of them are more than a queue holds
  for (const { id } of rooms) {
    await writer.ask('join-room', { roomId: id });
    for (let n = 0; n < each; n += 10)
      await Promise.all(Array.from({ length: 10 }, () => writer.ask('send-message', { roomId: id, content: 'x'.repeat(4000) })));
  }
  for (const isSlow of [false, true]) {
    const reader = await openPlain(node.port, user.token);
    if (isSlow) reader.socket.pause();
    const ask = (event, data, id) => reader.text(JSON.stringify({ event, data, id }));
    rooms.forEach(({ id }, i) => ask('join-room', { roomId: id, after: 0 }, i + 1));
    ask('sync', { rooms: { [rooms[0].id]: 0 } }, 100);
    ask('typing', { roomId: rooms.at(-1).id }, 101);
    if (isSlow) {
      const written = () => node.metric('troupe_written_bytes_total');
      let last = -1; // until the kernel takes no more of it
      await eventually(10_000, async () => last === (last = await written()) && last > 0, 'a backlog');
      reader.socket.resume();
    }
    const answered = [];
    while (answered.length < rooms.length + 2) {
      const { ack, data } = JSON.parse(await reader.nextText('an answer'));
      if (ack === undefined) continue;
      answered.push(ack);
      assert.equal(data.ok, true, JSON.stringify(data).slice(0, 200));
      if (ack < 100) assert.equal(data.messages.length, each);
    }
    assert.deepEqual(answered.filter((ack) => ack < 100), [...rooms.keys()].map((i) => i + 1));
    assert.deepEqual(answered.filter((ack) => ack >= 100).sort(), [100, 101]);
    reader.destroy();
    await eventually(5000, async () => (await node.metric('troupe_connections')) === 1, 'the end of the reader');
  }
  await writer.end();
});
