// The same node behind TLS: who gets in, with what, and a certificate that changes under way.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { promisify } from 'node:util';

import { WebSocket } from 'ws';

import { makeCertificate, rsaKey } from './support/certificate.mjs';
import { eventually, signToken, socketClient, within } from './support/clients.mjs';
import { admin, binary, startNode, temporaryFolder } from './support/node.mjs';

const folder = temporaryFolder();
const first = makeCertificate({ name: 'first', folder });
const second = makeCertificate({ name: 'second', kind: rsaKey, folder });
const live = { key: path.join(folder, 'live.key'), cert: path.join(folder, 'live.pem') };
const show = ({ key, cert }) => {
  copyFileSync(key, live.key);
  copyFileSync(cert, live.cert);
};
const ca = [readFileSync(first.cert), readFileSync(second.cert)];

let node;
before(async () => {
  show(first);
  node = await startNode({
    args: ['--log-format', 'json'],
    env: {
      TROUPE_TLS_CERT: live.cert, TROUPE_TLS_KEY: live.key, TROUPE_EXTERNAL_USERS: 'on',
      TROUPE_ADMIN_EMAIL: admin.email, TROUPE_ADMIN_PASSWORD: admin.password,
    },
  });
});
after(() => node.stop());

const token = () => signToken({ sub: `usr_tls_${Math.random().toString(36).slice(2)}` });

function request(method, target, { body, headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const asked = https.request(`${node.url}${target}`, { method, ca, agent: false, headers }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({ status: answer.statusCode, body: Buffer.concat(parts).toString() }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/// The session of one TLS connection, or the error.
function handshake(options = {}) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port: node.port, host: '127.0.0.1', ca, ...options }, () => {
      resolve({
        protocol: socket.getProtocol(), alpn: socket.alpnProtocol, cipher: socket.getCipher().name,
        name: socket.getPeerCertificate().subject.CN,
      });
      socket.end();
    });
    socket.on('error', reject);
  });
}

const sio = (options) => socketClient(node.url, token(), { ca, ...options });

describe('who gets in', () => {
  test('the pages and the API answer over HTTPS', async () => {
    assert.equal((await request('GET', '/')).status, 200);
    assert.equal((await request('GET', '/readyz')).status, 200);
    const me = await request('GET', '/api/v1/auth/me', { headers: { authorization: `Bearer ${token()}` } });
    assert.equal(me.status, 200);
  });

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    test(`${version}, with ALPN http/1.1`, async () => {
      const met = await handshake({ minVersion: version, maxVersion: version, ALPNProtocols: ['h2', 'http/1.1'] });
      assert.equal(met.protocol, version);
      assert.equal(met.alpn, 'http/1.1');
    });
  }
  test('a client without ALPN', async () => assert.equal((await handshake()).protocol, 'TLSv1.3'));
  for (const [what, options] of [
    ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' }],
    ['a suite without forward secrecy', { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }],
    ['a suite with CBC', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }],
    ['ALPN without http/1.1', { ALPNProtocols: ['h2'] }],
  ]) {
    test(`${what} is refused`, () => assert.rejects(handshake(options)));
  }

  test('troupectl, when it knows who signed the certificate', async () => {
    const { accessToken } = JSON.parse((await request('POST', '/api/v1/auth/login', {
      body: JSON.stringify(admin), headers: { 'content-type': 'application/json' },
    })).body);
    const ctl = (...more) => promisify(execFile)(
      binary('troupectl'), ['--url', node.url, '--token', accessToken, ...more], { env: {} });
    const { stdout } = await ctl('--ca-file', first.cert, '-o', 'json', 'sessions');
    assert.ok(JSON.parse(stdout));
    await assert.rejects(ctl('sessions'), /certificate verify failed/);
    await assert.rejects(ctl('--ca-file', second.cert, 'sessions'), /certificate verify failed/);
  });

  test('plain HTTP is cut off, and the node goes on', async () => {
    const socket = net.connect(node.port, '127.0.0.1');
    const heard = [];
    socket.on('data', (part) => heard.push(part));
    socket.on('error', () => {});
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await within(8_000, closed, 'the cut');
    assert.ok(!Buffer.concat(heard).toString().includes('200'));
    assert.equal((await request('GET', '/livez')).status, 200);
  });

  test('who never begins a handshake is closed in time', async () => {
    const socket = net.connect(node.port, '127.0.0.1');
    socket.on('error', () => {});
    await within(15_000, new Promise((resolve) => socket.on('close', resolve)), 'the close of a silent connection');
  });
});

