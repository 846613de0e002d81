// troupectl trace and troupectl why, against a real node.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, afterEach, before, test } from 'node:test';

import {
  api, connectPlain, connectSocket, createRoom, eventually, login, register, unique, within,
} from './support/clients.mjs';
import { admin, binary, nodeEnvironment, startNode } from './support/node.mjs';

let node;
let boss;
let alice;
let bob;
before(async () => {
  node = await startNode({ env: { TROUPE_ADMIN_EMAIL: admin.email, TROUPE_ADMIN_PASSWORD: admin.password } });
  boss = await login(node.url, admin.email, admin.password);
  [alice, bob] = await Promise.all(['Alice', 'Bob'].map((name) => register(node.url, name)));
});
after(() => node?.stop());
const traces = new Set();
afterEach(() => { // what a failed test left running would refuse the next ones theirs
  for (const each of traces) each.abort.abort();
  traces.clear();
});

/// Runs troupectl to its end: {code, out, err}.
const ctl = (...args) =>
  within(60_000, new Promise((resolve) => {
    const env = { ...nodeEnvironment(), TROUPE_URL: node.url, TROUPE_TOKEN: boss.token };
    execFile(binary('troupectl'), args, { env }, (error, out, err) => resolve({ code: error ? error.code : 0, out, err }));
  }), args.join(' '));

/// A trace that runs: its lines as they come, and its end.
class Trace {
  constructor(query, token = boss.token, at = node) {
    this.lines = [];
    this.abort = new AbortController();
    traces.add(this);
    this.answered = fetch(`${at.url}/api/v1/admin/trace?${query}`, {
      headers: { authorization: `Bearer ${token}` }, signal: this.abort.signal,
    });
    this.ended = this.answered.then(async (answer) => {
      if (answer.status !== 200) return;
      let rest = '';
      const decoder = new TextDecoder();
      for await (const chunk of answer.body) {
        const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
        rest = parts.pop();
        this.lines.push(...parts.map((line) => JSON.parse(line)));
      }
    }).catch((error) => error);
  }

  of(what) {
    return this.lines.filter((line) => line.what === what);
  }

  async cut() {
    this.abort.abort();
    await this.ended;
    // the node notices on its own time: the next trace of this operator must be granted
    await eventually(5000, async () => {
      const probe = new Trace('room=nowhere');
      return (await probe.answered).status === 404;
    });
  }
}

async function trace(query, token, at) {
  for (let tries = 0; ; tries++) {
    const made = new Trace(query, token, at);
    const answer = await within(5000, made.answered, 'the trace');
    if (answer.status === 409 && tries < 200) {
      await answer.arrayBuffer();
      continue;
    }
    assert.equal(answer.status, 200);
    await eventually(5000, () => made.lines.length > 0);
    return made;
  }
}

test('a trace of a room shows commands, answers and events, and no content', async () => {
  const room = await createRoom(node.url, alice.token);
  const other = await createRoom(node.url, alice.token);
  const running = await trace(`room=${room.id}&seconds=60`);
  assert.equal((await running.answered).headers.get('content-type'), 'application/x-ndjson; charset=utf-8');
  const [a, b] = [await connectPlain(node.wsUrl, alice.token), await connectSocket(node.url, bob.token, { transports: ['websocket'] })];
  await a.ask('join-room', { roomId: room.id });
  await b.ask('join-room', { roomId: room.id });
  await b.ask('join-room', { roomId: other.id });
  await b.ask('send-message', { roomId: other.id, content: 'elsewhere' });
  const sent = await a.ask('send-message', { roomId: room.id, content: 'a secret text' });
  await a.ask('send-message', { roomId: 'nowhere', content: 'x' });
  await eventually(5000, () => running.of('event').some((line) => line.event === 'new-message'));
  await eventually(5000, () => running.of('answer').length === 3);
  assert.deepEqual(running.of('command').map((line) => [line.command, line.user]), [
    ['join-room', alice.user.id], ['join-room', bob.user.id], ['send-message', alice.user.id],
  ]);
  assert.ok(running.of('answer').every((line) => line.ok && line.ack !== undefined));
  const [event] = running.of('event').filter((line) => line.event === 'new-message');
  assert.equal(event.seq, sent.message.seq);
  assert.equal(event.topic, `room:${room.id}`);
  assert.equal(running.of('handed-out').filter((line) => line.event === 'new-message').reduce((sum, line) => sum + line.connections, 0), 2);
  const text = JSON.stringify(running.lines);
  assert.ok(!text.includes('a secret text') && !text.includes('elsewhere') && !text.includes(alice.token));
  assert.ok(!text.includes(other.id), 'nothing of another room');
  assert.match(node.logs, /admin-traced/);
  await running.cut();
  await Promise.all([a.end(), b.end()]);
});

