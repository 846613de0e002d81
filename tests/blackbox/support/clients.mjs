// What a client does: sign up, sign in, talk over Socket.IO, plain WebSocket and REST.
import { createHmac, randomBytes } from 'node:crypto';
import { after } from 'node:test';
import notepack from 'notepack.io';
import { io } from 'socket.io-client';
import WebSocket from 'ws';

import { jwtSecret } from './node.mjs';

// A client that a failed test left behind would keep the process alive.
const open = new Set();
after(() => {
  for (const close of open) close();
});

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/// Waits until `condition` gives something true and answers that; fails with the last error or `what`.
export async function eventually(ms, condition, what = 'the condition') {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw last ?? new Error(`not within ${ms} ms: ${what}`);
    await pause(10);
  }
}

/// Rejects when `promise` takes longer.
export function within(ms, promise, what = 'the answer') {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// -- REST --

/// One REST request. `path` begins with "/" and is below /api/v1 unless it begins with /api or `raw`.
export async function api(url, method, path, { token, body, headers = {} } = {}) {
  const answer = await fetch(url + (path.startsWith('/api') ? path : `/api/v1${path}`), {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await answer.text();
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: answer.status, headers: answer.headers, text, body: json };
}

let counter = 0;
/// A name that no other test uses.
export const unique = (prefix = 'u') => `${prefix}_${(++counter).toString(36)}${randomBytes(4).toString('hex')}`;

/// Signs a new user up: {user, token, refreshToken, email, username, password}.
export async function register(url, name = 'Alice', extra = {}) {
  const username = unique(name.toLowerCase().replace(/[^a-z0-9_]/g, '').slice(0, 10) || 'u');
  const account = { email: `${username}@example.org`, username, name, password: 'Passw0rd-of-tests', ...extra };
  const answer = await api(url, 'POST', '/auth/register', { body: account });
  if (answer.status !== 201) throw new Error(`register: ${answer.status} ${answer.text}`);
  return { ...account, ...answer.body, token: answer.body.accessToken };
}

export async function login(url, email, password) {
  const answer = await api(url, 'POST', '/auth/login', { body: { email, password } });
  if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`);
  return { ...answer.body, token: answer.body.accessToken };
}

/// Makes a public room (or another `type`) and answers it.
export async function createRoom(url, token, fields = {}) {
  const answer = await api(url, 'POST', '/rooms', { token, body: { name: 'A room', type: 'public', ...fields } });
  if (answer.status !== 201) throw new Error(`create room: ${answer.status} ${answer.text}`);
  return answer.body;
}

const base64url = (value) => Buffer.from(value).toString('base64url');
/// A signed token. `claims` are added to {iat, exp in 15 min}; `key`, `header` for forgeries.
export function signToken(claims, { key = jwtSecret, header = { alg: 'HS256', typ: 'JWT' } } = {}) {
  const now = Math.floor(Date.now() / 1000);
  const head = base64url(JSON.stringify(header));
  const payload = base64url(JSON.stringify({ iat: now, exp: now + 900, ...claims }));
  const hash = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }[header.alg];
  const mac = hash ? createHmac(hash, key).update(`${head}.${payload}`).digest('base64url') : '';
  return `${head}.${payload}.${mac}`;
}

// -- Socket.IO --

/// A stock client. Default options unless told; `auth` from `token`. Adds: `log` (every event in order,
/// {event, data, args}), `of(event)`, `ask(event, ...args)` (promise of the acknowledgement).
export function socketClient(url, token, options = {}) {
  const socket = io(url, { forceNew: true, auth: token === undefined ? undefined : { token }, ...options });
  socket.log = [];
  socket.onAny((event, ...args) => socket.log.push({ event, data: args[0], args }));
  socket.of = (event) => socket.log.filter((entry) => entry.event === event).map((entry) => entry.data);
  socket.ask = (event, ...args) => socket.timeout(15_000).emitWithAck(event, ...args);
  socket.connected1 = () =>
    within(
      15_000,
      new Promise((resolve, reject) => {
        if (socket.connected) return resolve(socket);
        socket.once('connect', () => resolve(socket));
        socket.once('connect_error', (error) => {
          if (!socket.active) reject(error);
        });
      }),
      'the socket.io connect',
    );
  /// Ends the client for good.
  socket.end = () => {
    socket.io.reconnection(false);
    socket.disconnect();
  };
  open.add(socket.end);
  return socket;
}

/// `socketClient`, connected.
export const connectSocket = (url, token, options) => socketClient(url, token, options).connected1();

// -- plain WebSocket --

export const subProtocols = ['troupe.v1.json', 'troupe.v1.msgpack'];
const packs = (protocol) => protocol === 'troupe.v1.msgpack';

/// The sub-protocols troupe.v1.json and troupe.v1.msgpack. `log` has every event in order; `ask` answers the acknowledgement's data.
export class PlainClient {
  constructor(wsUrl, token, { inHeader = false, protocol = 'troupe.v1.json' } = {}) {
    this.log = [];
    this.waiting = new Map();
    this.nextId = 1;
    this.socket = new WebSocket(wsUrl, protocol ? [protocol] : [], {
      headers: inHeader ? { authorization: `Bearer ${token}` } : {},
      perMessageDeflate: false,
    });
    const cut = () => this.cut();
    open.add(cut);
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        open.delete(cut);
        for (const { reject } of this.waiting.values()) reject(new Error(`closed with ${code}`));
        this.waiting.clear();
        resolve({ code, reason: reason.toString() });
      });
    });
    this.isPacked = packs(protocol);
    this.socket.on('message', (bytes, isBinary) => {
      if (isBinary !== this.isPacked) throw new Error(`a ${isBinary ? 'binary' : 'text'} message over ${protocol}`);
      this.receive(isBinary ? notepack.decode(bytes) : JSON.parse(bytes.toString()));
    });
    this.opened = new Promise((resolve, reject) => {
      this.socket.on('error', reject);
      this.socket.on('open', () => resolve(this));
    });
    this.opened.catch(() => {});
    this.token = token;
    this.inHeader = inHeader;
  }

  receive(frame) {
    if ('ack' in frame) {
      this.waiting.get(frame.ack)?.resolve(frame.data);
      this.waiting.delete(frame.ack);
    } else {
      this.log.push(frame);
    }
  }

  of(event) {
    return this.log.filter((frame) => frame.event === event).map((frame) => frame.data);
  }

  send(frame) {
    this.socket.send(this.isPacked ? notepack.encode(frame) : JSON.stringify(frame));
  }

  tell(event, data) {
    this.send({ event, data });
  }

  ask(event, data, ms = 15_000) {
    const id = this.nextId++;
    const answer = new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.send({ event, data, id });
    return within(ms, answer, `the answer to ${event}`);
  }

  async signIn() {
    await within(15_000, this.opened, 'the WebSocket');
    if (!this.inHeader) {
      const answer = await this.ask('authenticate', { token: this.token });
      if (!answer.ok) throw Object.assign(new Error('refused'), { answer });
    }
    return this;
  }

  end() {
    this.socket.close(1000);
    return within(10_000, this.closed, 'the close');
  }

  cut() {
    this.socket.terminate();
  }
}

/// `PlainClient`, signed in.
export const connectPlain = (wsUrl, token, options) => new PlainClient(wsUrl, token, options).signIn();
