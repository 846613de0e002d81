// Bodies, parameters and tokens that REST must refuse, each with its status and the error envelope.
import { signToken, unique } from '../support/clients.mjs';
import { jwtSecret } from '../support/node.mjs';

const account = () => ({
  email: `${unique('e')}@example.org`, username: unique('u'), name: 'Somebody', password: 'Passw0rd-of-tests',
});
const deep = (n, open, close) => open.repeat(n) + close.repeat(n);
const without = (object, key) => Object.fromEntries(Object.entries(object).filter(([k]) => k !== key));

/// Every refusal has the envelope of the contract; answers "STATUS code".
function verdict(answer, text) {
  const body = JSON.parse(text);
  for (const key of ['status', 'code', 'message', 'requestId']) {
    if (!(key in body)) throw new Error(`the error lacks ${key}: ${text}`);
  }
  if (body.status !== 'error') throw new Error(`the status is not "error": ${text}`);
  return `${answer.status} ${body.code}`;
}

export function restRows({ url, alice, bob, room, secret }) {
  const request = async (method, path, { token, body, headers = {}, type = 'application/json' } = {}) => {
    const answer = await fetch(url + (path.startsWith('/') ? `/api/v1${path}` : path), {
      method,
      body,
      headers: {
        ...(body !== undefined && type ? { 'content-type': type } : {}),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
    });
    return { status: answer.status, text: await answer.text() };
  };
  const refused = async (...args) => {
    const answer = await request(...args);
    return answer.status < 400 ? `${answer.status} ${answer.text}` : verdict(answer, answer.text);
  };
  const rows = [];
  const row = (name, expect, run) => rows.push({ name: `REST: ${name}`, expect, run });

  // -- JSON --
  const malformed = {
    'an empty body': '',
    'a broken object': '{"email":',
    'a comma too many': '{"email":"a",}',
    'single quotes': "{'email':'a'}",
    'two values': '{} {}',
    'a comment': '{} // no',
    NaN: '{"email":NaN}',
    Infinity: '{"email":Infinity}',
    'a number beyond double': '{"email":1e999}',
    'a duplicate key': '{"email":"a","email":"b"}',
    'a raw control character': '{"email":"a\u0001b"}',
    'invalid UTF-8': Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
    'an overlong UTF-8': Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xc0, 0x80, 0x22, 0x7d]),
    'a lone surrogate': '{"email":"\\ud800"}',
    'a byte order mark': Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d]),
    'depth 33': `{"email":${deep(33, '[', ']')}}`,
    'depth 100 000 of arrays': deep(100_000, '[', ']'),
    'depth 100 000 of objects': `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
    'depth that never closes': '['.repeat(500_000),
    'more than 256 keys': `{${Array.from({ length: 300 }, (_, i) => `"k${i}":1`).join(',')}}`,
    'a key over 256 bytes': `{"${'k'.repeat(300)}":1}`,
    'more than 10 000 values': `[${'1,'.repeat(20_000)}1]`,
  };
  for (const [name, body] of Object.entries(malformed)) {
    row(`${name} as JSON`, '400 bad_request', () => refused('POST', '/auth/login', { body }));
  }
  for (const body of ['[]', '"text"', '1', 'null', 'true']) {
    row(`${body} instead of an object`, '400 validation_failed', () => refused('POST', '/auth/login', { body }));
  }
  row('text/plain', '415 unsupported_media_type', () => refused('POST', '/auth/login', { body: '{}', type: 'text/plain' }));
  row('a form', '415 unsupported_media_type', () =>
    refused('POST', '/auth/login', { body: 'email=a', type: 'application/x-www-form-urlencoded' }));
  row('JSON in another charset', '415 unsupported_media_type', () =>
    refused('POST', '/auth/login', { body: '{}', type: 'application/json; charset=utf-16' }));

  // -- sign-up and login --
  const signUp = (changes) => refused('POST', '/auth/register', { body: JSON.stringify({ ...account(), ...changes }) });
  row('a role in the sign-up body', '400 validation_failed', () => signUp({ role: 'admin' }));
  row('an id in the sign-up body', '400 validation_failed', () => signUp({ id: 'usr_1' }));
  row('__proto__ in the sign-up body', '400 bad_request', () =>
    refused('POST', '/auth/register', { body: `{"__proto__":{"role":"admin"},${JSON.stringify(account()).slice(1)}` }));
  const wrong = {
    email: [1, null, [], {}, true, '', 'nobody', '@example.org', 'a@', 'a b@example.org', `${'a'.repeat(400)}@example.org`],
    username: [1, null, 'a', 'has space', 'ünder', 'a-b', 'x'.repeat(33)],
    name: [1, null, 'x', ' x ', 'x'.repeat(51)],
    password: [1, null, 'Short1', 'no-upper-1', 'NO-LOWER-1', 'No-digit-at-all'],
  };
  for (const [field, values] of Object.entries(wrong)) {
    for (const value of values) {
      const shown = JSON.stringify(value).slice(0, 24);
      row(`${field} ${shown} in a sign-up names the field`, `400 validation_failed ${field}`, async () => {
        const answer = await request('POST', '/auth/register', { body: JSON.stringify({ ...account(), [field]: value }) });
        const details = JSON.parse(answer.text).details ?? [];
        return `${verdict(answer, answer.text)} ${details.map((d) => d.field).join(',')}`;
      });
    }
    row(`a sign-up without ${field}`, '400 validation_failed', () =>
      refused('POST', '/auth/register', { body: JSON.stringify(without(account(), field)) }));
  }
  row('all broken rules are named at once', ['email', 'name', 'password', 'username'], async () => {
    const answer = await request('POST', '/auth/register', {
      body: JSON.stringify({ email: 'x', username: '?', name: '', password: 'x' }),
    });
    return JSON.parse(answer.text).details.map((d) => d.field).sort().filter((f, i, all) => f !== all[i - 1]);
  });
  row('a taken email', '409 conflict', () => signUp({ email: alice.email.toUpperCase() }));
  row('a taken username', '409 conflict', () => signUp({ username: alice.username.toUpperCase() }));
  const signIn = (body) => refused('POST', '/auth/login', { body: JSON.stringify(body) });
  row('a wrong password', '401 unauthorized', () => signIn({ email: alice.email, password: 'Wrong-passw0rd' }));
  row('an unknown email', '401 unauthorized', () => signIn({ email: 'nobody@example.org', password: 'Wrong-passw0rd' }));
  row('a login with a number as password', '400 validation_failed', () => signIn({ email: alice.email, password: 12345678 }));
  row('a refresh with nonsense', '401 unauthorized', () =>
    refused('POST', '/auth/refresh', { body: JSON.stringify({ refreshToken: 'nonsense' }) }));
  row('a refresh token used twice', ['200', '401 unauthorized', '401 unauthorized'], async () => {
    const made = JSON.parse((await request('POST', '/auth/register', { body: JSON.stringify(account()) })).text);
    const use = (refreshToken) => request('POST', '/auth/refresh', { body: JSON.stringify({ refreshToken }) });
    const first = await use(made.refreshToken);
    const again = await use(made.refreshToken);
    const family = await use(JSON.parse(first.text).refreshToken);
    return [`${first.status}`, verdict(again, again.text), verdict(family, family.text)];
  });

  // -- rooms and messages --
  const makeRoom = (fields) => refused('POST', '/rooms', { token: alice.token, body: JSON.stringify(fields) });
  row('a room without a name', '400 validation_failed', () => makeRoom({ type: 'public' }));
  row('a room with a number as name', '400 validation_failed', () => makeRoom({ name: 1, type: 'public' }));
  row('a room with an empty name', '400 validation_failed', () => makeRoom({ name: '  ', type: 'public' }));
  row('a room with a name too long', '400 validation_failed', () => makeRoom({ name: 'x'.repeat(101), type: 'public' }));
  row('a room of an unknown type', '400 validation_failed', () => makeRoom({ name: 'x', type: 'secret' }));
  row('a room with an owner in the body', '400 validation_failed', () => makeRoom({ name: 'x', type: 'public', createdBy: bob.user.id }));
  row('a room id with a slash', '400 validation_failed', () => makeRoom({ name: 'x', type: 'public', id: 'a/b' }));
  row('a room id too long', '400 validation_failed', () => makeRoom({ name: 'x', type: 'public', id: 'x'.repeat(65) }));
  row('a room id that is taken', '409 conflict', () => makeRoom({ name: 'x', type: 'public', id: room.id }));
  const say = (body, { token = alice.token, id = room.id } = {}) =>
    refused('POST', `/rooms/${id}/messages`, { token, body: JSON.stringify(body) });
  row('a message without content', '400 validation_failed', () => say({}));
  row('a message of spaces', '400 validation_failed', () => say({ content: ' \n\t ' }));
  row('a message of 4 001 characters', '400 validation_failed', () => say({ content: 'ü'.repeat(4001) }));
  row('a message with a number as content', '400 validation_failed', () => say({ content: 7 }));
  row('a message with a number as clientId', '400 validation_failed', () => say({ content: 'x', clientId: 7 }));
  row('a message with a clientId too long', '400 validation_failed', () => say({ content: 'x', clientId: 'c'.repeat(129) }));
  row('a message with 11 attachments', '400 validation_failed', () => say({ content: 'x', attachments: Array(11).fill({}) }));
  row('a message with 17 KB of attachments', '400 validation_failed', () => say({ content: 'x', attachments: [{ a: 'x'.repeat(17_000) }] }));
  row('a message with text as attachment', '400 validation_failed', () => say({ content: 'x', attachments: ['x'] }));
  row('a message with an object as attachments', '400 validation_failed', () => say({ content: 'x', attachments: {} }));
  row('a message that names its sender', '400 validation_failed', () => say({ content: 'x', senderId: bob.user.id }));
  row('a message to a room that is not there', '404 not_found', () => say({ content: 'x' }, { id: 'room_nowhere' }));
  row('a message to a private room of others', '404 not_found', () => say({ content: 'x' }, { token: bob.token, id: secret.id }));
  row('a message to a public room one is not in', '403 forbidden', () => say({ content: 'x' }, { token: bob.token }));
  const read = (path, token = alice.token) => refused('GET', path, { token });
  row('a private room of others', '404 not_found', () => read(`/rooms/${secret.id}`, bob.token));
  row('messages of a private room of others', '404 not_found', () => read(`/rooms/${secret.id}/messages`, bob.token));
  row('events of a private room of others', '404 not_found', () => read(`/rooms/${secret.id}/events`, bob.token));
  row('a cursor that is none', '400 validation_failed', () => read(`/rooms/${room.id}/messages?cursor=nonsense`));
  row('an unknown direction', '400 validation_failed', () => read(`/rooms/${room.id}/messages?direction=sideways`));
  row('a limit that is no number', '400 validation_failed', () => read(`/rooms/${room.id}/messages?limit=many`));
  row('a limit of zero', '400 validation_failed', () => read(`/rooms/${room.id}/messages?limit=0`));
  row('a negative after', '400 validation_failed', () => read(`/rooms/${room.id}/events?after=-1`));
  row('a page that is no number', '400 validation_failed', () => read('/rooms?page=first'));
  row('an Idempotency-Key too long', '400 validation_failed', () =>
    refused('POST', `/rooms/${room.id}/messages`, {
      token: alice.token, body: '{"content":"x"}', headers: { 'idempotency-key': 'k'.repeat(300) },
    }));

  // -- tokens --
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: alice.user.id };
  const [head, payload, mac] = signToken(claims).split('.');
  const none = (text) => Buffer.from(JSON.stringify(text)).toString('base64url');
  const tokens = {
    'no token': undefined,
    'an empty token': ' ',
    'a token that is none': 'nonsense',
    'a token of two parts': `${head}.${payload}`,
    'a token of four parts': `${head}.${payload}.${mac}.${mac}`,
    'a forged signature': `${head}.${payload}.${mac.slice(0, -4)}AAAA`,
    'an empty signature': `${head}.${payload}.`,
    'another key': signToken(claims, { key: 'another key that is long enough to be one' }),
    'a changed payload': `${head}.${none({ sub: bob.user.id, exp: now + 900 })}.${mac}`,
    'alg none': `${none({ alg: 'none', typ: 'JWT' })}.${payload}.`,
    'alg none with a signature': `${none({ alg: 'none', typ: 'JWT' })}.${payload}.${mac}`,
    'alg NONE': `${none({ alg: 'NONE' })}.${payload}.`,
    'alg HS512 with the right key': signToken(claims, { header: { alg: 'HS512', typ: 'JWT' } }),
    'alg HS384 with the right key': signToken(claims, { header: { alg: 'HS384', typ: 'JWT' } }),
    'alg RS256 over our signature': `${none({ alg: 'RS256', typ: 'JWT' })}.${payload}.${mac}`,
    'no alg': `${none({ typ: 'JWT' })}.${payload}.${mac}`,
    'a header that is no object': `${none([])}.${payload}.${mac}`,
    'an expired token': signToken({ ...claims, iat: now - 2000, exp: now - 1000 }),
    'no exp': signToken({ ...claims, exp: undefined }),
    'exp as text': signToken({ ...claims, exp: 'tomorrow' }),
    'a token that is not valid yet': signToken({ ...claims, nbf: now + 3600 }),
    'no sub': signToken({}),
    'sub as a number': signToken({ sub: 7 }),
    'an empty sub': signToken({ sub: '' }),
    'an unknown sub': signToken({ sub: 'usr_nobody' }),
    'a token over 8 KiB': signToken({ ...claims, name: 'x'.repeat(9000) }),
  };
  for (const [name, token] of Object.entries(tokens)) {
    row(`${name} in Authorization`, '401 unauthorized', () => refused('GET', '/auth/me', { token }));
  }
  row('another scheme', '401 unauthorized', () => refused('GET', '/auth/me', { headers: { authorization: 'Basic YTpi' } }));
  row('a token in the URL', '401 unauthorized', () => refused('GET', `/auth/me?token=${alice.token}&access_token=${alice.token}`));
  row('a role claim does not count', 'user', async () => {
    const token = signToken({ ...claims, role: 'admin' });
    const answer = JSON.parse((await request('GET', '/auth/me', { token })).text);
    return (answer.user ?? answer).role;
  });
  row('the admin API with the token of a user', '403 forbidden', () => read('/admin/actors'));
  row('the admin API without a token', '401 unauthorized', () => refused('GET', '/admin/actors'));
  row('an error as RFC 9457 when asked for', 'application/problem+json', async () => {
    const answer = await fetch(`${url}/api/v1/auth/me`, { headers: { accept: 'application/problem+json' } });
    await answer.text();
    return answer.headers.get('content-type').split(';')[0];
  });
  return rows;
}

/// What must never be in a node's log.
export const secretsOf = ({ alice }) => [jwtSecret, alice.token, alice.refreshToken, alice.password];
