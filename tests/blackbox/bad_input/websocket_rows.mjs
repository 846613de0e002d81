// RFC 6455 broken in every way a client can: the handshake's status, or the close code. And what the
// plain sub-protocol makes of frames that are well formed and say nonsense.
import { signToken } from '../support/clients.mjs';
import { RawWebSocket, closePayload, exchange, frame, handshake, opcode, openPlain, partingOf } from '../support/raw.mjs';

const { text, binary, continuation, close, ping } = opcode;
const bytes = (...list) => Buffer.from(list);
const limit = 1_000_000;

const handshakes = [
  ['no key', { 'Sec-WebSocket-Key': undefined }, {}, 400],
  ['a short key', { 'Sec-WebSocket-Key': 'AAAA' }, {}, 400],
  ['a key that is no base64', { 'Sec-WebSocket-Key': '!!!!!!!!!!!!!!!!!!!!!!!!' }, {}, 400],
  ['version 8', { 'Sec-WebSocket-Version': '8' }, {}, 426],
  ['no version', { 'Sec-WebSocket-Version': undefined }, {}, 426],
  ['no Connection', { Connection: undefined }, {}, 426],
  ['Connection without upgrade', { Connection: 'keep-alive' }, {}, 426],
  ['no Upgrade', { Upgrade: undefined }, {}, 426],
  ['another Upgrade', { Upgrade: 'h2c' }, {}, 426],
  ['POST', {}, { method: 'POST' }, 405],
  ['HTTP/1.0', {}, { version: 'HTTP/1.0' }, 426],
  ['a body', { 'Content-Length': '5' }, {}, 400],
  ['no Host', { Host: undefined }, {}, 400],
  ['a foreign Origin', { Origin: 'http://evil.example.org' }, {}, 403],
  ['an Origin that only begins like ours', { Origin: 'http://127.0.0.1.evil.example.org' }, {}, 403],
  ['the Origin null', { Origin: 'null' }, {}, 403],
];

/// Frames sent behind a good sign-in, and the close code they are answered with.
const frames = [
  ['an unmasked frame', [frame(text, '{}', { masked: false })], 1002],
  ['an unmasked ping', [frame(ping, '', { masked: false })], 1002],
  ...[1, 2, 4, 7].map((rsv) => [`reserved bits ${rsv}`, [frame(text, '{}', { rsv })], 1002]),
  ['a reserved bit on a ping', [frame(ping, '', { rsv: 4 })], 1002],
  ...[3, 4, 5, 6, 7].map((op) => [`the reserved data opcode ${op}`, [frame(op, '{}')], 1002]),
  ...[11, 12, 13, 14, 15].map((op) => [`the reserved control opcode ${op}`, [frame(op, '')], 1002]),
  ['a fragmented ping', [frame(ping, 'x', { fin: false })], 1002],
  ['a fragmented pong', [frame(opcode.pong, 'x', { fin: false })], 1002],
  ['a fragmented close', [frame(close, closePayload(1000), { fin: false })], 1002],
  ['a ping of 126 bytes', [frame(ping, 'x'.repeat(126))], 1002],
  ['a close of 126 bytes', [frame(close, closePayload(1000, 'x'.repeat(124)))], 1002],
  ['a continuation without a start', [frame(continuation, '{}')], 1002],
  ['a last continuation twice', [frame(text, '{"event":"typ', { fin: false }), frame(continuation, 'ing"}'), frame(continuation, 'x')], 1002],
  ['a text inside a fragmented text', [frame(text, '{', { fin: false }), frame(text, '{}')], 1002],
  ['a binary inside a fragmented text', [frame(text, '{', { fin: false }), frame(binary, 'x')], 1002],
  ['a length of 7 bits in 16', [frame(text, '{}', { length: 16 })], 1002],
  ['a length of 7 bits in 64', [frame(text, '{}', { length: 64 })], 1002],
  ['a length of 16 bits in 64', [frame(text, 'x'.repeat(300), { length: 64 })], 1002],
  ['a length with its highest bit', [frame(text, '', { length: 64, claim: 2n ** 63n })], 1009],
  ['0xff as text', [frame(text, bytes(0xff))], 1007],
  ['an overlong slash', [frame(text, bytes(0xc0, 0xaf))], 1007],
  ['a UTF-16 surrogate', [frame(text, bytes(0xed, 0xa0, 0x80))], 1007],
  ['a code point beyond Unicode', [frame(text, bytes(0xf4, 0x90, 0x80, 0x80))], 1007],
  ['a continuation byte alone', [frame(text, bytes(0x80))], 1007],
  ['a text cut in a code point', [frame(text, bytes(0xe2, 0x98))], 1007],
  ['invalid UTF-8 over two fragments', [frame(text, bytes(0xe2, 0x98), { fin: false }), frame(continuation, bytes(0x28))], 1007],
  ['invalid UTF-8 before the end of a message', [frame(text, bytes(0x7b, 0xff), { fin: false })], 1007],
  ['a frame one byte over the limit', [frame(text, 'x'.repeat(limit + 1))], 1009],
  ['a frame that claims a terabyte', [frame(text, '', { claim: 2n ** 40n })], 1009],
  ['fragments over the limit', [frame(text, 'x'.repeat(limit), { fin: false }), frame(continuation, 'xx')], 1009],
  ['a close with half a code', [frame(close, bytes(3))], 1002],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999].map((code) => [`a close with the code ${code}`, [frame(close, closePayload(code))], 1002]),
  ['a close whose reason is not UTF-8', [frame(close, closePayload(1000, bytes(0xff)))], 1007],
  ...[1000, 1001, 1003, 1011, 3000, 4999].map((code) => [`a close with the code ${code}, which is echoed`, [frame(close, closePayload(code, 'bye'))], code]),
  ['a binary message', [frame(binary, '{}')], 1003],
];