test('a trace of a user and of a session follows connections, events, drops and content', async () => {
  const room = await createRoom(node.url, alice.token);
  const topic = `public:${unique('t')}`;
  const running = await trace(`user=${bob.user.id}&content=true`);
  const b = await connectPlain(node.wsUrl, bob.token);
  const a = await connectPlain(node.wsUrl, alice.token);
  await b.ask('join-room', { roomId: room.id });
  await b.ask('authenticate', { token: bob.token });
  await b.ask('subscribe', { topic });
  await a.ask('join-room', { roomId: room.id });
  await a.ask('send-message', { roomId: room.id, content: 'shown because it was asked for' });
  await a.ask('publish', { topic, event: 'tick', data: { n: 7 } });
  await b.ask('join-room', { roomId: 'nowhere' });
  await eventually(5000, () => running.of('queued').some((line) => line.event === 'tick'));
  await b.end();
  await eventually(5000, () => running.of('disconnected').length === 1);
  assert.equal(running.of('connected').length, 1);
  assert.deepEqual(running.of('command').map((line) => line.command),
    ['join-room', 'authenticate', 'subscribe', 'join-room']);
  assert.deepEqual(running.of('answer').map((line) => line.code ?? 'ok'), ['ok', 'ok', 'ok', 'not_found']);
  const queued = running.of('queued').map((line) => line.event);
  for (const event of ['user-joined', 'new-message', 'tick']) assert.ok(queued.includes(event), event);
  assert.equal(running.of('queued').find((line) => line.event === 'new-message').content.content, 'shown because it was asked for');
  assert.ok(!JSON.stringify(running.lines).includes(bob.token), 'never a token');
  assert.ok(running.lines.slice(1).every((line) => line.user === bob.user.id));
  await running.cut();
  const c = await connectPlain(node.wsUrl, bob.token);
  const [{ id }] = (await api(node.url, 'GET', '/admin/sessions', { token: boss.token })).body.sessions
    .filter((session) => session.userId === bob.user.id);
  const session = await trace(`session=${id}`);
  await c.ask('sync', { rooms: {} });
  await eventually(5000, () => session.of('answer').length === 1);
  assert.equal(session.of('answer')[0].session, id);
  await session.cut();
  await Promise.all([a.end(), c.end()]);
});

test('a trace shows the rule by which an event or a connection went', async (t) => {
  const own = await startNode({
    args: ['--shards', '1'],
    env: {
      TROUPE_ADMIN_EMAIL: admin.email, TROUPE_ADMIN_PASSWORD: admin.password, TROUPE_QUEUE_BYTES: '131072',
      TROUPE_PING_INTERVAL: '3s', TROUPE_PING_TIMEOUT: '2s',
    },
  }, t);
  const chief = await login(own.url, admin.email, admin.password);
  const carol = await register(own.url, 'Carol');
  const running = await trace(`user=${carol.user.id}&lines=100000`, chief.token, own);
  const send = (fields) => api(own.url, 'POST', '/broadcast', {
    token: chief.token, body: { event: 'n', target: { users: [carol.user.id] }, ...fields },
  });
  const rules = () => new Set(running.of('dropped').map((line) => line.rule));
  let client = await connectPlain(own.wsUrl, carol.token);
  client.socket.pause();
  const pad = 'x'.repeat(30_000);
  for (let n = 0; !rules().has('volatile'); n++) {
    assert.ok(n < 3000, 'the socket is full at last');
    await send({ data: { pad }, volatile: true });
  }
  await send({ data: 1, key: 'price' });
  await send({ data: 2, key: 'price' });
  await eventually(5000, () => rules().has('conflated'));
  for (const priority of ['background', 'low'])
    for (let n = 0; !rules().has(priority); n++) {
      assert.ok(n < 100, 'no place at last');
      await send({ data: { pad }, priority });
    }
  await eventually(10_000, () => running.of('disconnected').length === 1);
  assert.equal(running.of('disconnected')[0].reason, 'no pong');
  for (const line of running.of('dropped')) {
    assert.equal(line.topic, `user:${carol.user.id}`);
    assert.equal(line.user, carol.user.id);
  }
  client.cut();
  client = await connectPlain(own.wsUrl, carol.token);
  client.socket.pause();
  for (let n = 0; running.of('disconnected').length === 1; n++) {
    assert.ok(n < 3000, 'the queue is full at last');
    await send({ data: { pad } });
  }
  assert.ok(rules().has('slow-consumer'));
  assert.equal(running.of('disconnected')[1].reason, 'slow consumer');
  client.cut();
  const socket = await connectSocket(own.url, carol.token, {
    transports: ['websocket'], reconnectionDelay: 50, reconnectionDelayMax: 100,
  });
  const back = new Promise((resolve) => socket.io.once('reconnect', resolve));
  socket.io.engine.transport.ws.terminate();
  await within(5000, back, 'the reconnect');
  await eventually(5000, () => running.of('connected').length === 4, 'both connections of one session');
  assert.equal(running.of('connected')[3].session, running.of('connected')[2].session);
  socket.end();
  await eventually(5000, () => running.of('disconnected').length === 4);
  assert.deepEqual(running.of('disconnected').slice(2).map((line) => [line.reason, line.mayComeBack]),
    [['transport close', true], ['client namespace disconnect', false]]);
});

