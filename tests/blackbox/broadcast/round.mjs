// One round of random broadcasts against a running node, with real clients of all kinds, some of which
// stop reading now and then.
import { api, connectPlain, connectSocket, createRoom, eventually, signToken, unique } from '../support/clients.mjs';
import { check, isFor } from './model.mjs';

const filler = { pad: 'x'.repeat(200_000) };
const classes = ['critical', 'high', 'normal', 'low', 'background'];
const cities = [
  { lat: 52.52, lng: 13.405 }, // Berlin
  { lat: 52.4, lng: 13.07 }, // Potsdam, 26 km from there
  { lat: 48.8566, lng: 2.3522 }, // Paris
  { lat: -33.87, lng: 151.21 }, // Sydney
];

class Client {
  constructor(kind, who, socket) {
    Object.assign(this, { kind, ...who, socket });
    this.topics = new Set([`user:${who.user}`, 'all']);
    this.received = [];
    this.fences = new Set();
    this.gaps = {};
    this.isStalled = false;
    this.wasStalled = false;
    this.isClosed = false;
  }

  on(event, data) {
    if (event === 'batched-messages') for (const each of data.messages) this.on(each.event, each.data);
    else if (event === 'gap') {
      const of = `${data.topic} ${data.class}`;
      this.gaps[of] = (this.gaps[of] ?? 0) + data.dropped;
    } else if (event === 'fence') this.fences.add(data.n);
    else if (event === 'test') this.received.push(data.n);
    else if (event === 'new-message') this.received.push(Number(data.content.split(' ')[0]));
  }

  get stream() {
    if (this.kind === 'plain') return this.socket.socket._socket;
    return this.kind === 'websocket' ? this.socket.io.engine.transport.ws?._socket : undefined;
  }

  stall() {
    this.stream?.pause();
    this.isStalled = this.wasStalled = this.stream !== undefined;
  }

  resume() {
    if (this.isStalled) this.stream?.resume();
    this.isStalled = false;
  }

  end() {
    return this.socket.end();
  }
}

async function connect(node, kind, who) {
  const token = signToken({
    sub: who.user,
    username: who.user,
    role: who.role,
    ...(who.byToken ? { attributes: who.attributes, location: who.location } : {}),
  });
  let made;
  if (kind === 'plain') {
    const socket = await connectPlain(node.wsUrl, token);
    made = new Client(kind, who, socket);
    socket.receive = ((before) => (frame) => {
      if ('ack' in frame) before.call(socket, frame);
      else made.on(frame.event, frame.data);
    })(socket.receive);
    socket.closed.then(() => (made.isClosed = true));
  } else {
    const socket = await connectSocket(node.url, token, { transports: [kind], reconnection: false });
    made = new Client(kind, who, socket);
    socket.onAny((event, data) => made.on(event, data));
    socket.on('disconnect', () => (made.isClosed = true));
  }
  if (!who.byToken) {
    const set = {};
    if (who.attributes) set.attributes = who.attributes;
    if (who.location) set.location = who.location;
    if (Object.keys(set).length) {
      const answer = await made.socket.ask('set-attributes', set);
      if (!answer.ok) throw new Error(`set-attributes: ${JSON.stringify(answer)}`);
    }
  }
  return made;
}

const toldTo = (client) =>
  Object.entries(client.gaps).reduce((sum, [of, dropped]) => sum + (/^room:fill/.test(of) ? 0 : dropped), 0);