describe('real-time', () => {
  for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
    test(`Socket.IO over ${transports.join(' then ')}`, async () => {
      const [a, b] = await Promise.all([sio({ transports }).connected1(), sio({ transports }).connected1()]);
      const room = await request('POST', '/api/v1/rooms', {
        body: JSON.stringify({ name: 'tls', type: 'public' }),
        headers: { authorization: `Bearer ${token()}`, 'content-type': 'application/json' },
      });
      const { id: roomId } = JSON.parse(room.body);
      for (const socket of [a, b]) assert.equal((await socket.ask('join-room', { roomId })).ok, true);
      const long = 'x'.repeat(3_900);
      for (let i = 0; i < 50; i++) assert.equal((await a.ask('send-message', { roomId, content: `${i} ${long}` })).ok, true);
      await eventually(10_000, () => b.of('new-message').length === 50, 'all messages');
      assert.deepEqual(b.of('new-message').map(({ content }) => Number(content.split(' ')[0])), [...Array(50).keys()]);
      if (transports.length === 2) assert.equal(a.io.engine.transport.name, 'websocket');
      a.end();
      b.end();
    });
  }

  test('large frames in both directions over WSS, compressed and not', async () => {
    for (const perMessageDeflate of [false, true]) {
      const socket = new WebSocket(node.wsUrl, { ca, perMessageDeflate, headers: { authorization: `Bearer ${token()}` } });
      const heard = [];
      socket.on('message', (bytes) => heard.push(JSON.parse(bytes.toString())));
      await within(8_000, new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject)), 'the WebSocket');
      const ask = async (event, data, id) => {
        socket.send(JSON.stringify({ event, data, id }));
        await eventually(10_000, () => heard.some(({ ack }) => ack === id), event);
        return heard.find(({ ack }) => ack === id).data;
      };
      assert.equal((await ask('subscribe', { topic: 'public:large' }, 1)).ok, true);
      const data = { text: 'troupe '.repeat(100_000) };
      assert.equal((await ask('publish', { topic: 'public:large', event: 'large', data }, 2)).ok, true);
      await eventually(10_000, () => heard.some(({ event }) => event === 'large'), 'the event');
      assert.deepEqual(heard.find(({ event }) => event === 'large').data, data);
      socket.close();
    }
  });
});

describe('another certificate', () => {
  const logged = (event) => node.logs.split('\n').filter((line) => line.includes(`"${event}"`)).length;
  async function reload(expected) {
    const before = logged(expected);
    process.kill(node.pid, 'SIGHUP');
    await eventually(8_000, () => logged(expected) > before, expected);
  }

  test('is shown to new connections after SIGHUP, and nobody is dropped', async () => {
    assert.equal((await handshake()).name, 'first');
    const polling = await sio({ transports: ['polling'] }).connected1();
    const socket = await sio({ transports: ['websocket'] }).connected1();
    let disconnects = 0;
    for (const each of [polling, socket]) each.on('disconnect', () => disconnects++);
    show(second);
    await reload('reloaded');
    assert.equal((await handshake()).name, 'second');
    for (const each of [polling, socket]) {
      assert.equal((await each.ask('subscribe', { topic: 'public:reload' })).ok, true);
    }
    assert.equal(disconnects, 0);
    polling.end();
    socket.end();
  });

  test('that cannot be used leaves the old one', async () => {
    writeFileSync(live.cert, 'not a certificate');
    await reload('reload-refused');
    assert.equal((await handshake()).name, 'second');
    show(first);
    await reload('reloaded');
    assert.equal((await handshake()).name, 'first');
  });

  test('with the key of another is refused at start', async () => {
    await assert.rejects(
      startNode({ env: { TROUPE_TLS_CERT: first.cert, TROUPE_TLS_KEY: second.key } }),
      /does not belong to the key/,
    );
  });
});
