// MessagePack that must be refused: in the plain sub-protocol (close code 4501) and as packets of
// socket.io-msgpack-parser (closed without an answer).
import notepack from 'notepack.io';

import { RawWebSocket, frame, opcode, openPlain, partingOf } from '../support/raw.mjs';

const { binary, text, close } = opcode;
const bytes = (...list) => Buffer.from(list);
const pack = (value) => Buffer.from(notepack.encode(value));
/// A map whose last value is written by hand, behind the entries of `fields`.
function mapWith(fields, key, value) {
  const head = pack({ ...fields, [key]: 0 });
  return Buffer.concat([head.subarray(0, -1), value]);
}
const str = (kind, size, ...data) => bytes(kind, ...size, ...data);

/// Values that are no MessagePack, or that no command or packet may hold.
const values = [
  ['a byte that begins nothing', bytes(0xc1)],
  ['a string cut short', bytes(0xa5, 0x61)],
  ['a string of 8 bits cut short', str(0xd9, [0x20], 0x61)],
  ['a string that claims 4 GiB', str(0xdb, [0xff, 0xff, 0xff, 0xff], 0x61)],
  ['a string that is no UTF-8', bytes(0xa2, 0xc0, 0xaf)],
  ['a string with a surrogate', bytes(0xa3, 0xed, 0xa0, 0x80)],
  ['a list cut short', bytes(0x92, 0x01)],
  ['a list that claims 65 535 values', bytes(0xdc, 0xff, 0xff)],
  ['a list that claims 4 billion values', bytes(0xdd, 0xff, 0xff, 0xff, 0xff)],
  ['a map that claims 4 billion entries', bytes(0xdf, 0xff, 0xff, 0xff, 0xff)],
  ['a map cut behind a key', bytes(0x81, 0xa1, 0x61)],
  ['a map with a number as key', bytes(0x81, 0x01, 0x02)],
  ['a map with nothing as key', bytes(0x81, 0xc0, 0x02)],
  ['a map with a map as key', bytes(0x81, 0x80, 0x02)],
  ['a map with the same key twice', bytes(0x82, 0xa1, 0x61, 0x01, 0xa1, 0x61, 0x02)],
  ['a key that is no UTF-8', bytes(0x81, 0xa1, 0xff, 0x01)],
  ['a key of 300 bytes', Buffer.concat([bytes(0x81, 0xda, 0x01, 0x2c), Buffer.alloc(300, 'k'), bytes(1)])],
  ['300 keys', pack(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i])))],
  ['10 001 values', pack(Array.from({ length: 10_001 }, () => 0))],
  ['lists 100 000 deep', Buffer.alloc(100_000, 0x91)],
  ['maps 1 000 deep', Buffer.concat(Array.from({ length: 1000 }, () => bytes(0x81, 0xa1, 0x61)))],
  ['a natural number cut short', bytes(0xcf, 0x00)],
  ['an integer cut short', bytes(0xd3, 0xff)],
  ['a float cut short', bytes(0xcb, 0x40)],
  ['bytes that claim 4 GiB', bytes(0xc6, 0xff, 0xff, 0xff, 0xff, 0x00)],
  ['an extension that nobody knows', bytes(0xd4, 0x05, 0x00)],
  ['an extension that claims 4 GiB', bytes(0xc9, 0xff, 0xff, 0xff, 0xff, 0x05, 0x00)],
  ['an extension cut before its type', bytes(0xc7, 0x01)],
  ['a timestamp of the wrong size', bytes(0xc7, 0x03, 0xff, 0x00, 0x00, 0x00)],
  ['a timestamp with too many nanoseconds', bytes(0xd7, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00)],
];

/// Whole messages of the plain sub-protocol.
const unreadable = [
  ['nothing', Buffer.alloc(0)],
  ['a number', bytes(0x07)],
  ['a list', pack([])],
  ['text', pack('typing')],
  ['nil', bytes(0xc0)],
  ['a map without event', pack({ data: {} })],
  ['an event that is a number', pack({ event: 7 })],
  ['an id that is a map', pack({ event: 'typing', data: 'r', id: {} })],
  ['something behind the message', Buffer.concat([pack({ event: 'typing', data: 'r' }), bytes(0x00)])],
  ['two messages in one', Buffer.concat([pack({ event: 'typing' }), pack({ event: 'typing' })])],
  ['bytes as data', pack({ event: 'typing', data: Buffer.from('r') })],
];