/// Plays one round; throws with what went wrong. Answers figures of what happened.
export async function playRound(node, adminToken, random, { operations = 150 } = {}) {
  const pick = (list) => list[random.between(0, list.length - 1)];
  const some = (list, p) => list.filter(() => random.chance(p));
  const rooms = [];
  for (let i = 0; i < 4; ++i) rooms.push((await createRoom(node.url, adminToken, { id: unique('room') })).id);
  const fenceRoom = (await createRoom(node.url, adminToken, { id: unique('fence') })).id;
  const users = Array.from({ length: 5 }, () => unique('usr'));
  const publicTopic = `public:${rooms[0]}`;

  const clients = [];
  for (const user of users) {
    const who = {
      user,
      role: pick(['user', 'user', 'moderator']),
      attributes: random.chance(0.6) ? { plan: pick(['free', 'gold']), level: random.between(1, 2) } : undefined,
      location: random.chance(0.6) ? pick(cities) : undefined,
      byToken: random.chance(0.5),
    };
    for (let i = 0; i < random.between(1, 2); ++i) {
      const client = await connect(node, pick(['plain', 'plain', 'websocket', 'websocket', 'polling']), who);
      client.fillRoom = (await createRoom(node.url, adminToken, { id: unique('fill') })).id;
      for (const room of [fenceRoom, client.fillRoom, ...some(rooms, 0.6)]) {
        const answer = await client.socket.ask('join-room', room);
        if (!answer.ok) throw new Error(`join: ${JSON.stringify(answer)}`);
        client.topics.add(`room:${room}`);
      }
      if (random.chance(0.6)) {
        await client.socket.ask('subscribe', { topic: publicTopic });
        client.topics.add(publicTopic);
      }
      clients.push(client);
    }
  }

  const ops = [];
  const open = () => clients.filter((each) => !each.isClosed);
  const readers = () => open().filter((each) => !each.wasStalled); // the others may be closed any time
  const pad = () => (random.chance(0.5) ? 'x'.repeat(random.between(8, 60) * 1024) : '');

  function randomTarget(op) {
    const target = {};
    const kind = random.between(0, 9);
    if (kind < 6) {
      target.rooms = some(rooms, 0.5);
      if (target.rooms.length === 0) target.rooms = [pick(rooms)];
      if (random.chance(0.3)) target.rooms.push(target.rooms[0]); // given twice
      op.topics = [...new Set(target.rooms)].map((each) => `room:${each}`);
    } else if (kind < 8) {
      target.users = [pick(users), pick(users), 'usr_nobody'];
      op.topics = [...new Set(target.users)].map((each) => `user:${each}`);
    } else {
      target.all = true;
      op.topics = ['all'];
    }
    if (random.chance(0.2)) target.exceptRooms = [pick(rooms)];
    if (random.chance(0.2)) target.exceptUsers = [pick(users)];
    op.exceptTopics = [
      ...(target.exceptRooms ?? []).map((each) => `room:${each}`),
      ...(target.exceptUsers ?? []).map((each) => `user:${each}`),
    ];
    if (random.chance(0.15)) op.when.roles = target.roles = [pick(['user', 'moderator'])];
    if (random.chance(0.15)) op.when.near = target.near = { ...pick(cities), radiusKm: 50 };
    if (random.chance(0.15)) op.when.attributes = target.attributes = { plan: 'gold' };
    return target;
  }

  async function broadcast(op) {
    const body = { event: 'test', data: { n: op.n, pad: pad() }, target: randomTarget(op) };
    op.cls = random.chance(0.5) ? 'normal' : pick(classes);
    if (op.cls !== 'normal' || random.chance(0.5)) body.priority = op.cls;
    if ((op.volatile = random.chance(0.2))) body.volatile = true;
    if ((op.batch = random.chance(0.3))) {
      body.batch = true;
      body.data.pad = '';
    }
    if (random.chance(0.25)) body.key = op.key = pick(['k1', 'k2']);
    const meant = open().filter((each) => isFor(op, each));
    const sure = meant.filter((each) => !each.wasStalled); // the others may have been closed unknown to us
    const answer = await api(node.url, 'POST', '/broadcast', { token: adminToken, body });
    if (answer.status !== 200) throw new Error(`broadcast: ${answer.status} ${answer.text}`);
    const { recipients } = answer.body;
    if (!op.batch && (recipients < sure.length || recipients > meant.length))
      throw new Error(`#${op.n}: ${recipients} recipients, not ${meant.length}: ${JSON.stringify(body.target)}`);
  }

  async function publish(op) {
    op.topics = [publicTopic];
    op.volatile = random.chance(0.3);
    const data = { topic: publicTopic, event: 'test', data: { n: op.n, pad: pad() }, volatile: op.volatile };
    if (random.chance(0.5)) data.key = op.key = pick(['k1', 'k2']);
    const answer = await pick(readers()).socket.ask('publish', data);
    if (!answer.ok) throw new Error(`publish: ${JSON.stringify(answer)}`);
  }

  async function say(op) {
    const speaker = pick(readers());
    const room = rooms.map((each) => `room:${each}`).find((topic) => speaker.topics.has(topic));
    if (!room) return publish(op);
    op.topics = [room];
    const answer = await speaker.socket.ask('send-message', { roomId: room.slice(5), content: `${op.n} said` });
    if (!answer.ok) throw new Error(`send-message: ${JSON.stringify(answer)}`);
    op.isMessage = true;
    // The acknowledgement comes before the room has handed the message out: what follows it may pass it.
    return eventually(5000, () => speaker.received.includes(op.n), 'its own message');
  }

  /// What the kernel keeps for a connection is filled first; only then does anything wait in the server.
  async function stall(client) {
    client.stall();
    if (!client.isStalled || client.isFilled) return;
    client.isFilled = true;
    const body = { event: 'filler', data: filler, target: { rooms: [client.fillRoom] }, volatile: true };
    const one = () => api(node.url, 'POST', '/broadcast', { token: adminToken, body });
    for (let i = 0; i < 10; ++i) await Promise.all([one(), one(), one(), one()]);
  }

  const stallAt = new Set([random.between(5, 20), random.between(40, 60), random.between(80, 100)]);
  for (let n = 1; n <= operations; ++n) {
    if (stallAt.has(n)) await stall(pick(open()));
    if (random.chance(0.03)) pick(open()).stall();
    if (random.chance(0.03)) pick(clients).resume();
    if (open().every((each) => each.isStalled)) open().forEach((each) => each.resume());
    const op = { n, topics: [], exceptTopics: [], when: {}, cls: 'normal' };
    const kind = random.between(0, 9);
    await (kind < 7 || readers().length === 0 ? broadcast(op) : kind < 9 ? publish(op) : say(op));
    ops.push(op);
  }

  // Everything drains: a fence of each class is the last of its class. One may itself be dropped: then another.
  clients.forEach((each) => each.resume());
  let fence = 0;
  for (const priority of ['normal', ...classes]) {
    let sent = new Set();
    const isThrough = () => open().every((each) => [...sent].some((n) => each.fences.has(n)));
    for (let tries = 0; ; ++tries) {
      const body = { event: 'fence', data: { n: ++fence }, target: { rooms: [fenceRoom] }, priority };
      sent.add(fence);
      await api(node.url, 'POST', '/broadcast', { token: adminToken, body });
      try {
        await eventually(1500, isThrough, `the fence of class ${priority}`);
        break;
      } catch (error) {
        if (tries === 20) throw error;
      }
    }
  }

  const problems = () =>
    clients.flatMap((each, i) => {
      const gaps = Object.fromEntries(Object.entries(each.gaps).filter(([of]) => !/^room:(fence|fill)/.test(of)));
      const wrong = check(ops, each, each.received, gaps, each);
      if (each.isClosed && !each.wasStalled) wrong.push('was closed, though it read');
      return wrong.slice(0, 5).map((what) => `client ${i} (${each.kind}): ${what}`);
    });
  let left = problems();
  if (left.length) await eventually(4000, () => (left = problems()).length === 0, 'the notices of gaps').catch(() => {});
  const figures = {
    clients: clients.length,
    received: clients.reduce((sum, each) => sum + each.received.length, 0),
    told: clients.reduce((sum, each) => sum + toldTo(each), 0),
    closed: clients.filter((each) => each.isClosed).length,
  };
  await Promise.all(clients.map((each) => (each.isClosed ? undefined : each.end())));
  if (left.length) throw new Error(left.join('\n'));
  return figures;
}
