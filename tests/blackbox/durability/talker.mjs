// A client under test: keeps a few messages in flight, sends what was not acknowledged again with the
// same clientId after every loss, and notes all that it is shown.
import { io } from 'socket.io-client';
import WebSocket from 'ws';

import { api } from '../support/clients.mjs';

const inFlight = 6;
const again = (ms, work) => setTimeout(work, ms);

export class Talker {
  /// `way`: 'polling+upgrade', 'websocket' or 'plain'. `random` decides which messages are sent twice.
  constructor({ node, name, userId, token, roomId, way, random }) {
    Object.assign(this, { node, name, userId, token, roomId, way, random });
    this.sent = new Map();
    this.shown = [];
    this.runs = [];
    this.round = 0;
    this.unanswered = new Set();
    this.isTalking = false;
    this.isJoined = false;
    this.isOver = false;
    this.refusals = [];
    this.count = 0;
    this.wire = way === 'plain' ? new PlainWire(this) : new SocketIoWire(this);
  }

  get lastSeq() {
    return this.shown.length ? this.shown[this.shown.length - 1].seq : 0;
  }

  get isQuiet() {
    return this.unanswered.size === 0;
  }

  talk(on) {
    this.isTalking = on;
    if (on) this.fill();
  }

  // -- called by the wire --

  up() {
    this.wire.ask('join-room', { roomId: this.roomId, after: this.lastSeq }, (answer) => {
      if (!answer.ok) {
        this.refusals.push(answer);
        again(50, () => this.wire.isUp && this.up());
      } else if (answer.reset) {
        this.catchUp(answer.room.lastSeq);
      } else {
        for (const event of answer.events) this.show(event.data);
        this.joined();
      }
    });
  }

  down() {
    this.isJoined = false;
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
    this.held = [];
    try {
      while (this.lastSeq < upTo) {
        const path = `/rooms/${this.roomId}/events?limit=100&after=${this.lastSeq}`;
        const page = await api(this.node.url, 'GET', path, { token: this.token });
        for (const event of page.body.events) {
          const { id, seq, clientId, content } = event.data;
          this.shown.push({ id, seq, clientId, content });
        }
      }
      const { held } = this;
      this.held = null;
      held.filter((message) => message.seq > upTo).forEach((message) => this.show(message));
      if (this.wire.isUp) this.joined();
    } catch {
      this.held = null; // the node is down again; the next join asks anew
    }
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
      talker.up();
    });
    this.socket.on('disconnect', () => talker.lost());
    this.socket.on('connect_error', () => {
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