/// Whole packets of socket.io-msgpack-parser, behind a CONNECT that was answered.
const packets = [
  ['nothing', Buffer.alloc(0)],
  ['a list', pack([2, '/', ['x']])],
  ['no type', pack({ nsp: '/', data: ['x'] })],
  ['a type that is text', pack({ type: '2', nsp: '/', data: ['x'] })],
  ['a type that is a fraction', pack({ type: 2.5, nsp: '/', data: ['x'] })],
  ['a negative type', pack({ type: -1, nsp: '/', data: ['x'] })],
  ['the type of a binary event, which there is none of', pack({ type: 5, nsp: '/', data: ['x'] })],
  ['type 99', pack({ type: 99, nsp: '/', data: ['x'] })],
  ['no namespace', pack({ type: 2, data: ['x'] })],
  ['a namespace that is a number', pack({ type: 2, nsp: 1, data: ['x'] })],
  ['a namespace not joined', pack({ type: 2, nsp: '/other', data: ['x'] })],
  ['an event without data', pack({ type: 2, nsp: '/' })],
  ['an event that is a map', pack({ type: 2, nsp: '/', data: {} })],
  ['an event that is empty', pack({ type: 2, nsp: '/', data: [] })],
  ['an event named by a map', pack({ type: 2, nsp: '/', data: [{ toString: 'x' }] })],
  ['an event named connect', pack({ type: 2, nsp: '/', data: ['connect'] })],
  ['an event named disconnecting', pack({ type: 2, nsp: '/', data: ['disconnecting'] })],
  ['an id that is text', pack({ type: 2, nsp: '/', id: '1', data: ['x'] })],
  ['an id that is negative', pack({ type: 2, nsp: '/', id: -1, data: ['x'] })],
  ['an id beyond 2^53', Buffer.concat([bytes(0x84), ...[['type', bytes(2)], ['nsp', pack('/')], ['data', pack(['x'])],
    ['id', bytes(0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)]].flatMap(([k, v]) => [pack(k), v])])],
  ['an acknowledgement without data', pack({ type: 3, nsp: '/', id: 1 })],
  ['an acknowledgement that is a map', pack({ type: 3, nsp: '/', id: 1, data: {} })],
  ['a second CONNECT', pack({ type: 0, nsp: '/' })],
  ['a CONNECT that is a list', pack({ type: 0, nsp: '/other', data: [] })],
  ['a DISCONNECT with data', pack({ type: 1, nsp: '/', data: [] })],
  ['a CONNECT_ERROR from a client', pack({ type: 4, nsp: '/', data: { message: 'x' } })],
  ['11 attachments', pack({ type: 2, nsp: '/', data: ['x', ...Array.from({ length: 11 }, () => Buffer.from('b'))] })],
  ['bytes in a key that nobody knows', pack({ type: 2, nsp: '/', data: ['x'], more: Buffer.from('b') })],
  ['a map that looks like an attachment', pack({ type: 2, nsp: '/', data: ['x', { _placeholder: true, num: 0 }] })],
  ['text, as the other parser sends it', '2["x"]'],
];

async function openPacked(port, token) {
  const engine = await RawWebSocket.open(port, '/socket.io/?EIO=4&transport=websocket');
  await engine.nextText('the open packet');
  engine.write(frame(binary, pack({ type: 0, nsp: '/', data: { token } })));
  const answer = await engine.nextFrame('the answer to CONNECT');
  if (notepack.decode(answer.payload).type !== 0) throw new Error(`CONNECT: ${answer.payload}`);
  return engine;
}

export function msgpackRows({ port, alice }) {
  const row = (name, expect, run) => ({ name: `MessagePack: ${name}`, expect, run });
  const plain = [
    ...values.map(([name, value]) => [name, mapWith({ event: 'typing' }, 'data', value)]),
    ...unreadable,
  ];
  const packed = [
    ...values.map(([name, value]) => [name, mapWith({ type: 2, nsp: '/' }, 'data', Buffer.concat([bytes(0x92, 0xa1, 0x78), value]))]),
    ...packets,
  ];
  return [
    ...plain.map(([name, message]) => row(`plain, ${name}`, 4501, async () => {
      const socket = await RawWebSocket.open(port, '/ws', {
        'Sec-WebSocket-Protocol': 'troupe.v1.msgpack', Authorization: `Bearer ${alice.token}`,
      });
      socket.write(frame(binary, message));
      return (await partingOf(socket)).code;
    })),
    row('plain, text over it', 1003, async () => {
      const socket = await RawWebSocket.open(port, '/ws', { 'Sec-WebSocket-Protocol': 'troupe.v1.msgpack' });
      socket.text('{"event":"typing"}');
      return (await partingOf(socket)).code;
    }),
    row('plain, bytes over JSON', 1003, async () => {
      const socket = await openPlain(port, alice.token);
      socket.write(frame(binary, pack({ event: 'typing' })));
      return (await partingOf(socket)).code;
    }),
    ...packed.map(([name, packet]) => row(`packet, ${name}`, { answered: false, closed: true }, async () => {
      const engine = await openPacked(port, alice.token);
      engine.write(typeof packet === 'string' ? frame(text, `4${packet}`) : frame(binary, packet));
      let answered = false;
      for (let next; (next = await engine.nextFrame('the close')) !== undefined && next.op !== close;) {
        answered ||= next.op === binary;
      }
      engine.write(frame(close, ''));
      const closed = await engine.closes();
      engine.destroy();
      return { answered, closed };
    })),
  ];
}
