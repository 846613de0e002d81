// A client under test: keeps a few messages in flight, sends what was not acknowledged again with the
// same clientId after every loss, and notes all that it is shown.
import { io } from 'socket.io-client';
import WebSocket from 'ws';

import { api } from '../support/clients.mjs';

const inFlight = 6;
const lifeKept = 40; // the last things that happened to a client, for the report of a failure
const again = (ms, work) => setTimeout(work, ms);

export class Talker {
  /// `way`: 'polling+upgrade', 'websocket' or 'plain'. `random` decides which messages are sent twice.
  constructor({ node, name, userId, token, roomId, way, random }) {
    Object.assign(this, { node, name, userId, token, roomId, way, random });
    this.sent = new Map();
    this.shown = [];
    this.runs = [];
    this.round = 0;
    this.connection = 0;
    this.held = null;
    this.unanswered = new Set();
    this.isTalking = false;
    this.isJoined = false;
    this.isOver = false;
    this.refusals = [];
    this.count = 0;
    this.life = [];
    this.begin = Date.now();
    this.wire = way === 'plain' ? new PlainWire(this) : new SocketIoWire(this);
  }

  get lastSeq() {
    return this.shown.length ? this.shown[this.shown.length - 1].seq : 0;
  }

  get isQuiet() {
    return this.unanswered.size === 0;
  }

  note(what) {
    this.life.push(`${((Date.now() - this.begin) / 1000).toFixed(3)} round ${this.round} seq ${this.lastSeq}: ${what}`);
    if (this.life.length > lifeKept) this.life.shift();
  }

  talk(on) {
    this.isTalking = on;
    if (on) this.fill();
  }

  // -- called by the wire --

  /// A connection is there. Whatever was under way on the one before must not touch it.
  up() {
    this.connection++;
    this.held = null;
    this.join();
  }

  down() {
    this.connection++;
    this.isJoined = false;
  }

  join() {
    const { connection } = this;
    this.wire.ask('join-room', { roomId: this.roomId, after: this.lastSeq }, (answer) => {
      this.note(`join: ${answer.ok ? `${answer.events.length} events, reset ${answer.reset}` : answer.error.code}`);
      if (!answer.ok) {
        this.refusals.push(answer);
        again(50, () => connection === this.connection && this.join());
      } else if (answer.reset) {
        this.catchUp(answer.room.lastSeq);
      } else {
        for (const event of answer.events) this.show(event.data);
        this.joined();
      }
    });
  }

  show(message) {
    if (this.held) {
      this.held.push(message);
      return;
    }
    const { id, seq, clientId, content } = message;
    this.shown.push({ id, seq, clientId, content });
  }

  // -- inside --

  joined() {
    this.isJoined = true;
    this.runs.push([]);
    for (const clientId of this.unanswered) this.transmit(clientId);
    this.fill();
  }

  /// More was missed than one answer holds: the room's log is read page by page, live events wait behind it.
  async catchUp(upTo) {
    const { connection } = this;
    this.held = [];
    while (this.lastSeq < upTo) {
      const path = `/rooms/${this.roomId}/events?limit=100&after=${this.lastSeq}`;
      let events;
      try {
        const page = await api(this.node.url, 'GET', path, { token: this.token });
        ({ events } = page.body);
      } catch (problem) {
        this.note(`page: ${problem.message}`);
      }
      if (connection !== this.connection) return; // the next one asks anew
      if (!events) {
        await new Promise((resolve) => again(50, resolve));
        continue;
      }
      for (const event of events) {
        const { id, seq, clientId, content } = event.data;
        this.shown.push({ id, seq, clientId, content });
      }
    }
    const { held } = this;
    this.held = null;
    // The last page goes on behind `upTo`: what it held is not shown again when it comes live.
    const read = this.lastSeq;
    held.filter((message) => message.seq > read).forEach((message) => this.show(message));
    this.joined();
  }

  fill() {
    while (this.isTalking && this.isJoined && this.unanswered.size < inFlight) {
      const clientId = `${this.name}-${++this.count}`;
      this.sent.set(clientId, { content: `${clientId} says ${'x'.repeat(this.random.between(1, 60))}`, acks: [] });
      this.unanswered.add(clientId);
      if (this.random.chance(0.05)) this.transmit(clientId); // an impatient one
      else this.runs[this.runs.length - 1].push(clientId);
      this.transmit(clientId);
    }
  }