test('a trace of a room or a user shows broadcasts whose targets it is among', async () => {
  const [one, two] = await Promise.all([createRoom(node.url, alice.token), createRoom(node.url, alice.token)]);
  const a = await connectPlain(node.wsUrl, alice.token);
  const b = await connectPlain(node.wsUrl, bob.token);
  for (const client of [a, b]) await client.ask('join-room', { roomId: two.id });
  await a.ask('join-room', { roomId: one.id });
  let number = 0;
  const send = async (target) => {
    const event = `news-${++number}`;
    const answer = await api(node.url, 'POST', '/broadcast', { token: boss.token, body: { event, data: {}, target } });
    assert.equal(answer.status, 200, answer.text);
    return event;
  };
  const sendAll = async () => [
    await send({ rooms: [one.id, two.id] }), await send({ users: [alice.user.id, bob.user.id] }),
    await send({ rooms: [two.id], exceptRooms: [one.id] }), await send({ all: true, exceptRooms: [two.id] }),
    await send({ all: true }), await send({ rooms: [two.id] }),
  ];
  const shown = (running, what) => running.of(what).filter((line) => line.event?.startsWith('news-')).map((line) => line.event);
  const inTwo = await trace(`room=${two.id}`);
  let sent = await sendAll();
  await eventually(5000, () => shown(inTwo, 'handed-out').includes(sent[5]));
  assert.deepEqual(shown(inTwo, 'event'), [sent[0], sent[2], sent[5]], 'whatever names the room');
  const first = inTwo.of('event').find((line) => line.event === sent[0]);
  assert.deepEqual([first.topic, first.targets], [`room:${two.id}`, 2]);
  const count = (event) => inTwo.of('handed-out').filter((line) => line.event === event).reduce((sum, line) => sum + line.connections, 0);
  const counts = () => [sent[0], sent[2], sent[5]].map(count); // each session once, without who is excepted
  await eventually(5000, () => assert.deepEqual(counts(), [2, 1, 2]) ?? true);
  await inTwo.cut();
  const toBob = await trace(`user=${bob.user.id}`);
  sent = await sendAll();
  await eventually(5000, () => b.of(sent[5]).length === 1);
  await eventually(5000, () => shown(toBob, 'queued').includes(sent[5]));
  assert.deepEqual(shown(toBob, 'queued'), [sent[0], sent[1], sent[2], sent[4], sent[5]], 'whatever reached him');
  assert.deepEqual(shown(toBob, 'event'), [sent[1]], 'whatever names him');
  await toBob.cut();
  await Promise.all([a.end(), b.end()]);
});

