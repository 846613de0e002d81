// What an operator sees: options, refusals, secrets, health, stopping, troupectl.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { api, connectPlain, connectSocket, createRoom, eventually, login, register, signToken } from './support/clients.mjs';
import { admin, binary, freePort, jwtSecret, nodeEnvironment, root, startNode, temporaryFolder } from './support/node.mjs';

/// Runs to the end: for what must not start.
function run(program, args, env = {}) {
  const result = spawnSync(binary(program), args, {
    cwd: root, env: nodeEnvironment({ env }), encoding: 'utf8', timeout: 20_000,
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}
const trouped = (args, env) => run('trouped', args, env);

const options = {
  '--listen': 'TROUPE_LISTEN', '--data-dir': 'TROUPE_DATA_DIR', '--shards': 'TROUPE_SHARDS', '--node-name': 'TROUPE_NODE_NAME',
  '--database': 'TROUPE_DATABASE', '--redis': 'TROUPE_REDIS', '--admin-email': 'TROUPE_ADMIN_EMAIL', '--jwt-secret': 'TROUPE_JWT_SECRET',
  '--cors-origins': 'TROUPE_CORS_ORIGINS', '--log-level': 'TROUPE_LOG_LEVEL', '--log-format': 'TROUPE_LOG_FORMAT',
  '--tls-cert': 'TROUPE_TLS_CERT', '--tls-key': 'TROUPE_TLS_KEY', '--external-users': 'TROUPE_EXTERNAL_USERS',
  '--external-roles': 'TROUPE_EXTERNAL_ROLES', '--rate-messages': 'TROUPE_RATE_MESSAGES', '--rate-joins': 'TROUPE_RATE_JOINS',
  '--rate-connects': 'TROUPE_RATE_CONNECTS', '--rate-logins': 'TROUPE_RATE_LOGINS',
  '--rate-registrations': 'TROUPE_RATE_REGISTRATIONS', '--rate-rest': 'TROUPE_RATE_REST',
};

test('--help lists every option with its variable and default', () => {
  const { code, out, err } = trouped(['--help']);
  assert.equal(code, 0);
  assert.equal(err, '');
  for (const [flag, variable] of Object.entries(options)) {
    assert.ok(out.includes(flag), flag);
    assert.ok(out.includes(variable), variable);
  }
  for (const value of ['0.0.0.0:8080', '60/60', '30/60', '600/60', 'data', '--config', '--admin-password-file']) {
    assert.ok(out.includes(value), value);
  }
});

const short = path.join(temporaryFolder(), 'short');
writeFileSync(short, 'too short\n');
const toml = (text) => {
  const file = path.join(temporaryFolder(), 'troupe.toml');
  writeFileSync(file, text);
  return file;
};
const refusals = [
  ['an unknown option', ['--nonsense'], {}],
  ['an unknown option with a value', ['--nonsense=1'], {}],
  ['an argument that is no option', ['serve'], {}],
  ['an option without its value', ['--listen'], {}],
  ['a port out of range', ['--listen', '127.0.0.1:70000'], {}],
  ['an address that is none', ['--listen', 'nowhere'], {}],
  ['no shards', ['--shards', '0'], {}],
  ['shards that are no number', ['--shards', 'two'], {}],
  ['too many shards', ['--shards', '100000'], {}],
  ['a rate that is none', ['--rate-messages', 'many'], {}],
  ['a rate of zero', [], { TROUPE_RATE_MESSAGES: '0/60' }],
  ['a rate in a variable', [], { TROUPE_RATE_JOINS: '30' }],
  ['a short secret', [], { TROUPE_JWT_SECRET: 'short' }],
  ['a short secret in a file', [], { TROUPE_JWT_SECRET: undefined, TROUPE_JWT_SECRET_FILE: short }],
  ['a secret file that is not there', [], { TROUPE_JWT_SECRET: undefined, TROUPE_JWT_SECRET_FILE: '/nonexistent/secret' }],
  ['an unknown database', ['--database', 'mongodb://x'], {}],
  ['an unknown log level', ['--log-level', 'loud'], {}],
  ['a switch that is neither on nor off', [], { TROUPE_EXTERNAL_USERS: 'perhaps' }],
  ['a config file that is not there', ['--config', '/nonexistent/troupe.toml'], {}],
  ['a config file with an unknown key', ['--config', toml('nonsense = 1\n')], {}],
  ['a config file with a bad value', ['--config', toml('shards = 0\n')], {}],
  ['a config file that is no TOML', ['--config', toml('shards = = 1\n')], {}],
  ['a certificate without a key', [], { TROUPE_TLS_CERT: '/nonexistent/cert.pem' }],
];
for (const [name, args, env] of refusals) {
  test(`${name} ends with code 2 and one line`, () => {
    const folder = path.join(temporaryFolder(), 'data');
    const { code, out, err } = trouped(['--listen', '127.0.0.1:0', '--data-dir', folder, ...args].slice(args.includes('--listen') ? 2 : 0), env);
    assert.equal(code, 2, `${out}${err}`);
    assert.equal(out, '');
    assert.match(err, /^[^\n]+\n$/, 'one line');
    assert.ok(!existsSync(folder), 'nothing started');
    assert.ok(!err.includes('too short'), 'no secret in it');
  });
}

test('a flag beats a variable, a variable the file, the file the default', async (t) => {
  const [inFile, inVariable, inFlag] = await Promise.all([freePort(), freePort(), freePort()]);
  const file = toml(`listen = "127.0.0.1:${inFile}"\nnode-name = "from-file"\nlog-format = "json"\n`);
  const answers = async (port) => fetch(`http://127.0.0.1:${port}/livez`).then((a) => a.status).catch(() => 0);
  // startNode gives --listen; a flag given twice would not say which one counts
  const node = await startNode(
    { port: inFlag, args: ['--config', file], env: { TROUPE_LISTEN: `127.0.0.1:${inVariable}` } }, t);
  assert.deepEqual(await Promise.all([inFile, inVariable, inFlag].map(answers)), [0, 0, 200]);
  const lines = node.logs.split('\n').filter((line) => line.startsWith('{'));
  assert.ok(lines.length > 0, 'the file asked for JSON lines');
  for (const line of lines) JSON.parse(line);
});

test('a generated secret is kept with mode 0600 and tokens survive a restart', async (t) => {
  const node = await startNode({ env: { TROUPE_JWT_SECRET: undefined } }, t);
  const user = await register(node.url);
  const file = path.join(node.dataDir, 'jwt_secret');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const kept = readFileSync(file, 'utf8');
  assert.ok(kept.trim().length >= 32);
  await node.restart();
  assert.equal(readFileSync(file, 'utf8'), kept);
  assert.equal((await api(node.url, 'GET', '/auth/me', { token: user.token })).status, 200);
  assert.ok(!node.logs.includes(kept.trim()));
});

test('a secret can be given as a file', async (t) => {
  const file = path.join(temporaryFolder(), 'secret');
  writeFileSync(file, `${jwtSecret}\n`);
  const node = await startNode({ env: { TROUPE_JWT_SECRET: undefined, TROUPE_JWT_SECRET_FILE: file } }, t);
  const user = await register(node.url);
  const own = await api(node.url, 'GET', '/auth/me', { token: signToken({ sub: user.user.id }) });
  assert.equal(own.status, 200);
});

test('health, metrics and request ids', async (t) => {
  const node = await startNode({}, t);
  for (const [page, status] of [['/livez', 200], ['/readyz', 200], ['/healthz', 200], ['/', 200], ['/metrics', 200]]) {
    const answer = await fetch(node.url + page);
    assert.equal(answer.status, status, page);
    await answer.text();
  }
  const metrics = await fetch(`${node.url}/metrics`);
  assert.match(metrics.headers.get('content-type'), /^text\/plain; ?version=0\.0\.4/);
  const text = await metrics.text();
  for (const line of text.trimEnd().split('\n')) {
    assert.match(line, /^(#.*|[a-zA-Z_:][\w:]*(\{.*\})? \S+( \d+)?)$/, line);
  }
  const page = await node.metrics();
  assert.equal(page.process_open_fds > 0, true);
  assert.notEqual(await node.metric('troupe_sessions'), undefined);
  assert.notEqual(await node.metric('troupe_actors'), undefined);
  const named = await fetch(`${node.url}/api/v1/auth/me`, { headers: { 'x-request-id': 'test-4711' } });
  assert.equal(named.headers.get('x-request-id'), 'test-4711');
  assert.equal((await named.json()).requestId, 'test-4711');
  const unnamed = await fetch(`${node.url}/api/v1/auth/me`);
  assert.ok(unnamed.headers.get('x-request-id'));
  await unnamed.text();
});

test('a user of another application is made on first use, and only when that is on', async (t) => {
  const token = signToken({ sub: 'app-42', username: 'app_user', name: 'App User', email: 'App@Example.org', role: 'admin' });
  const closed = await startNode({}, t);
  assert.equal((await api(closed.url, 'GET', '/auth/me', { token })).status, 401);
  const open = await startNode({ env: { TROUPE_EXTERNAL_USERS: 'on' } }, t);
  const me = await api(open.url, 'GET', '/auth/me', { token });
  assert.equal(me.status, 200, me.text);
  const user = me.body.user ?? me.body;
  assert.equal(user.id, 'app-42');
  assert.equal(user.username, 'app_user');
  assert.equal(user.name, 'App User');
  assert.equal(user.role, 'user', 'the role of a token does not count');
  const trusting = await startNode({ env: { TROUPE_EXTERNAL_USERS: 'on', TROUPE_EXTERNAL_ROLES: 'on' } }, t);
  const boss = await api(trusting.url, 'GET', '/auth/me', { token });
  assert.equal((boss.body.user ?? boss.body).role, 'admin');
});

test('a sign-in that ends takes its tokens and connections along, within a second', async (t) => {
  const node = await startNode({}, t);
  const user = await register(node.url);
  const elsewhere = await login(node.url, user.email, user.password);
  const plain = await connectPlain(node.wsUrl, user.token);
  const socket = await connectSocket(node.url, user.token, { reconnection: false });
  const other = await connectPlain(node.wsUrl, elsewhere.token);
  await eventually(5000, () => socket.io.engine.transport.name === 'websocket', 'the upgrade');
  const gone = new Promise((resolve) => socket.once('disconnect', resolve));
  const begin = Date.now();
  assert.equal((await api(node.url, 'POST', '/auth/logout', { token: user.token })).status, 204);
  assert.equal((await plain.closed).code, 4540);
  assert.equal(await gone, 'io server disconnect');
  assert.ok(Date.now() - begin < 1000, `${Date.now() - begin} ms`);
  assert.equal((await api(node.url, 'GET', '/auth/me', { token: user.token })).status, 401);
  assert.equal((await api(node.url, 'GET', '/auth/me', { token: elsewhere.token })).status, 200);
  assert.equal((await other.ask('sync', { rooms: {} })).ok, true, 'another sign-in of the same user stays');
  await node.restart();
  assert.equal((await api(node.url, 'GET', '/auth/me', { token: user.token })).status, 401, 'after a restart, too');
  assert.equal((await api(node.url, 'GET', '/auth/me', { token: elsewhere.token })).status, 200);
});

test('SIGTERM tells the clients, keeps what was accepted and exits 0', async (t) => {
  const node = await startNode({}, t);
  const user = await register(node.url);
  const room = await createRoom(node.url, user.token);
  const plain = await connectPlain(node.wsUrl, user.token);
  const socket = await connectSocket(node.url, user.token, { reconnection: false });
  await plain.ask('join-room', room.id);
  await socket.ask('join-room', room.id);
  const reason = new Promise((resolve) => socket.once('disconnect', resolve));
  const asks = Array.from({ length: 50 }, (_, i) =>
    plain.ask('send-message', { roomId: room.id, content: `last ${i}` }).catch(() => undefined));
  await asks[0];
  const begin = Date.now();
  const how = await node.terminate();
  assert.deepEqual(how, { code: 0, signal: null }, node.logs.slice(-2000));
  assert.ok(Date.now() - begin < 10_000, 'within the drain time');
  const { code } = await plain.closed;
  assert.ok([1012, 4001].includes(code), `close code ${code}`);
  for (const client of [plain, socket]) {
    const [hint] = client.of('server-drain');
    assert.ok(hint?.reconnectIn >= 1000 && hint.reconnectIn < 5000, `a reconnect hint: ${JSON.stringify(hint)}`);
  }
  assert.notEqual(await reason, 'io server disconnect', 'stock clients come back by themselves');
  const acknowledged = (await Promise.all(asks)).filter((answer) => answer?.ok).map((answer) => answer.message.seq);
  await node.start();
  const kept = await api(node.url, 'GET', `/rooms/${room.id}/messages?limit=100`, { token: user.token });
  const seqs = new Set(kept.body.data.map((m) => m.seq));
  for (const seq of acknowledged) assert.ok(seqs.has(seq), `acknowledged seq ${seq} is there`);
});

test('SIGHUP takes the log level of the file, and keeps the old one when the file is bad', async (t) => {
  const file = path.join(temporaryFolder(), 'troupe.toml');
  writeFileSync(file, 'log-level = "error"\n');
  const node = await startNode({ args: ['--config', file] }, t);
  const lines = (event) => node.logs.split('\n').filter((line) => line.includes(event)).length;
  assert.equal(lines('node-ready'), 0, 'info is off');
  writeFileSync(file, 'log-level = "info"\n');
  process.kill(node.pid, 'SIGHUP');
  await eventually(3000, () => lines('reloaded') === 1, 'the reload');
  writeFileSync(file, 'log-level = "loud"\n');
  process.kill(node.pid, 'SIGHUP');
  await eventually(3000, () => lines('reload-refused') === 1, 'the refusal');
  assert.equal((await api(node.url, 'GET', '/auth/me', {})).status, 401, 'it goes on serving');
});

test('SIGTERM ends an idle node at once', async (t) => {
  const node = await startNode({}, t);
  const begin = Date.now();
  assert.deepEqual(await node.terminate(), { code: 0, signal: null });
  assert.ok(Date.now() - begin < 3000, `${Date.now() - begin} ms`);
});

test('an address that is taken is one line and no start', async (t) => {
  const node = await startNode({}, t);
  const result = trouped(['--listen', `127.0.0.1:${node.port}`, '--data-dir', temporaryFolder()]);
  assert.equal(result.code, 1);
  assert.match(result.err, /in use/);
  assert.equal(result.out, '');
});

test('free topics belong to whom the configuration says', async (t) => {
  const node = await startNode({
    env: {
      TROUPE_TOPICS: 'public:=user/user, desk:=moderator/admin, log:=user/nobody',
      TROUPE_EXTERNAL_USERS: 'on', TROUPE_EXTERNAL_ROLES: 'on',
    },
  }, t);
  const tokenOf = (role) => signToken({ sub: `topics-${role}`, role });
  const people = Object.fromEntries(await Promise.all(['user', 'moderator', 'admin'].map(async (role) =>
    [role, await connectPlain(node.wsUrl, tokenOf(role))])));
  const may = async (role, command, topic) => {
    const answer = await people[role].ask(command, { topic, event: 'tick', data: 1 });
    if (!answer.ok) assert.equal(answer.error.code, 'forbidden');
    return answer.ok;
  };
  const rights = async (topic, command) =>
    Promise.all(['user', 'moderator', 'admin'].map((role) => may(role, command, topic)));
  assert.deepEqual(await rights('public:a', 'subscribe'), [true, true, true]);
  assert.deepEqual(await rights('desk:a', 'subscribe'), [false, true, true]);
  assert.deepEqual(await rights('desk:a', 'publish'), [false, false, true]);
  assert.deepEqual(await rights('log:a', 'subscribe'), [true, true, true]);
  assert.deepEqual(await rights('log:a', 'publish'), [false, false, false]);
  assert.deepEqual(await rights('other:a', 'subscribe'), [false, false, false]);
  const ticks = () => people.moderator.of('tick').length;
  await eventually(3000, () => ticks() === 1, 'the event of the administrator');
  // A token with a lower role takes the topic away.
  const renewed = await people.moderator.ask('authenticate', { token: signToken({ sub: 'topics-moderator', role: 'user' }) });
  assert.equal(renewed.ok, true);
  await people.admin.ask('publish', { topic: 'desk:a', event: 'tick', data: 2 });
  await people.admin.ask('publish', { topic: 'public:a', event: 'last', data: 2 });
  await eventually(3000, () => people.moderator.of('last').length === 1);
  assert.equal(ticks(), 1);
  const stream = await api(node.url, 'GET', '/stream?topics=desk:a', { token: tokenOf('user') });
  assert.equal(stream.status, 403);
  await Promise.all(Object.values(people).map((each) => each.end()));
});

// -- troupectl --

test('troupectl shows what lives in a node', async (t) => {
  const node = await startNode(
    { env: { TROUPE_ADMIN_EMAIL: admin.email, TROUPE_ADMIN_PASSWORD: admin.password } }, t);
  const { token } = await login(node.url, admin.email, admin.password);
  const user = await register(node.url);
  const room = await createRoom(node.url, user.token, { name: 'Shown room' });
  const plain = await connectPlain(node.wsUrl, user.token);
  await plain.ask('join-room', room.id);
  await plain.ask('send-message', { roomId: room.id, content: 'x' });

  const ctl = (args, { as = token, url = node.url } = {}) => run('troupectl', ['--url', url, '--token', as, ...args]);
  const json = (args) => {
    const { code, out, err } = ctl(['-o', 'json', ...args]);
    assert.equal(code, 0, `${args}: ${err}${out}`);
    return JSON.parse(out);
  };
  const rowsOf = (answer) => (Array.isArray(answer) ? answer : answer.data ?? answer.actors ?? answer.rows);

  const table = ctl(['actors']);
  assert.equal(table.code, 0, table.err);
  for (const type of ['session', 'room', 'message_repository', 'supervisor']) assert.ok(table.out.includes(type), type);
  const actors = rowsOf(json(['actors']));
  const found = actors.find((row) => row.type === 'room' && row.name.includes(room.id));
  assert.ok(found, 'the room is among the actors');
  for (const key of ['id', 'type', 'name', 'mailbox']) assert.ok(key in found, key);
  const sorted = rowsOf(json(['actors', '--type', 'session']));
  assert.ok(sorted.length >= 1 && sorted.every((row) => row.type === 'session'));
  const one = ctl(['actor', String(found.id)]);
  assert.equal(one.code, 0, one.err);
  assert.ok(one.out.includes(room.id));
  const rooms = ctl(['rooms']);
  assert.equal(rooms.code, 0, rooms.err);
  assert.ok(rooms.out.includes(room.id));
  const sessions = ctl(['sessions']);
  assert.equal(sessions.code, 0, sessions.err);
  assert.ok(sessions.out.includes(user.username));
  json(['rooms']);
  json(['sessions']);

  for (const args of [['actors'], ['rooms'], ['sessions']]) {
    assert.equal(ctl(args, { as: user.token }).code, 1, 'refused to a user');
    assert.equal(ctl(args, { as: 'nonsense' }).code, 1, 'refused without a token');
  }
  assert.equal(ctl(['actors'], { url: 'http://127.0.0.1:1' }).code, 1, 'no node there');
  assert.equal(ctl(['actor', '999999999']).code, 1, 'no such actor');
  for (const args of [[], ['dance'], ['actors', '--nonsense'], ['actor'], ['actors', '--sort', 'colour']]) {
    assert.equal(run('troupectl', args).code, 2, `usage: ${args}`);
  }
  for (const command of ['actors', 'actor', 'rooms', 'sessions', 'top']) {
    const help = run('troupectl', [command, '--help']);
    assert.equal(help.code, 0, command);
    assert.match(help.out, /troupectl/, 'an example');
  }
  const file = path.join(temporaryFolder(), 'token');
  writeFileSync(file, `${token}\n`);
  assert.equal(run('troupectl', ['--url', node.url, '--token-file', file, 'rooms']).code, 0);
  await plain.end();
});