  transmit(clientId) {
    const { content } = this.sent.get(clientId);
    this.wire.ask('send-message', { roomId: this.roomId, content, clientId }, (answer) => {
      if (answer.ok) {
        this.sent.get(clientId).acks.push({ ...answer.message, round: this.round });
        this.unanswered.delete(clientId);
        this.fill();
      } else {
        this.refusals.push(answer);
        this.forgetOrder(clientId);
        again(answer.error.retryAfter ? answer.error.retryAfter * 1000 : 20, () => this.isJoined && this.unanswered.has(clientId) && this.transmit(clientId));
      }
    });
  }

  /// A message that is sent once more says nothing about order.
  forgetOrder(clientId) {
    const run = this.runs[this.runs.length - 1];
    const at = run?.lastIndexOf(clientId) ?? -1;
    if (at >= 0) run.splice(at, 1);
  }

  lost() {
    for (const clientId of this.unanswered) this.forgetOrder(clientId);
    this.down();
  }

  end() {
    this.isOver = true;
    this.isTalking = false;
    this.wire.end();
  }
}

class SocketIoWire {
  constructor(talker) {
    this.socket = io(talker.node.url, {
      forceNew: true,
      auth: { token: talker.token },
      reconnectionDelay: 30,
      reconnectionDelayMax: 100,
      randomizationFactor: 0.2,
      timeout: 5000,
      ...(talker.way === 'websocket' ? { transports: ['websocket'] } : {}),
    });
    this.epoch = 0;
    this.socket.on('connect', () => {
      this.epoch++;
      talker.note(`connected over ${this.socket.io.engine.transport.name}`);
      talker.up();
    });
    this.socket.on('disconnect', (reason) => {
      talker.note(`disconnect: ${reason}`);
      talker.lost();
    });
    this.socket.io.on('open', () => {
      const { engine } = this.socket.io;
      for (const happening of ['upgrading', 'upgrade', 'upgradeError', 'close']) {
        engine.on(happening, (what) => talker.note(`engine ${happening}: ${what?.name ?? what?.message ?? what}`));
      }
    });
    this.socket.on('connect_error', (problem) => {
      talker.note(`connect_error: ${problem.message}, active ${this.socket.active}`);
      // a refusal by the server ends the client's own attempts; a node that is starting may refuse
      if (!this.socket.active && !talker.isOver) again(50, () => this.socket.connect());
    });
    this.socket.on('new-message', (message) => talker.show(message));
  }

  get isUp() {
    return this.socket.connected;
  }

  ask(event, data, done) {
    if (!this.socket.connected) return; // not buffered: the next join sends what is unanswered
    const { epoch } = this;
    this.socket.emit(event, data, (answer) => {
      if (epoch === this.epoch) done(answer);
    });
  }

  end() {
    this.socket.io.reconnection(false);
    this.socket.disconnect();
  }
}

class PlainWire {
  constructor(talker) {
    this.talker = talker;
    this.connect();
  }

  get isUp() {
    return this.socket?.readyState === WebSocket.OPEN && this.isSignedIn;
  }

  connect() {
    const socket = new WebSocket(this.talker.node.wsUrl, ['troupe.v1.json'], { perMessageDeflate: false });
    this.socket = socket;
    this.isSignedIn = false;
    this.waiting = new Map();
    this.nextId = 1;
    socket.on('error', () => {}); // 'close' follows
    socket.on('open', () => {
      this.ask('authenticate', { token: this.talker.token }, (answer) => {
        if (!answer.ok) return socket.close();
        this.isSignedIn = true;
        this.talker.up();
      });
    });
    socket.on('message', (bytes) => {
      const frame = JSON.parse(bytes.toString());
      if ('ack' in frame) {
        const done = this.waiting.get(frame.ack);
        this.waiting.delete(frame.ack);
        done?.(frame.data);
      } else if (frame.event === 'new-message') {
        this.talker.show(frame.data);
      }
    });
    socket.on('close', () => {
      this.waiting.clear();
      this.talker.lost();
      if (!this.talker.isOver) again(40, () => this.connect());
    });
  }

  ask(event, data, done) {
    const id = this.nextId++;
    this.waiting.set(id, done);
    this.socket.send(JSON.stringify({ event, data, id }));
  }

  end() {
    this.socket.close();
  }
}
