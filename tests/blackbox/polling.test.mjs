// Long polling of a node, request by request: how large a body may be, and what pages of other origins see.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { register } from './support/clients.mjs';
import { startNode } from './support/node.mjs';
import { PollingSession, RawConnection } from './support/raw.mjs';

const host = 'Host: 127.0.0.1\r\n';
/// A command of exactly `size` bytes; answered as unknown by nobody but its own session.
function command(size, id = 7) {
  const begin = `42${id}["sync",{"rooms":{},"padding":"`;
  return `${begin}${'x'.repeat(size - begin.length - 3)}"}]`;
}

/// The packets that come until one of them answers command `id`.
async function answerTo(session, id) {
  for (;;) {
    const { status, text } = await session.get();
    assert.equal(status, 200, text);
    const found = text.split('\x1e').find((packet) => packet.startsWith(`43${id}[`));
    if (found) return found;
  }
}

/// A POST to the session as it is on the wire: what it was answered, and whether the connection was closed.
async function post(node, session, { headers = '', body = '', chunked = false } = {}) {
  const connection = new RawConnection(node.port);
  await connection.connected;
  const length = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`;
  const target = new URL(session.base);
  connection.write(`POST ${target.pathname}${target.search} HTTP/1.1\r\n${host}`
    + `Content-Type: text/plain;charset=UTF-8\r\n${headers}${length}\r\n\r\n`);
  if (typeof body === 'string') connection.write(chunked ? `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : body);
  const answer = await connection.response();
  const closed = answer.headers.connection === 'close' && (await connection.closes());
  connection.destroy();
  return { ...answer, closed };
}

test('a polling body may be as large as the handshake says, and no other body larger than before', async (t) => {
  const limit = 5_000_000;
  const node = await startNode({ env: { TROUPE_MAX_PAYLOAD: String(limit) } }, t);
  const alice = await register(node.url, 'Alice');
  const session = await PollingSession.open(node.url, alice.token);
  assert.equal(session.open.maxPayload, limit);
  for (const [i, size] of [2_000_000, limit].entries()) {
    assert.equal((await session.post(command(size, i))).status, 200, `${size} bytes`);
    assert.ok(await answerTo(session, i));
    assert.equal((await post(node, session, { body: command(size, 10 + i), chunked: true })).status, 200);
    assert.ok(await answerTo(session, 10 + i));
  }
  for (const chunked of [false, true])
    assert.equal((await post(node, session, { body: command(limit + 1), chunked })).status, 413);
  const rest = await fetch(`${node.url}/api/v1/auth/login`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: command(1_000_001),
  });
  assert.equal(rest.status, 413);
  assert.equal((await rest.json()).code, 'too_large');
  await session.post('421["sync",{"rooms":{}}]');
  assert.ok(await answerTo(session, 1), 'the session goes on');
  await session.close();
});

test('a limit below that of other bodies holds for polling alone', async (t) => {
  const node = await startNode({ env: { TROUPE_MAX_PAYLOAD: '2000' } }, t);
  const alice = await register(node.url, 'Alice');
  const session = await PollingSession.open(node.url, alice.token);
  assert.equal((await session.post(command(2000))).status, 200);
  for (const chunked of [false, true])
    assert.equal((await post(node, session, { body: command(2001), chunked })).status, 413);
  const rest = await fetch(`${node.url}/api/v1/auth/login`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: command(2001),
  });
  assert.equal(rest.status, 400);
  assert.ok(await answerTo(session, 7));
  await session.close();
});

test('a body above the limit is refused in the words of the protocol, for pages of other origins too', async (t) => {
  const page = 'http://x.y';
  const node = await startNode({ env: { TROUPE_CORS_ORIGINS: page }, args: ['--shards', '2'] }, t);
  const alice = await register(node.url, 'Alice');
  const session = await PollingSession.open(node.url, alice.token);
  const read = ({ status, headers, body, closed }) => [
    status, headers['access-control-allow-origin'], headers['access-control-allow-credentials'], headers.vary,
    headers['content-type'], body.toString(), closed,
  ];
  const body = command(1_000_001);
  for (let i = 0; i < 8; i++) // the shard that accepts it is another one each time
    for (const chunked of [false, true]) {
      const ours = await post(node, session, { headers: `Origin: ${page}\r\n`, body, chunked });
      assert.deepEqual(read(ours), [413, page, 'true', 'Origin', 'text/html', '', true]);
      const without = await post(node, session, { body, chunked });
      assert.deepEqual(read(without), [413, undefined, undefined, undefined, 'text/html', '', true]);
      const foreign = await post(node, session, { headers: 'Origin: http://evil.example\r\n', body, chunked });
      assert.deepEqual(read(foreign),
        [403, undefined, undefined, undefined, 'application/json', '{"code":4,"message":"Forbidden"}', true]);
      const nobody = await post(node, new PollingSession(node.url, 'nobody'), { headers: `Origin: ${page}\r\n`, body, chunked });
      assert.deepEqual(read(nobody),
        [400, page, 'true', 'Origin', 'application/json', '{"code":1,"message":"Session ID unknown"}', true]);
    }
  const beyond = await post(node, session, { headers: `Origin: ${page}\r\n`, body: { length: '9'.repeat(30) } });
  assert.deepEqual(read(beyond), [413, page, 'true', 'Origin', 'text/html', '', true]);
  await session.post('423["sync",{"rooms":{}}]');
  assert.ok(await answerTo(session, 3), 'the session goes on');
  await session.close();
});

test('where any origin may come, every answer says so, without an Origin too', async (t) => {
  const node = await startNode({ env: { TROUPE_CORS_ORIGINS: '*' } }, t);
  const alice = await register(node.url, 'Alice');
  const session = await PollingSession.open(node.url, alice.token);
  const rows = [
    ['GET', '/socket.io/?EIO=4&transport=polling', 200],
    ['GET', '/socket.io/?EIO=4&transport=polling&sid=nobody', 400],
    ['PUT', `/socket.io/?EIO=4&transport=polling&sid=${session.sid}`, 405],
    ['OPTIONS', '/socket.io/?EIO=4&transport=polling', 204],
  ];
  for (const [method, target, status] of rows)
    for (const headers of [{}, { origin: 'http://any.example' }]) {
      const answer = await fetch(node.url + target, { method, headers });
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get('access-control-allow-origin'), '*', `${method} ${target}`);
      assert.equal(answer.headers.get('access-control-allow-credentials'), null);
      assert.equal(answer.headers.get('vary'), null, 'it is the same for all');
    }
  const large = await post(node, session, { body: command(1_000_001) });
  assert.deepEqual([large.status, large.headers['access-control-allow-origin']], [413, '*']);
  await session.close();
});
