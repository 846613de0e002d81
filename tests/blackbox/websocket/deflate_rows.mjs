// RFC 7692: what is offered and agreed upon, and messages under it.
import { frame } from '../support/raw.mjs';
import { binary, bytes, closes, compressed, continuation, deflated, echoes, packs, ping, pongs, text } from './expect.mjs';

const both = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';

/// [offer, the answer's Sec-WebSocket-Extensions or undefined]
export const offers = [
  [undefined, undefined],
  ['', undefined],
  ['permessage-deflate', both],
  ['permessage-deflate; client_max_window_bits', both],
  ['permessage-deflate; client_max_window_bits=9', both],
  ['permessage-deflate; client_max_window_bits="15"', both],
  ['permessage-deflate; server_no_context_takeover', both],
  ['permessage-deflate; client_no_context_takeover', both],
  ['permessage-deflate; client_no_context_takeover; server_no_context_takeover; client_max_window_bits', both],
  ['permessage-deflate;server_max_window_bits=15', `${both}; server_max_window_bits=15`],
  ['permessage-deflate; server_max_window_bits=9', `${both}; server_max_window_bits=9`],
  ['permessage-deflate; server_max_window_bits=8', `${both}; server_max_window_bits=8`],
  ['permessage-deflate; server_max_window_bits="12"', `${both}; server_max_window_bits=12`],
  ['permessage-deflate; server_max_window_bits=10, permessage-deflate', `${both}; server_max_window_bits=10`],
  ['permessage-deflate; server_max_window_bits=20, permessage-deflate', both],
  ['x-webkit-deflate-frame, permessage-deflate; client_max_window_bits', both],
  ['permessage-bzip2; x="a, permessage-deflate"', undefined],
  ['x-webkit-deflate-frame', undefined],
  ['permessage-deflate; server_max_window_bits', undefined],
  ['permessage-deflate; server_max_window_bits=7', undefined],
  ['permessage-deflate; server_max_window_bits=16', undefined],
  ['permessage-deflate; server_max_window_bits=09', undefined],
  ['permessage-deflate; server_max_window_bits=-10', undefined],
  ['permessage-deflate; server_max_window_bits=10; server_max_window_bits=10', undefined],
  ['permessage-deflate; client_max_window_bits=7', undefined],
  ['permessage-deflate; client_max_window_bits=x', undefined],
  ['permessage-deflate; client_max_window_bits; client_max_window_bits', undefined],
  ['permessage-deflate; client_no_context_takeover=1', undefined],
  ['permessage-deflate; server_no_context_takeover; server_no_context_takeover', undefined],
  ['permessage-deflate; mystery', undefined],
  ['permessage-deflate; mystery=1; client_max_window_bits', undefined],
];

const json = (size) => JSON.stringify(Array.from({ length: Math.ceil(size / 20) }, (_, i) => ({ id: i, n: 'name' }))).slice(0, size);
let state = 7;
const noise = Buffer.from(Array.from({ length: 100_000 }, () => (state = (state * 1_103_515_245 + 12_345) & 0x7fffffff) >> 16));
const sizes = [0, 1, 16, 64, 256, 257, 1_023, 1_024, 4_096, 32_768, 65_536, 131_072, 1_000_000];

const large = 'permessage-deflate';
const at = (windowBits, offer = large) => ({ windowBits, headers: { 'Sec-WebSocket-Extensions': offer } });
const split = (payload, size) => {
  const all = deflated(payload);
  const parts = [];
  for (let from = 0; from < all.length; from += size) {
    parts.push(frame(from === 0 ? text : continuation, all.subarray(from, from + size), { fin: from + size >= all.length, rsv: from === 0 ? 4 : 0 }));
  }
  return parts;
};

