// Every command from a real browser: over wss:// (the stock Socket.IO client and the browser's own WebSocket), over
// polling alone, and over the way from one to the other; each compared with a client outside of a browser.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

import { makeCertificate } from '../support/certificate.mjs';
import { connectSocket, register } from '../support/clients.mjs';
import { assertSame, runEveryCommand } from '../support/every_command.mjs';
import { startNode } from '../support/node.mjs';

process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; // the certificate below signs itself
const require = createRequire(import.meta.url);
const stockClient = path.join(path.dirname(require.resolve('socket.io-client/package.json')), 'dist/socket.io.js');

let nodes;
let browser;
let reference;
before(async () => {
  const [plain, secure] = await Promise.all([
    startNode(),
    startNode({ env: makeCertificate().env }),
  ]);
  nodes = { plain, secure };
  browser = await chromium.launch({
    executablePath: process.env.TROUPE_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
  const people = await peopleOf(plain);
  reference = ['outside of a browser', await runEveryCommand(plain, people, (bob) => connectSocket(plain.url, bob.token))];
});
after(async () => {
  await browser?.close();
  await Promise.all(Object.values(nodes ?? {}).map((node) => node.stop()));
});

async function peopleOf(node) {
  const alice = await register(node.url, 'Alice'); // first: answers list people in this order
  return { alice, bob: await register(node.url, 'Bob') };
}

// -- what runs in the page --

/// The stock client, as a script tag brings it.
function openStock({ token, transports }) {
  const socket = window.io({ auth: { token }, transports, forceNew: true });
  window.client = {
    ask: (command, data) => socket.timeout(15_000).emitWithAck(command, data),
    end: () => socket.disconnect(),
    transport: () => socket.io.engine.transport.name,
  };
  socket.onAny((event, data) => window.tell(event, data));
  return new Promise((resolve, reject) => {
    socket.once('connect', () => {
      if (transports.length === 1) resolve();
      else if (socket.io.engine.transport.name === 'websocket') resolve();
      else socket.io.engine.once('upgrade', () => resolve());
    });
    socket.once('connect_error', reject);
  });
}

/// The browser's own WebSocket.
function openOwn({ token }) {
  const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/ws`, ['troupe.v1.json']);
  const waiting = new Map();
  let last = 0;
  window.client = {
    ask: (event, data) => new Promise((resolve) => {
      waiting.set(++last, resolve);
      socket.send(JSON.stringify({ event, data, id: last }));
    }),
    end: () => socket.close(1000),
    transport: () => socket.url.split(':')[0],
  };
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data);
    if ('ack' in frame) waiting.get(frame.ack)(frame.data);
    else window.tell(frame.event, frame.data);
  };
  return new Promise((resolve, reject) => {
    socket.onerror = () => reject(new Error('the WebSocket failed'));
    socket.onopen = async () => {
      const answer = await window.client.ask('authenticate', { token });
      if (answer.ok) resolve();
      else reject(new Error(JSON.stringify(answer)));
    };
  });
}

// -- what drives it --

async function openPage(node, open, options) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
  const page = await context.newPage();
  const log = [];
  const requested = [];
  page.on('request', (request) => requested.push(request.url()));
  page.on('websocket', (socket) => requested.push(socket.url()));
  await page.exposeFunction('tell', (event, data) => log.push({ event, data }));
  await page.goto(`${node.url}/livez`); // the node's own origin, without the chat page's own connection
  await page.addScriptTag({ path: stockClient });
  await page.evaluate(open, options);
  return {
    log,
    requested,
    of: (event) => log.filter((entry) => entry.event === event).map((entry) => entry.data),
    ask: (command, data) => page.evaluate(([name, body]) => window.client.ask(name, body), [command, data]),
    transport: () => page.evaluate(() => window.client.transport()),
    async end() {
      await page.evaluate(() => window.client.end());
      await context.close();
    },
  };
}

for (const [name, which, open, transports, { ends, begins }] of [
  ['Socket.IO over wss:// alone', 'secure', openStock, ['websocket'], { ends: 'websocket', begins: ['wss://'] }],
  ['Socket.IO over https:// polling alone', 'secure', openStock, ['polling'], { ends: 'polling', begins: ['https://'] }],
  ['Socket.IO over http:// polling alone', 'plain', openStock, ['polling'], { ends: 'polling', begins: ['http://'] }],
  ['Socket.IO from polling to wss://', 'secure', openStock, ['polling', 'websocket'],
    { ends: 'websocket', begins: ['https://', 'wss://'] }],
  ['Socket.IO from polling to ws://', 'plain', openStock, ['polling', 'websocket'],
    { ends: 'websocket', begins: ['http://', 'ws://'] }],
  ['the browser’s WebSocket over wss://', 'secure', openOwn, [], { ends: 'wss', begins: ['wss://'] }],
]) {
  test(`every command from a browser: ${name}`, async () => {
    const node = nodes[which];
    let client;
    const outcome = await runEveryCommand(node, await peopleOf(node), async (bob) => {
      client = await openPage(node, open, { token: bob.token, transports });
      assert.equal(await client.transport(), ends);
      return client;
    });
    assertSame([reference, [name, outcome]]);
    const own = client.requested.filter((url) => /\/(socket\.io|ws)\b/.test(url)).map((url) => url.replace(/\/\/.*/, '//'));
    assert.deepEqual([...new Set(own)].sort(), begins);
  });
}