/// Well-formed frames that say nonsense: the error's code in the answer, and the connection stays.
const nonsense = (room, secret, elsewhere) => [
  ['an unknown command', { event: 'make-coffee', data: {} }, 'bad_request'],
  ['an event that only the server emits', { event: 'new-message', data: {} }, 'bad_request'],
  ['join-room without data', { event: 'join-room' }, 'validation_failed'],
  ['join-room with a number', { event: 'join-room', data: 5 }, 'validation_failed'],
  ['join-room with a list', { event: 'join-room', data: [] }, 'validation_failed'],
  ['join-room without roomId', { event: 'join-room', data: {} }, 'validation_failed'],
  ['join-room with a null roomId', { event: 'join-room', data: { roomId: null } }, 'validation_failed'],
  ['join-room with after as text', { event: 'join-room', data: { roomId: room, after: '1' } }, 'validation_failed'],
  ['join-room with a negative after', { event: 'join-room', data: { roomId: room, after: -1 } }, 'validation_failed'],
  ['join-room with a broken after', { event: 'join-room', data: { roomId: room, after: 1.5 } }, 'validation_failed'],
  ['join-room of a room that is not there', { event: 'join-room', data: { roomId: 'room_nowhere' } }, 'not_found'],
  ['join-room of a private room of others', { event: 'join-room', data: { roomId: secret } }, 'not_found'],
  ['send-message to a room one is not in', { event: 'send-message', data: { roomId: elsewhere, content: 'x' } }, 'forbidden'],
  ['send-message to a room that is not there', { event: 'send-message', data: { roomId: 'room_nowhere', content: 'x' } }, 'forbidden'],
  ['send-message to a private room of others', { event: 'send-message', data: { roomId: secret, content: 'x' } }, 'forbidden'],
  ['send-message without content', { event: 'send-message', data: { roomId: room } }, 'validation_failed'],
  ['send-message of spaces', { event: 'send-message', data: { roomId: room, content: '  ' } }, 'validation_failed'],
  ['send-message of 4 001 characters', { event: 'send-message', data: { roomId: room, content: 'é'.repeat(4001) } }, 'validation_failed'],
  ['send-message with a number', { event: 'send-message', data: { roomId: room, content: 1 } }, 'validation_failed'],
  ['send-message with 17 KB of attachments', { event: 'send-message', data: { roomId: room, content: 'x', attachments: [{ a: 'x'.repeat(17_000) }] } }, 'validation_failed'],
  ['send-message with 11 attachments', { event: 'send-message', data: { roomId: room, content: 'x', attachments: Array(11).fill({}) } }, 'validation_failed'],
  ['send-message with a number as clientId', { event: 'send-message', data: { roomId: room, content: 'x', clientId: 1 } }, 'validation_failed'],
  ['sync without rooms', { event: 'sync', data: {} }, 'validation_failed'],
  ['sync with a list', { event: 'sync', data: { rooms: [] } }, 'validation_failed'],
  ['sync with text as seq', { event: 'sync', data: { rooms: { [room]: 'x' } } }, 'validation_failed'],
  ['subscribe without a topic', { event: 'subscribe', data: {} }, 'validation_failed'],
  ['subscribe to the topic of a room', { event: 'subscribe', data: { topic: `room:${secret}` } }, 'forbidden'],
  ['subscribe to a topic too long', { event: 'subscribe', data: { topic: `public:${'x'.repeat(300)}` } }, 'validation_failed'],
  ['publish to the topic of a user', { event: 'publish', data: { topic: 'user:usr_1', event: 'x', data: 1 } }, 'forbidden'],
  ['publish of a reserved event', { event: 'publish', data: { topic: 'public:a', event: 'new-message', data: 1 } }, 'validation_failed'],
  ["publish of the protocol's own event", { event: 'publish', data: { topic: 'public:a', event: 'connect', data: 1 } }, 'validation_failed'],
  ['publish without an event', { event: 'publish', data: { topic: 'public:a', data: 1 } }, 'validation_failed'],
  ['authenticate with nonsense on a live session', { event: 'authenticate', data: { token: 'nonsense' } }, 'unauthorized'],
];