const messages = [
  ...sizes.flatMap((size) => [
    ['7.2', `a compressed text of ${size} bytes`, [compressed(json(size))], [packs(json(size))], at(15)],
    ['7.2', `a compressed binary of ${size} bytes`, [compressed(json(size), binary)], [packs(json(size), binary)], at(15)],
    ['7.2', `a compressed text of ${size} bytes in pieces`, [compressed(json(size))], [packs(json(size))], { ...at(15), chop: 997 }],
  ]),
  ...[8, 9, 10, 12, 14, 15].flatMap((bits) =>
    [100, 2_000, 100_000].map((size) => [
      '7.1.2.1',
      `a text of ${size} bytes to a window of ${bits} bits`,
      [compressed(json(size))],
      [echoes(json(size))],
      at(bits, `${large}; server_max_window_bits=${bits}`),
    ]),
  ),
  ...[9, 12, 15].map((bits) => ['7.1.2.2', `a text from a window of ${bits} bits`, [compressed(json(50_000), text, { windowBits: bits })], [packs(json(50_000))], at(15, `${large}; client_max_window_bits=${bits}`)]),
  ['7.2', 'bytes that cannot be compressed', [compressed(noise, binary)], [echoes(noise, binary)], at(15)],
  ['7.2', 'a plain text where compression was agreed upon', [frame(text, json(2_000))], [echoes(json(2_000))], at(15)],
  ['7.2', 'compressed and plain in turns', [compressed('a'), frame(text, 'b'), compressed('c')], [packs('a'), echoes('b'), packs('c')], at(15)],
  ['7.2', 'a thousand compressed messages', Array.from({ length: 1_000 }, (_, i) => compressed(`message ${i}`)), Array.from({ length: 1_000 }, (_, i) => packs(`message ${i}`)), at(15)],
  ['7.2.3.1', 'the RFC\'s "Hello"', [frame(text, bytes(0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00), { rsv: 4 })], [packs('Hello')], at(15)],
  ['7.2.3.1', 'the RFC\'s "Hello" in two fragments', [frame(text, bytes(0xf2, 0x48, 0xcd), { rsv: 4, fin: false }), frame(continuation, bytes(0xc9, 0xc9, 0x07, 0x00))], [packs('Hello')], at(15)],
  ['7.2.3.3', 'a block without compression', [frame(text, bytes(0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00), { rsv: 4 })], [packs('Hello')], at(15)],
  ['7.2.3.4', 'a final block', [frame(text, bytes(0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00), { rsv: 4 })], [packs('Hello')], at(15)],
  ['7.2.3.5', 'two blocks', [frame(text, bytes(0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00), { rsv: 4 })], [packs('Hello')], at(15)],
  ['7.2.3.6', 'an empty message', [frame(text, bytes(0), { rsv: 4 })], [echoes('')], at(15)],
  ['6', 'a ping between two compressed fragments', [frame(text, bytes(0xf2, 0x48, 0xcd), { rsv: 4, fin: false }), frame(ping, 'p'), frame(continuation, bytes(0xc9, 0xc9, 0x07, 0x00))], [pongs('p'), packs('Hello')], at(15)],
  ['6', 'a fragment for each compressed byte', split(json(500), 1), [packs(json(500))], at(15)],
  ['6', 'many fragments of a large message', split(json(100_000), 100), [packs(json(100_000))], at(15)],
  ['6.1', 'RSV1 on a continuation', [frame(text, bytes(0xf2, 0x48, 0xcd), { rsv: 4, fin: false }), frame(continuation, bytes(0xc9, 0xc9, 0x07, 0x00), { rsv: 4 })], [closes(1002)], at(15)],
  ['6.1', 'RSV1 on a continuation of a plain message', [frame(text, 'a', { fin: false }), frame(continuation, 'b', { rsv: 4 })], [closes(1002)], at(15)],
  ['6.1', 'RSV1 on a ping', [frame(ping, 'x', { rsv: 4 })], [closes(1002)], at(15)],
  ['6.1', 'RSV2 on a compressed message', [frame(text, deflated('a'), { rsv: 6 })], [closes(1002)], at(15)],
  ['6.1', 'RSV1 after a declined offer', [compressed('a')], [closes(1002)], at(15, `${large}; mystery`)],
  ['7.2.2', 'bytes that are not compressed data', [frame(text, bytes(0xff, 0xff, 0xff, 0xff), { rsv: 4 })], [closes(1007)], at(15)],
  ['7.2.2', 'compressed data that is cut off', [frame(text, deflated(json(300)).subarray(0, 30), { rsv: 4 })], [closes(1007)], at(15)],
  ['7.2.2', 'a reference in front of the message', [frame(text, bytes(0xf2, 0x00, 0x11, 0x00, 0x00), { rsv: 4 })], [closes(1007)], at(15)],
  ['8.1', 'compressed bytes that are no text', [compressed(bytes(0x61, 0xed, 0xa0, 0x80))], [closes(1007)], at(15)],
  ['8.1', 'compressed bytes that are no text, as binary', [compressed(bytes(0x61, 0xed, 0xa0, 0x80), binary)], [packs(bytes(0x61, 0xed, 0xa0, 0x80), binary)], at(15)],
  ['10.4', 'exactly the limit, compressed', [compressed('a'.repeat(1_048_576))], [packs('a'.repeat(1_048_576))], at(15)],
  ['10.4', 'a byte above the limit, compressed', [compressed('a'.repeat(1_048_577))], [closes(1009)], at(15)],
  ['10.4', 'a bomb of 64 MiB', [compressed(Buffer.alloc(64 << 20), binary)], [closes(1009)], at(15)],
];

export const rows = messages;
