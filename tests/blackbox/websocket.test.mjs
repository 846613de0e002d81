// RFC 6455 and RFC 7692, section by section, with raw sockets against troupe-conformance's echo, and
// what needs no echo against trouped's /ws as well.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { signToken } from './support/clients.mjs';
import { startConformance } from './support/conformance.mjs';
import { startNode } from './support/node.mjs';
import { RawWebSocket, exchange, handshake } from './support/raw.mjs';
import { needsNoEcho, open, play } from './websocket/expect.mjs';
import { rows as closingRows } from './websocket/closing_rows.mjs';
import { offers, rows as deflateRows } from './websocket/deflate_rows.mjs';
import { rows as framingRows } from './websocket/framing_rows.mjs';
import { rows as utf8Rows } from './websocket/utf8_rows.mjs';

const name = ([section, what]) => `§${section} ${what}`;
const plainRows = [...framingRows, ...utf8Rows, ...closingRows];

const server = await startConformance('echo');

describe('the echo', () => {
  for (const row of plainRows) {
    test(name(row), async () => play(await open(server.port, '/'), row));
  }
  for (const row of deflateRows) {
    test(`${name(row)}, compression agreed upon`, async () => play(await open(server.port, '/', row[4].headers), row));
  }
  for (const [offer, answer] of offers) {
    test(`§7.1 the offer ${offer}`, async () => {
      const socket = await RawWebSocket.open(server.port, '/', { 'Sec-WebSocket-Extensions': offer });
      assert.equal(socket.handshakeHeaders['sec-websocket-extensions'], answer);
      socket.destroy();
    });
  }

  for (const [what, changes, options, status] of [
    ['everything in other cases', { Upgrade: 'WebSocket', Connection: 'keep-alive, UPGRADE' }, {}, 101],
    ['a sub-protocol that is not spoken', { 'Sec-WebSocket-Protocol': 'chat' }, {}, 101],
    ['no key', { 'Sec-WebSocket-Key': undefined }, {}, 400],
    ['a key of 15 bytes', { 'Sec-WebSocket-Key': Buffer.alloc(15).toString('base64') }, {}, 400],
    ['a key of 17 bytes', { 'Sec-WebSocket-Key': Buffer.alloc(17).toString('base64') }, {}, 400],
    ['a key that is no base64', { 'Sec-WebSocket-Key': '************************' }, {}, 400],
    ['version 8', { 'Sec-WebSocket-Version': '8' }, {}, 426],
    ['version 14', { 'Sec-WebSocket-Version': '14' }, {}, 426],
    ['no version', { 'Sec-WebSocket-Version': undefined }, {}, 426],
    ['no Upgrade', { Upgrade: undefined }, {}, 426],
    ['another Upgrade', { Upgrade: 'h2c' }, {}, 426],
    ['no Connection', { Connection: undefined }, {}, 426],
    ['HTTP/1.0', {}, { version: 'HTTP/1.0' }, 426],
    ['POST', {}, { method: 'POST' }, 405],
    ['no Host', { Host: undefined }, {}, 400],
    ['a body', { 'Content-Length': '3' }, {}, 400],
  ]) {
    test(`§4.2 ${what} is answered with ${status}`, async () => {
      const { connection, answer } = await exchange(server.port, handshake('/', changes, options));
      assert.equal(answer.status, status);
      if (status === 426) assert.equal(answer.headers['sec-websocket-version'], '13');
      if (status === 101) assert.equal(answer.headers['sec-websocket-protocol'], undefined);
      connection.destroy();
    });
  }

  test('§4.1 the first frame may come with the handshake', async () => {
    const socket = new RawWebSocket(server.port);
    await socket.connected;
    const hello = Buffer.from([0x81, 0x85, 0, 0, 0, 0, ...Buffer.from('Hello')]);
    socket.write(Buffer.concat([Buffer.from(handshake('/')), hello]));
    assert.equal((await socket.response()).status, 101);
    assert.equal(await socket.nextText(), 'Hello');
    socket.destroy();
  });

  test('§7.1.1 a client that vanishes leaves the others alone', async () => {
    const neighbour = await open(server.port, '/');
    const gone = await open(server.port, '/');
    gone.write(Buffer.from([0x81, 0xfe, 0x10]));
    gone.destroy();
    neighbour.text('still here');
    await play(neighbour, ['', '', [], [{ kind: 'echo', op: 1, payload: Buffer.from('still here') }]]);
  });
});

test('without compression no offer is agreed to', async () => {
  const without = await startConformance('echo', '--no-deflate');
  const socket = await RawWebSocket.open(without.port, '/', { 'Sec-WebSocket-Extensions': 'permessage-deflate' });
  assert.equal(socket.handshakeHeaders['sec-websocket-extensions'], undefined);
  socket.destroy();
  await without.stop();
});

describe('the plain WebSocket of trouped', () => {
  let node;
  const signedIn = async (headers = {}) => {
    const socket = await RawWebSocket.open(node.port, '/ws', {
      Authorization: `Bearer ${signToken({ sub: 'usr_websocket' })}`,
      ...headers,
    });
    assert.match(await socket.nextText(), /"authenticated"/);
    return socket;
  };
  before(async () => {
    node = await startNode({ env: { TROUPE_EXTERNAL_USERS: 'on' } });
  });
  after(() => node.stop());

  for (const row of [...plainRows, ...deflateRows].filter(needsNoEcho)) {
    test(name(row), async () => play(await signedIn(row[4]?.headers), row));
  }
});