test('a trace counts who is handed an event, without who is excepted', async () => {
  const room = await createRoom(node.url, alice.token);
  const a = await connectPlain(node.wsUrl, alice.token);
  await a.ask('join-room', { roomId: room.id });
  const running = await trace(`room=${room.id}`);
  const handed = () => running.of('handed-out').filter((line) => line.event === 'user-typing').map((line) => line.connections);
  await a.ask('typing', { roomId: room.id });
  await eventually(5000, () => handed().length > 0);
  assert.deepEqual(handed(), [0], 'alone in the room');
  await a.ask('stop-typing', { roomId: room.id });
  const b = await connectPlain(node.wsUrl, bob.token);
  await b.ask('join-room', { roomId: room.id });
  await a.ask('typing', { roomId: room.id });
  await eventually(5000, () => handed().reduce((sum, n) => sum + n, 0) === 1);
  await eventually(5000, () => b.of('user-typing').length === 1);
  await running.cut();
  await Promise.all([a.end(), b.end()]);
});

test('a trace of an actor: of a room or a session all that passes, of another what it handles', async () => {
  const room = await createRoom(node.url, alice.token);
  const a = await connectPlain(node.wsUrl, alice.token);
  await a.ask('join-room', { roomId: room.id });
  const { actors } = (await api(node.url, 'GET', '/admin/actors?limit=1000', { token: boss.token })).body;
  const id = (name) => actors.find((actor) => actor.name === name).id;
  const say = (content) => a.ask('send-message', { roomId: room.id, content });
  let running = await trace(`actor=${id(`room:${room.id}`)}`);
  assert.deepEqual([running.lines[0].of, running.lines[0].id], ['room', room.id]);
  const { message } = await say('x');
  await eventually(5000, () => running.of('event').some((line) => line.seq === message.seq));
  await running.cut();
  const { sessionId } = (await api(node.url, 'GET', '/admin/sessions', { token: boss.token })).body.sessions
    .filter((session) => session.userId === alice.user.id).map((session) => ({ sessionId: session.id }))[0];
  running = await trace(`actor=${id(`session:${sessionId}`)}`);
  await say('y');
  await eventually(5000, () => running.of('answer').some((line) => line.session === sessionId));
  await running.cut();

  const broadcaster = id('broadcaster');
  running = await trace(`actor=${broadcaster}`);
  assert.deepEqual([running.lines[0].of, running.lines[0].id], ['actor', broadcaster]);
  const before = (await api(node.url, 'GET', `/admin/actors/${broadcaster}`, { token: boss.token })).body.handled;
  for (let n = 0; n < 10; n++)
    await api(node.url, 'POST', '/broadcast', { token: boss.token, body: { event: 'n', target: { rooms: [room.id] } } });
  const handled = () => running.of('handled').reduce((sum, line) => sum + line.messages, 0);
  await eventually(5000, () => handled() >= 20, 'each and its count');
  assert.match(running.of('handled').at(-1).last, /broadcast_counted/);
  const row = (await api(node.url, 'GET', `/admin/actors/${broadcaster}`, { token: boss.token })).body;
  await eventually(5000, () => running.of('handled').at(-1).total >= row.handled - 1);
  assert.ok(before < row.handled);
  await running.cut();

  const ran = await ctl('trace', 'actor', broadcaster, '--seconds', '1');
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.out, /end +reason=time/);
  const gone = await trace(`actor=${id(`session:${sessionId}`)}`);
  assert.equal(gone.lines[0].of, 'session');
  await gone.cut();
  assert.equal((await ctl('trace', 'actor', 'act_999999999')).code, 1);
  assert.equal((await api(node.url, 'GET', '/admin/trace?actor=planet', { token: boss.token })).status, 404);
  await a.end();
});

test('a trace ends by itself, by lines and by time, and there is one per operator', async () => {
  const room = await createRoom(node.url, alice.token);
  const a = await connectPlain(node.wsUrl, alice.token);
  await a.ask('join-room', { roomId: room.id });
  const few = await trace(`room=${room.id}&lines=5`);
  const second = await new Trace(`room=${room.id}`).answered;
  assert.equal(second.status, 409);
  for (let i = 0; i < 5; i++) await a.ask('send-message', { roomId: room.id, content: 'x' });
  assert.equal(await within(10_000, few.ended, 'the end'), undefined);
  const last = few.lines.at(-1);
  assert.deepEqual([last.what, last.reason, last.lines, last.dropped], ['end', 'lines', 5, 0]);
  assert.equal(few.lines.length, 7);
  const ran = await ctl('trace', 'room', room.id, '--seconds', '1');
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.out, /end +reason=time/);
  await a.end();
});

