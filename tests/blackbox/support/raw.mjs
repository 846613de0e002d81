// Bytes by hand: HTTP that no library would send, and WebSocket frames bit by bit.
import { createHash, randomBytes } from 'node:crypto';
import net from 'node:net';

import { within } from './clients.mjs';

export const patience = 8000;

/// A TCP connection with everything it received.
export class RawConnection {
  constructor(port) {
    this.received = Buffer.alloc(0);
    this.isEnded = false;
    this.wakers = new Set();
    this.socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    this.socket.on('error', () => {}); // 'close' follows
    this.ended = new Promise((resolve) => {
      const end = () => {
        this.isEnded = true;
        this.wake();
        resolve();
      };
      this.socket.on('end', end);
      this.socket.on('close', end);
    });
    this.connected = new Promise((resolve) => this.socket.once('connect', resolve));
  }

  wake() {
    for (const waker of this.wakers) waker();
    this.wakers.clear();
  }

  write(bytes) {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /// Waits until `take` (called with all that was received and not taken) gives something else than
  /// undefined; undefined when the peer closed before.
  async until(take, what, ms = patience) {
    const end = Date.now() + ms;
    for (;;) {
      const value = take();
      if (value !== undefined) return value;
      if (this.isEnded) return undefined;
      let waker;
      const news = new Promise((resolve) => {
        waker = resolve;
        this.wakers.add(resolve);
      });
      await within(Math.max(1, end - Date.now()), news, what).finally(() => this.wakers.delete(waker));
    }
  }

  /// One HTTP response, taken off the front: {status, headers, body}; undefined when the peer closed instead.
  async response(what = 'a response') {
    return this.until(() => {
      const at = this.received.indexOf('\r\n\r\n');
      if (at < 0) return undefined;
      const [first, ...lines] = this.received.subarray(0, at).toString('latin1').split('\r\n');
      const headers = Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
      );
      const status = Number(first.split(' ')[1]);
      const hasBody = status >= 200 && status !== 204 && status !== 304;
      const length = hasBody ? Number(headers['content-length'] ?? 0) : 0;
      if (this.received.length < at + 4 + length) return undefined;
      const body = this.received.subarray(at + 4, at + 4 + length).toString();
      this.received = this.received.subarray(at + 4 + length);
      return { status, headers, body };
    }, what);
  }

  /// True when the peer closes within the time.
  async closes(ms = patience) {
    return within(ms, this.ended.then(() => true)).catch(() => false);
  }

  destroy() {
    this.socket.destroy();
  }
}

/// Sends bytes on a new connection and answers the first response, undefined when it was just closed.
export async function exchange(port, bytes) {
  const connection = new RawConnection(port);
  await connection.connected;
  for (const part of Array.isArray(bytes) ? bytes : [bytes]) connection.write(part);
  const answer = await connection.response();
  return { connection, answer };
}

// -- WebSocket, RFC 6455 --

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/// One frame. `length`: 7, 16 or 64 bits (the shortest that fits when not given); `claim`: the length it
/// says, when that differs from what it carries.
export function frame(op, payload = '', { fin = true, rsv = 0, masked = true, length, claim } = {}) {
  const data = Buffer.isBuffer(payload) ? payload : Buffer.from(payload);
  const size = claim ?? BigInt(data.length);
  const form = length ?? (size < 126n ? 7 : size < 65536n ? 16 : 64);
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | op];
  const bit = masked ? 0x80 : 0;
  let extra = Buffer.alloc(0);
  if (form === 7) head.push(bit | Number(size));
  else if (form === 16) {
    head.push(bit | 126);
    extra = Buffer.alloc(2);
    extra.writeUInt16BE(Number(size));
  } else {
    head.push(bit | 127);
    extra = Buffer.alloc(8);
    extra.writeBigUInt64BE(BigInt.asUintN(64, size));
  }
  if (!masked) return Buffer.concat([Buffer.from(head), extra, data]);
  const key = randomBytes(4);
  const body = Buffer.from(data);
  for (let i = 0; i < body.length; i++) body[i] ^= key[i & 3];
  return Buffer.concat([Buffer.from(head), extra, key, body]);
}

export function closePayload(code, reason = '') {
  const bytes = Buffer.isBuffer(reason) ? reason : Buffer.from(reason);
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, bytes]);
}

