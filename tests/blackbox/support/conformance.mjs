// A troupe-conformance for one test file, ended by pid whatever happens; and Engine.IO by hand.
import { spawn } from 'node:child_process';
import { after } from 'node:test';

import { within } from './clients.mjs';
import { binary } from './node.mjs';
import { RawWebSocket, opcode } from './raw.mjs';

const living = new Set();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/// On a busy machine a client may need longer than the modes' defaults give it.
export const patiently = ['--ping-interval', '25000', '--ping-timeout', '30000', '--connect-timeout', '30000'];

/// Starts it and waits for its line; called at the top of a test file or in a test (not in `before`).
/// Ended when the file is done; a bad end fails it.
export async function startConformance(mode, ...args) {
  const child = spawn(binary('troupe-conformance'), ['--listen', '127.0.0.1:0', '--mode', mode, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  living.add(child);
  // where a test file forgets to end it, it must not keep the file running
  for (const each of [child, child.stdout, child.stderr]) each.unref();
  let said = '';
  const ended = new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      living.delete(child);
      resolve({ code, signal });
    });
  });
  const port = await within(
    20_000,
    new Promise((resolve, reject) => {
      const listen = (chunk) => {
        said += chunk;
        const line = /listening on .*:(\d+)\n/.exec(said);
        if (line) resolve(Number(line[1]));
      };
      child.stdout.on('data', listen);
      child.stderr.on('data', listen);
      ended.then(() => reject(new Error(`it ended: ${said}`)));
    }),
    'the line that it listens',
  );
  const server = {
    port,
    url: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}`,
    pid: child.pid,
    output: () => said,
    async stop() {
      child.kill('SIGTERM');
      const how = await within(10_000, ended, 'the end after SIGTERM');
      if (how.code !== 0) throw new Error(`troupe-conformance ended with ${JSON.stringify(how)}:\n${said}`);
    },
  };
  after(() => (living.has(child) ? server.stop() : undefined));
  return server;
}

/// Requests of one Engine.IO client, as they are: `path` is /engine.io/ or /socket.io/.
export class RawEngine {
  constructor(server, path) {
    this.server = server;
    this.path = path;
  }

  static async open(server, path) {
    const engine = new RawEngine(server, path);
    const answer = await engine.ask('GET', { EIO: 4, transport: 'polling' });
    engine.handshake = JSON.parse(answer.text.slice(1));
    engine.sid = engine.handshake.sid;
    return engine;
  }

  query(parameters) {
    const all = Object.entries(parameters).filter(([, value]) => value !== undefined);
    return `${this.path}?${all.map(([name, value]) => `${name}=${value}`).join('&')}`;
  }

  async ask(method, parameters, { body, headers = {} } = {}) {
    const answer = await fetch(this.server.url + this.query(parameters), {
      method, body, headers, signal: AbortSignal.timeout(20_000),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  poll(more = {}) {
    return this.ask('GET', { EIO: 4, transport: 'polling', sid: this.sid, ...more });
  }

  /// One body of these packets.
  post(...packets) {
    return this.ask('POST', { EIO: 4, transport: 'polling', sid: this.sid }, {
      body: packets.join('\x1e'), headers: { 'content-type': 'text/plain;charset=UTF-8' },
    });
  }

  /// Polls until something else than a ping came, and answers pings: the packets.
  async hear() {
    for (;;) {
      const { status, text } = await this.poll();
      if (status !== 200) throw new Error(`poll: ${status} ${text}`);
      const packets = text.split('\x1e').filter((packet) => packet !== '2');
      if (packets.length < text.split('\x1e').length) await this.post('3');
      if (packets.length > 0) return packets;
    }
  }

  socket(parameters = {}) {
    return RawWebSocket.open(this.server.port, this.query({ EIO: 4, transport: 'websocket', ...parameters }));
  }

  /// Moves to a WebSocket, which it answers.
  async upgrade() {
    const socket = await this.socket({ sid: this.sid });
    socket.text('2probe');
    if ((await socket.nextText()) !== '3probe') throw new Error('no answer to the probe');
    socket.text('5');
    return socket;
  }
}

/// The next text message that is no ping; pings are answered.
export async function nextWord(socket) {
  for (;;) {
    const text = await socket.nextText();
    if (text !== '2') return text;
    socket.text('3');
  }
}

/// The bytes of the next binary message; pings are answered.
export async function nextBytes(socket) {
  for (;;) {
    const frame = await socket.nextFrame();
    if (frame === undefined || frame.op === opcode.close) throw new Error('closed');
    if (frame.op === opcode.binary) return frame.payload;
    if (frame.payload.toString() === '2') socket.text('3');
  }
}