test('an operator who does not read loses lines and holds up nobody', async () => {
  const room = await createRoom(node.url, alice.token);
  const running = new Trace(`room=${room.id}&lines=100000&content=true`);
  running.ended.catch(() => {});
  const answer = await running.answered;
  assert.equal(answer.status, 200);
  const a = await connectPlain(node.wsUrl, alice.token);
  await a.ask('join-room', { roomId: room.id });
  const text = 'x'.repeat(3900);
  for (let i = 0; i < 20; i++)
    await Promise.all(Array.from({ length: 50 }, () => a.ask('send-message', { roomId: room.id, content: text })));
  await eventually(10_000, () => a.of('new-message').length === 1000);
  await running.cut();
  await a.end();
});

test('traces are for administrators, and say what is wrong with them', async () => {
  const room = await createRoom(node.url, alice.token);
  const status = async (query, token = boss.token) =>
    (await api(node.url, 'GET', `/admin/trace?${query}`, { token })).status;
  assert.equal(await status(`room=${room.id}`, alice.token), 403);
  assert.equal(await status(`room=${room.id}`, null), 401);
  assert.equal(await status('room=nowhere'), 404);
  assert.equal(await status('user=usr_none'), 404);
  assert.equal(await status('session=ses_none'), 404);
  assert.equal(await status(''), 400);
  assert.equal(await status(`room=${room.id}&user=${bob.user.id}`), 400);
  assert.equal(await status(`room=${room.id}&seconds=0`), 400);
  assert.equal(await status(`room=${room.id}&content=maybe`), 400);
  assert.equal((await ctl('trace', 'room', 'nowhere')).code, 1);
  assert.equal((await ctl('trace', 'planet', 'x')).code, 2);
});

const why = async (id, user, at = node, token = boss.token) => {
  const answer = await api(at.url, 'GET', `/admin/why?message=${id}&user=${user}`, { token });
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
};

const waysToGo = {
  'a plain WebSocket that is cut': [connectPlain, (client) => client.cut()],
  'a plain WebSocket that is closed': [connectPlain, (client) => client.end()],
  'a Socket.IO client that is cut': [connectSocket, (client) => {
    client.io.reconnection(false);
    client.io.engine.transport.ws.terminate();
  }],
  'a Socket.IO client that leaves': [connectSocket, (client) => client.end()],
};
for (const [name, [connect, go]] of Object.entries(waysToGo)) {
  test(`why: not connected after ${name}, whatever was before and comes later`, async () => {
    const user = await register(node.url, 'Gone');
    const room = await createRoom(node.url, alice.token);
    const a = await connectPlain(node.wsUrl, alice.token);
    await a.ask('join-room', { roomId: room.id });
    const say = async () => (await a.ask('send-message', { roomId: room.id, content: 'x' })).message.id;
    const enter = () => connect(connect === connectPlain ? node.wsUrl : node.url, user.token, { transports: ['websocket'] });
    const verdict = async (id) => (await why(id, user.user.id)).verdict;
    let client = await enter();
    const outside = await say();
    assert.equal(await verdict(outside), 'not-in-room', 'connected, and not yet in the room');
    await client.ask('join-room', { roomId: room.id });
    const first = await say();
    await eventually(5000, () => client.of('new-message').length === 1);
    await go(client);
    const gone = await eventually(5000, async () => {
      const [found] = (await why(first, user.user.id)).deliveries;
      return found.connected ? undefined : found;
    });
    assert.equal(gone.fate, 'written');
    const missed = await why(await say(), user.user.id);
    assert.equal(missed.verdict, 'not-connected');
    assert.match(gone.ended, /^(transport close|client namespace disconnect)$/);
    assert.match(missed.explanation, new RegExp(`the last one had ended: ${gone.ended}$`));
    client = await enter();
    assert.equal(await verdict(await say()), 'not-in-room', 'back, and not in the room');
    await client.ask('join-room', { roomId: room.id });
    const last = await say();
    await eventually(5000, () => client.of('new-message').length === 1);
    const verdicts = [];
    for (const id of [outside, first, missed.message.id, last]) verdicts.push(await verdict(id));
    assert.deepEqual(verdicts, ['not-in-room', 'delivered', 'not-connected', 'delivered'], 'as it was then');
    client.cut?.();
    client.end?.();
    a.cut();
  });
}

