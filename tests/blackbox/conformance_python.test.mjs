// Debian's python3-socketio, which shares no code with the protocol's authors, against mode "app".
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { patiently, startConformance } from './support/conformance.mjs';

const script = path.join(path.dirname(fileURLToPath(import.meta.url)), 'support/python_client.py');
const server = await startConformance('app', ...patiently);

for (const [transports, ends] of [['polling', 'polling'], ['websocket', 'websocket'], ['polling,websocket', 'websocket']]) {
  test(`python3-socketio over ${transports}`, async () => {
    // Debian's own interpreter: another one would not find Debian's modules
    const { stdout } = await promisify(execFile)('/usr/bin/python3', [script, server.url, transports], { timeout: 60_000 });
    assert.deepEqual(JSON.parse(stdout), {
      refusal: { message: 'unauthorized', data: { code: 'unauthorized', message: 'invalid token' } },
      transport: ends,
      'ids differ': true,
      text: [1, 'two €', { three: [null, true] }],
      bytes: [{ deep: [{ bytes: [0, 255] }, { bytes: [] }] }, { bytes: [120, 120, 120] }],
      custom: 'there',
      'echo-back': ['back', { bytes: [7] }],
      joined: { ok: true, room: { id: 'py' } },
      'room-joined': { roomId: 'py', ok: true },
      'user-joined': true,
      answer: true,
      messages: [true, true],
      left: '/',
      'still in /custom': 'still',
      closed: true,
    });
  });
}