/// The lines of a handshake; `changes` overrides headers (undefined removes one).
export function handshake(path, changes = {}, { method = 'GET', version = 'HTTP/1.1' } = {}) {
  const headers = {
    Host: '127.0.0.1',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Version': '13',
    ...changes,
  };
  const lines = Object.entries(headers).filter(([, value]) => value !== undefined);
  return `${method} ${path} ${version}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/// A WebSocket whose frames are written by hand.
export class RawWebSocket extends RawConnection {
  static async open(port, path, headers = {}) {
    const socket = new RawWebSocket(port);
    const key = randomBytes(16).toString('base64');
    await socket.connected;
    socket.write(handshake(path, { 'Sec-WebSocket-Key': key, ...headers }));
    const answer = await socket.response('the 101');
    if (answer?.status !== 101) throw new Error(`handshake: ${answer?.status} ${answer?.body}`);
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    if (answer.headers['sec-websocket-accept'] !== accept) throw new Error('wrong Sec-WebSocket-Accept');
    socket.handshakeHeaders = answer.headers;
    return socket;
  }

  text(message) {
    this.write(frame(opcode.text, message));
  }

  /// The next frame: {op, fin, rsv, payload}; undefined when TCP was closed.
  nextFrame(what = 'a frame') {
    return this.until(() => {
      const b = this.received;
      if (b.length < 2) return undefined;
      let size = b[1] & 0x7f;
      let at = 2;
      if (size === 126) {
        if (b.length < 4) return undefined;
        size = b.readUInt16BE(2);
        at = 4;
      } else if (size === 127) {
        if (b.length < 10) return undefined;
        size = Number(b.readBigUInt64BE(2));
        at = 10;
      }
      if (b[1] & 0x80) throw new Error('the server masked a frame');
      if (b.length < at + size) return undefined;
      const found = { op: b[0] & 15, fin: (b[0] & 0x80) !== 0, rsv: (b[0] >> 4) & 7, payload: Buffer.from(b.subarray(at, at + size)) };
      this.received = b.subarray(at + size);
      return found;
    }, what);
  }

  /// The next text message.
  async nextText(what = 'a text message') {
    for (;;) {
      const next = await this.nextFrame(what);
      if (next === undefined) return undefined;
      if (next.op === opcode.text) return next.payload.toString();
      if (next.op === opcode.close) throw new Error(`closed with ${next.payload.length ? next.payload.readUInt16BE() : 1005}`);
    }
  }

  /// Waits for the close frame, skipping others: {code, reason}; 1006 when TCP just ended.
  async closeCode() {
    for (;;) {
      const next = await this.nextFrame('a close frame');
      if (next === undefined) return { code: 1006, reason: '' };
      if (next.op !== opcode.close) continue;
      if (next.payload.length === 0) return { code: 1005, reason: '' };
      return { code: next.payload.readUInt16BE(), reason: next.payload.subarray(2).toString() };
    }
  }
}

/// Waits for the server's close frame and answers it, as a client must; the code, and whether TCP went.
export async function partingOf(socket) {
  const { code } = await socket.closeCode();
  socket.write(frame(opcode.close, ''));
  const closed = await socket.closes();
  socket.destroy();
  return { code, closed };
}

/// Leaves an Engine.IO session over WebSocket in the clean way.
export function leaveEngine(socket) {
  socket.text('1');
  return partingOf(socket);
}

/// A plain WebSocket, signed in by its first frame, whose further frames are written by hand.
export async function openPlain(port, token, headers = {}) {
  const socket = await RawWebSocket.open(port, '/ws', { 'Sec-WebSocket-Protocol': 'troupe.v1.json', ...headers });
  if (token !== undefined) {
    socket.text(JSON.stringify({ event: 'authenticate', data: { token }, id: 0 }));
    const answer = JSON.parse(await socket.nextText('the answer to authenticate'));
    if (!answer.data.ok) throw new Error(`authenticate: ${JSON.stringify(answer)}`);
  }
  return socket;
}

/// Engine.IO over WebSocket; with a token also connected to the namespace "/".
export async function openEngine(port, token) {
  const socket = await RawWebSocket.open(port, '/socket.io/?EIO=4&transport=websocket');
  socket.open = JSON.parse((await socket.nextText('the open packet')).slice(1));
  if (token !== undefined) {
    socket.text(`40${JSON.stringify({ token })}`);
    const answer = await socket.nextText('the answer to CONNECT');
    if (!answer.startsWith('40{')) throw new Error(`CONNECT: ${answer}`);
    socket.connect = JSON.parse(answer.slice(2));
  }
  return socket;
}

/// Engine.IO over polling: `get()` and `post(body)` answer {status, text, headers}.
export class PollingSession {
  constructor(url, sid) {
    this.base = `${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
    this.sid = sid;
  }

  static async open(url, token) {
    const answer = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`handshake: ${answer.status} ${text}`);
    const open = JSON.parse(text.slice(1));
    const session = new PollingSession(url, open.sid);
    session.open = open;
    if (token !== undefined) {
      await session.post(`40${JSON.stringify({ token })}`);
      const connected = await session.get();
      if (!connected.text.startsWith('40{')) throw new Error(`CONNECT: ${connected.text}`);
    }
    return session;
  }

  async request(method, body, headers = {}) {
    const answer = await fetch(this.base, {
      method, body, headers, signal: AbortSignal.timeout(20_000),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  get() {
    return this.request('GET');
  }

  post(body, headers = { 'content-type': 'text/plain;charset=UTF-8' }) {
    return this.request('POST', body, headers);
  }

  /// Ends it as a client does.
  close() {
    return this.post('1');
  }
}