test('why: a session that came back is still the same, and what it was sent before stays delivered', async () => {
  const user = await register(node.url, 'Back');
  const room = await createRoom(node.url, alice.token);
  const a = await connectPlain(node.wsUrl, alice.token);
  await a.ask('join-room', { roomId: room.id });
  const say = async () => (await a.ask('send-message', { roomId: room.id, content: 'x' })).message.id;
  const client = await connectSocket(node.url, user.token, {
    transports: ['websocket'], reconnectionDelay: 500, reconnectionDelayMax: 500, randomizationFactor: 0,
  });
  await client.ask('join-room', { roomId: room.id });
  const first = await say();
  await eventually(5000, () => client.of('new-message').length === 1);
  const back = new Promise((resolve) => client.once('connect', resolve));
  client.io.engine.transport.ws.terminate();
  await eventually(5000, async () => !(await why(first, user.user.id)).deliveries[0].connected);
  const missed = await say();
  await within(10_000, back, 'the reconnect');
  assert.equal(client.recovered, true);
  await eventually(5000, () => client.of('new-message').length === 2);
  const last = await say();
  await eventually(5000, () => client.of('new-message').length === 3);
  assert.equal((await why(first, user.user.id)).verdict, 'delivered');
  assert.equal((await why(missed, user.user.id)).verdict, 'not-connected', 'it came by resuming');
  const now = await why(last, user.user.id);
  assert.deepEqual([now.verdict, now.deliveries[0].connected], ['delivered', true]);
  client.end();
  a.cut();
});

test('why: by which rule a connection ended with the message unsent', async (t) => {
  const own = await startNode({
    env: {
      TROUPE_ADMIN_EMAIL: admin.email, TROUPE_ADMIN_PASSWORD: admin.password, TROUPE_QUEUE_BYTES: '131072',
      TROUPE_PING_INTERVAL: '3s', TROUPE_PING_TIMEOUT: '2s', TROUPE_COMPRESSION: 'off',
    },
  }, t);
  const chief = await login(own.url, admin.email, admin.password);
  const [carol, dave] = await Promise.all(['Carol', 'Dave'].map((name) => register(own.url, name)));
  const a = await connectPlain(own.wsUrl, carol.token);
  /// Reads nothing any more, and half of its queue is full.
  const stuck = async (connect, url, pause) => {
    const room = await createRoom(own.url, carol.token);
    const topic = `public:${unique('t')}`;
    const client = await connect(url, dave.token, { transports: ['websocket'] });
    await client.ask('join-room', { roomId: room.id });
    await client.ask('subscribe', { topic });
    await a.ask('join-room', { roomId: room.id });
    const { message: early } = await a.ask('send-message', { roomId: room.id, content: 'early' });
    await eventually(5000, () => client.of('new-message').length === 1);
    const said = Date.now();
    await eventually(5000, () => Date.now() - said > 1000, 'well before the jam');
    pause(client);
    const before = await own.metric('troupe_dropped_total');
    const pad = 'x'.repeat(30_000);
    for (let n = 0; (await own.metric('troupe_dropped_total')) === before; n++) {
      assert.ok(n < 3000, 'the socket is full at last');
      await a.ask('publish', { topic, event: 'filler', data: { pad }, volatile: true });
    }
    return { client, early: early.id, say: async (content) => (await a.ask('send-message', { roomId: room.id, content })).message.id };
  };
  const ways = [
    [connectPlain, own.wsUrl, (client) => client.socket.pause()],
    [connectSocket, own.url, (client) => {
      clearTimeout(client.io.engine._pingTimeoutTimer); // it would give up first
      client.io.engine.transport.ws.pause();
    }],
  ];
  for (const [connect, url, pause] of ways) {
    let { client, early, say } = await stuck(connect, url, pause);
    const waiting = await say('waits');
    assert.equal((await why(waiting, dave.user.id, own, chief.token)).verdict, 'waiting');
    let found = await eventually(15_000, async () => {
      const answer = await why(waiting, dave.user.id, own, chief.token);
      return answer.verdict === 'waiting' ? undefined : answer;
    });
    assert.equal(found.verdict, 'unsent');
    assert.match(found.explanation, /unsent: no pong \(4012\)/);
    assert.deepEqual([found.deliveries[0].ended, found.deliveries[0].closeCode], ['no pong', 4012]);
    assert.ok(found.deliveries[0].bytes > 0);
    assert.equal((await why(early, dave.user.id, own, chief.token)).verdict, 'delivered', 'it had left long before');
    client.cut?.();
    client.end?.();
    ({ client, early, say } = await stuck(connect, url, pause));
    const ids = [];
    const closed = await own.metric('troupe_slow_closed_total');
    while ((await own.metric('troupe_slow_closed_total')) === closed) {
      assert.ok(ids.length < 200, 'the queue is full at last');
      ids.push(await say('x'.repeat(3900)));
    }
    const all = [];
    for (const id of ids) all.push(await why(id, dave.user.id, own, chief.token));
    const words = all.map((each) => each.verdict);
    const last = ids[words.lastIndexOf('unsent')];
    assert.ok(last, `${words}`);
    assert.ok(words.slice(words.lastIndexOf('unsent') + 1).every((word) => word === 'not-connected'), `${words}`);
    found = all[words.lastIndexOf('unsent')];
    assert.equal((await why(early, dave.user.id, own, chief.token)).verdict, 'delivered', 'it had left long before');
    assert.match(found.explanation, /unsent: slow consumer \(4008\)/);
    const shown = await new Promise((resolve) => {
      const env = { ...nodeEnvironment(), TROUPE_URL: own.url, TROUPE_TOKEN: chief.token };
      execFile(binary('troupectl'), ['why', last, '--user', dave.user.id], { env }, (_, out) => resolve(out));
    });
    assert.match(shown, /ENDED\n(.*\n)*.*slow consumer \(4008\)/);
    client.cut?.();
    client.end?.();
  }
});