/// Text messages that are no frame of the sub-protocol, and the close code.
const unreadable = [
  ['text that is not JSON', 'hello'],
  ['an empty text', ''],
  ['a list', '[]'],
  ['a number', '7'],
  ['null', 'null'],
  ['an object without event', '{"data":{}}'],
  ['an event that is a number', '{"event":7}'],
  ['an id that is an object', '{"event":"typing","data":"r","id":{}}'],
  ['a duplicate key', '{"event":"typing","event":"typing","data":"r"}'],
  ['depth 100 000', `{"event":"typing","data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ['a lone surrogate', '{"event":"typing","data":"\\ud800"}'],
  ['NaN', '{"event":"typing","data":NaN}'],
];

async function nextAck(socket) {
  for (;;) {
    const message = JSON.parse(await socket.nextText());
    if ('ack' in message) return message;
  }
}

export function websocketRows({ port, alice, bob, room, secret }) {
  const rows = handshakes.map(([name, headers, line, status]) => ({
    name: `WebSocket handshake: ${name}`,
    expect: status,
    async run() {
      const { connection, answer } = await exchange(port, handshake('/ws', headers, line));
      connection.destroy();
      if (answer?.status === 426 && answer.headers['sec-websocket-version'] !== '13') return '426 without the version';
      return answer?.status;
    },
  }));
  rows.push(
    {
      name: 'WebSocket handshake: a token in the URL',
      expect: 400,
      async run() {
        const { connection, answer } = await exchange(port, handshake(`/ws?token=${alice.token}`));
        connection.destroy();
        return answer?.status;
      },
    },
    {
      name: 'WebSocket handshake: an unknown sub-protocol',
      expect: 400,
      async run() {
        const { connection, answer } = await exchange(port, handshake('/ws', { 'Sec-WebSocket-Protocol': 'mqtt' }));
        connection.destroy();
        return answer?.status;
      },
    },
    {
      name: 'WebSocket handshake: ours is chosen behind an unknown sub-protocol',
      expect: 'troupe.v1.json',
      async run() {
        const socket = await RawWebSocket.open(port, '/ws', { 'Sec-WebSocket-Protocol': 'mqtt, troupe.v1.json' });
        socket.destroy();
        return socket.handshakeHeaders['sec-websocket-protocol'];
      },
    },
    {
      name: 'WebSocket handshake: frames right behind it are read',
      expect: true,
      async run() {
        const { connection, answer } = await exchange(port, [
          Buffer.concat([
            Buffer.from(handshake('/ws', { 'Sec-WebSocket-Protocol': 'troupe.v1.json' })),
            frame(text, JSON.stringify({ event: 'authenticate', data: { token: alice.token }, id: 1 })),
          ]),
        ]);
        const found = await connection.until(() => (connection.received.includes('"ok":true') ? true : undefined), 'the answer');
        connection.destroy();
        return answer.status === 101 && found;
      },
    },
  );
  for (const [name, list, code] of frames) {
    rows.push({
      name: `WebSocket: ${name}`,
      expect: { code, closed: true },
      async run() {
        const socket = await openPlain(port, alice.token);
        for (const one of list) socket.write(one);
        return partingOf(socket);
      },
    });
  }
  for (const [name, message] of unreadable) {
    rows.push({
      name: `plain: ${name}`,
      expect: 4501,
      async run() {
        const socket = await openPlain(port, alice.token);
        socket.text(message);
        const { code } = await socket.closeCode();
        socket.destroy();
        return code;
      },
    });
  }
  for (const [name, message, code] of nonsense(room.id, secret.id, room.id)) {
    rows.push({
      name: `plain: ${name}`,
      expect: [code, true],
      async run() {
        const socket = await openPlain(port, bob.token);
        socket.text(JSON.stringify({ ...message, id: 'a' }));
        const answer = await nextAck(socket);
        socket.text(JSON.stringify({ event: 'sync', data: { rooms: {} }, id: 'b' }));
        const next = await nextAck(socket);
        socket.write(frame(close, closePayload(1000)));
        await socket.closes();
        if (answer.ack !== 'a' || answer.data?.ok !== false) return JSON.stringify(answer);
        return [answer.data.error.code, next.ack === 'b' && next.data.ok];
      },
    });
  }
  const before = (name, list, code) => rows.push({
    name: `plain before the sign-in: ${name}`,
    expect: code,
    async run() {
      const socket = await openPlain(port);
      for (const one of list) socket.text(JSON.stringify(one));
      const closing = await socket.closeCode();
      socket.destroy();
      return closing.code;
    },
  });
  const now = Math.floor(Date.now() / 1000);
  const authenticate = (data) => [{ event: 'authenticate', data }];
  before('a command', [{ event: 'join-room', data: 'x', id: 1 }], 4502);
  before('nothing for five seconds', [], 4502);
  before('a token that is none', authenticate({ token: 'nonsense' }), 4540);
  before('an expired token', authenticate({ token: signToken({ sub: alice.user.id, exp: now - 60 }) }), 4540);
  rows.push({
    name: 'plain: a forged token in Authorization',
    expect: 4540,
    async run() {
      const socket = await openPlain(port, undefined, { Authorization: 'Bearer nonsense' });
      const { code } = await socket.closeCode();
      socket.destroy();
      return code;
    },
  });
  before('no token', authenticate({}), 4540);
  before('a number as token', authenticate({ token: 7 }), 4540);
  return rows;
}
