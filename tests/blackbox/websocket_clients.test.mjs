// WebSocket clients that others wrote, against troupe-conformance's echo: npm `ws` and Debian's
// python3-websockets, with and without compression.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { WebSocket } from 'ws';

import { within } from './support/clients.mjs';
import { startConformance } from './support/conformance.mjs';

const script = path.join(path.dirname(fileURLToPath(import.meta.url)), 'support/python_websocket.py');
const server = await startConformance('echo');

describe('npm ws', () => {
  for (const [what, perMessageDeflate] of [
    ['without compression', false],
    ['with compression', { threshold: 0 }],
    ['with a small window of ours', { threshold: 0, serverMaxWindowBits: 9 }],
    ['with a small window of its own', { threshold: 0, clientMaxWindowBits: 9 }],
    ['without contexts', { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true }],
  ]) {
    test(what, async () => {
      const socket = new WebSocket(`${server.wsUrl}/`, { perMessageDeflate });
      const heard = [];
      socket.on('message', (bytes, isBinary) => heard.push(isBinary ? bytes : bytes.toString()));
      await within(8_000, once(socket, 'open'), 'the WebSocket');
      assert.equal(socket.extensions.includes('permessage-deflate'), perMessageDeflate !== false);
      const sent = [0, 1, 125, 126, 65_535, 65_536, 1_048_576].flatMap((size) => [
        'text κ '.repeat(size).slice(0, Math.floor(size / 2)), Buffer.alloc(size, 'bytes'),
      ]);
      for (const each of sent) socket.send(each);
      socket.send('in ', { fin: false });
      socket.ping('hello');
      socket.send('parts', { fin: true });
      const [pong] = await within(8_000, once(socket, 'pong'), 'the pong');
      assert.equal(pong.toString(), 'hello');
      while (heard.length <= sent.length) await within(8_000, once(socket, 'message'), 'an echo');
      assert.deepEqual(heard, [...sent, 'in parts']);
      socket.close(4321, 'enough');
      const [code] = await within(8_000, once(socket, 'close'), 'the close');
      assert.equal(code, 4321);
    });
  }

  test('who sends much and reads nothing is not answered without end, and loses nothing', async () => {
    const socket = new WebSocket(`${server.wsUrl}/`, { perMessageDeflate: false });
    await within(8_000, once(socket, 'open'), 'the WebSocket');
    socket.pause();
    const message = Buffer.alloc(256 * 1024, 'x');
    const count = 200; // 50 MB
    for (let i = 0; i < count; i++) socket.send(message);
    let heard = 0;
    socket.on('message', () => heard++);
    socket.resume();
    while (heard < count) await within(15_000, once(socket, 'message'), 'an echo');
    socket.terminate();
  });
});

describe('python3-websockets', () => {
  for (const offer of ['plain', 'deflate', 'deflate-small-windows', 'deflate-no-context']) {
    test(offer, async () => {
      const { stdout } = await promisify(execFile)('/usr/bin/python3', [script, `${server.wsUrl}/`, offer], { timeout: 60_000 });
      const { agreed, echoed } = JSON.parse(stdout);
      assert.equal(echoed, 18);
      assert.equal(agreed !== null, offer !== 'plain');
    });
  }
});