test('why tells where a message went', async () => {
  const [carol, dave, eve] = await Promise.all(['Carol', 'Dave', 'Eve'].map((name) => register(node.url, name)));
  const room = await createRoom(node.url, alice.token);
  const secret = await createRoom(node.url, alice.token, { type: 'private' });
  const a = await connectPlain(node.wsUrl, alice.token);
  const b = await connectSocket(node.url, bob.token, { transports: ['websocket'] });
  const c = await connectPlain(node.wsUrl, carol.token);
  const d = await connectPlain(node.wsUrl, dave.token);
  for (const client of [a, b, d]) await client.ask('join-room', { roomId: room.id });
  await a.ask('join-room', { roomId: secret.id });
  await d.ask('leave-room', { roomId: room.id });
  const { message } = await a.ask('send-message', { roomId: room.id, content: 'where does it go?' });
  const hidden = await a.ask('send-message', { roomId: secret.id, content: 'hidden' });
  await eventually(5000, () => b.of('new-message').length === 1);
  const delivered = await why(message.id, bob.user.id);
  assert.equal(delivered.verdict, 'delivered');
  assert.equal(delivered.exact, true);
  assert.deepEqual([delivered.message.seq, delivered.message.roomId], [message.seq, room.id]);
  assert.equal(delivered.deliveries.length, 1);
  assert.match(delivered.deliveries[0].session, /^ses_/);
  assert.deepEqual([delivered.deliveries[0].fate, delivered.deliveries[0].connected], ['written', true]);
  assert.ok(!JSON.stringify(delivered).includes('where does it go'), 'never the content');
  assert.equal((await why(message.id, carol.user.id)).verdict, 'not-in-room', 'connected, elsewhere');
  assert.equal((await why(message.id, dave.user.id)).verdict, 'not-in-room', 'left before');
  assert.equal((await why(message.id, eve.user.id)).verdict, 'not-connected');
  assert.equal((await why(hidden.message.id, bob.user.id)).verdict, 'not-a-member');
  b.end();
  await eventually(5000, async () => (await why(message.id, bob.user.id)).deliveries[0]?.connected === false);
  assert.equal((await why(message.id, bob.user.id)).verdict, 'delivered', 'it had left before the connection went');
  const shown = await ctl('why', message.id, '--user', bob.user.id);
  assert.equal(shown.code, 0, shown.err);
  assert.match(shown.out, /^delivered: /);
  assert.equal((await ctl('why', 'msg_none', '--user', bob.user.id)).code, 1);
  assert.equal((await ctl('why', message.id, '--user', 'usr_none')).code, 1);
  assert.equal((await ctl('why', message.id)).code, 2);
  const asked = await api(node.url, 'GET', `/admin/why?message=${message.id}&user=${bob.user.id}`, { token: alice.token });
  assert.equal(asked.status, 403);
  await node.restart();
  boss = await login(node.url, admin.email, admin.password);
  const after = await why(message.id, bob.user.id);
  assert.deepEqual([after.exact, after.verdict], [false, 'unknown'], 'a new process knows only what is stored');
  await Promise.all([a, c, d].map((client) => client.cut()));
});
