// RFC 6455 §5: lengths, pings, reserved bits, opcodes, fragmentation.
import { frame } from '../support/raw.mjs';
import { binary, bytes, close, closes, closing, continuation, echoes, ping, pong, pongs, text } from './expect.mjs';

const sizes = [0, 1, 125, 126, 127, 128, 65_535, 65_536];
const filled = (size, letter = '*') => letter.repeat(size);

const lengths = [text, binary].flatMap((op) =>
  sizes.flatMap((size) =>
    [undefined, ...(size > 0 ? [997] : [])].map((chop) => [
      '5.2',
      `${op === text ? 'text' : 'binary'} of ${size} bytes${chop ? ' in pieces' : ''}`,
      [frame(op, filled(size))],
      [echoes(filled(size), op)],
      { chop },
    ]),
  ),
);

const shortest = [
  ['5.2', 'a length of 7 bits written in 16', [frame(text, 'x', { length: 16 })], [closes(1002)]],
  ['5.2', 'a length of 7 bits written in 64', [frame(text, 'x', { length: 64 })], [closes(1002)]],
  ['5.2', 'a length of 16 bits written in 64', [frame(text, filled(300), { length: 64 })], [closes(1002)]],
  ['5.2', '125 written in 16 bits', [frame(binary, filled(125), { length: 16 })], [closes(1002)]],
  ['5.2', '65535 written in 64 bits', [frame(binary, filled(65_535), { length: 64 })], [closes(1002)]],
];

const masks = [
  ['5.3', 'an unmasked text', [frame(text, 'x', { masked: false })], [closes(1002)]],
  ['5.3', 'an unmasked empty binary', [frame(binary, '', { masked: false })], [closes(1002)]],
  ['5.3', 'an unmasked ping', [frame(ping, 'x', { masked: false })], [closes(1002)]],
  ['5.3', 'an unmasked pong', [frame(pong, 'x', { masked: false })], [closes(1002)]],
  ['5.3', 'an unmasked close', [frame(close, bytes(3, 232), { masked: false })], [closes(1002)]],
  ['5.3', 'an unmasked continuation', [frame(text, 'a', { fin: false }), frame(continuation, 'b', { masked: false })], [closes(1002)]],
  ['5.3', 'an unmasked frame behind a good one', [frame(text, 'a'), frame(text, 'b', { masked: false })], [echoes('a'), closes(1002)]],
];

const pings = [
  ['5.5.2', 'a ping without payload', [frame(ping)], [pongs()]],
  ['5.5.2', 'a ping with a text', [frame(ping, 'Hello')], [pongs('Hello')]],
  ['5.5.2', 'a ping with bytes that are no text', [frame(ping, bytes(0, 255, 254, 253))], [pongs(bytes(0, 255, 254, 253))]],
  ['5.5.2', 'a ping of 125 bytes', [frame(ping, filled(125, 'p'))], [pongs(filled(125, 'p'))]],
  ['5.5.2', 'a ping of 125 bytes, byte by byte', [frame(ping, filled(125, 'p'))], [pongs(filled(125, 'p'))], { chop: 1 }],
  ['5.5.2', 'a ping of 126 bytes', [frame(ping, filled(126, 'p'))], [closes(1002)]],
  ['5.5.2', 'a ping with a 64-bit length', [frame(ping, filled(70_000, 'p'))], [closes(1002)]],
  ['5.5.2', 'ten pings', Array.from({ length: 10 }, (_, i) => frame(ping, `ping ${i}`)), Array.from({ length: 10 }, (_, i) => pongs(`ping ${i}`))],
  ['5.5.2', 'ten pings, byte by byte', Array.from({ length: 10 }, (_, i) => frame(ping, `ping ${i}`)), Array.from({ length: 10 }, (_, i) => pongs(`ping ${i}`)), { chop: 1 }],
  ['5.5.3', 'a pong that nobody asked for', [frame(pong), frame(ping, 'x')], [pongs('x')]],
  ['5.5.3', 'a pong with a payload that nobody asked for', [frame(pong, 'y'), frame(ping, 'x')], [pongs('x')]],
  ['5.5.3', 'a pong of 126 bytes', [frame(pong, filled(126))], [closes(1002)]],
  ['5.5.3', 'a pong between a ping and a ping', [frame(ping, 'a'), frame(pong, 'b'), frame(ping, 'c')], [pongs('a'), pongs('c')]],
];

const reserved = [1, 2, 3, 4, 5, 6, 7].flatMap((rsv) => [
  ['5.2', `reserved bits ${rsv} on a text`, [frame(text, 'x', { rsv })], [closes(1002)]],
  ['5.2', `reserved bits ${rsv} on a text behind a good one`, [frame(text, 'a'), frame(text, 'x', { rsv })], [echoes('a'), closes(1002)]],
  ['5.2', `reserved bits ${rsv} on a binary, byte by byte`, [frame(binary, 'x', { rsv })], [closes(1002)], { chop: 1 }],
  ['5.2', `reserved bits ${rsv} on a continuation`, [frame(text, 'a', { fin: false }), frame(continuation, 'b', { rsv })], [closes(1002)]],
  ['5.2', `reserved bits ${rsv} on a ping`, [frame(ping, 'x', { rsv })], [closes(1002)]],
  ['5.2', `reserved bits ${rsv} on a close`, [frame(close, bytes(3, 232), { rsv })], [closes(1002)]],
]);

const opcodes = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((op) => [
  ['5.2', `the reserved opcode ${op}`, [frame(op)], [closes(1002)]],
  ['5.2', `the reserved opcode ${op} with a payload`, [frame(op, 'x')], [closes(1002)]],
  ['5.2', `the reserved opcode ${op} behind a text, before a ping`, [frame(text, 'a'), frame(op, 'x'), frame(ping)], [echoes('a'), closes(1002)]],
]);

const start = (payload, op = text) => frame(op, payload, { fin: false });
const middle = (payload) => frame(continuation, payload, { fin: false });
const last = (payload) => frame(continuation, payload);

const fragments = [
  ['5.4', 'a ping in two fragments', [frame(ping, 'a', { fin: false }), last('b')], [closes(1002)]],
  ['5.4', 'a pong in two fragments', [frame(pong, 'a', { fin: false }), last('b')], [closes(1002)]],
  ['5.4', 'a close in two fragments', [frame(close, bytes(3), { fin: false }), last(bytes(232))], [closes(1002)]],
  ['5.4', 'a text in two fragments', [start('a'), last('b')], [echoes('ab')]],
  ['5.4', 'a text in two fragments, byte by byte', [start('a'), last('b')], [echoes('ab')], { chop: 1 }],
  ['5.4', 'a binary in two fragments', [start('a', binary), last('b')], [echoes('ab', binary)]],
  ['5.4', 'a text in three fragments', [start('a'), middle('b'), last('c')], [echoes('abc')]],
  ['5.4', 'a text in a thousand fragments', [start('x'), ...Array.from({ length: 998 }, () => middle('x')), last('x')], [echoes(filled(1_000, 'x'))]],
  ['5.4', 'a ping between two fragments', [start('a'), frame(ping, 'p'), last('b')], [pongs('p'), echoes('ab')]],
  ['5.4', 'a ping between two fragments, byte by byte', [start('a'), frame(ping, 'p'), last('b')], [pongs('p'), echoes('ab')], { chop: 1 }],
  ['5.4', 'a pong between two fragments', [start('a'), frame(pong, 'p'), last('b')], [echoes('ab')]],
  ['5.4', 'pings between all fragments', [start('a'), frame(ping, '1'), middle('b'), frame(ping, '2'), last('c')], [pongs('1'), pongs('2'), echoes('abc')]],
  ['5.4', 'a close between two fragments', [start('a'), closing(1000)], [closes(1000)]],
  ['5.4', 'a continuation of nothing, last', [last('a')], [closes(1002)]],
  ['5.4', 'a continuation of nothing, not last', [middle('a')], [closes(1002)]],
  ['5.4', 'a continuation of nothing behind a text', [frame(text, 'a'), last('b')], [echoes('a'), closes(1002)]],
  ['5.4', 'a continuation behind the last one', [start('a'), last('b'), last('c')], [echoes('ab'), closes(1002)]],
  ['5.4', 'a text within a text', [start('a'), frame(text, 'b')], [closes(1002)]],
  ['5.4', 'a binary within a text', [start('a'), frame(binary, 'b')], [closes(1002)]],
  ['5.4', 'a start within a text', [start('a'), start('b'), last('c')], [closes(1002)]],
  ['5.4', 'a text within a binary', [start('a', binary), frame(text, 'b')], [closes(1002)]],
  ['5.4', 'empty fragments', [start(''), middle(''), last('')], [echoes('')]],
  ['5.4', 'empty fragments around a full one', [start(''), middle('a'), last('')], [echoes('a')]],
  ['5.4', 'fragments of two messages, one behind the other', [start('a'), last('b'), start('c', binary), last('d')], [echoes('ab'), echoes('cd', binary)]],
  ['5.4', 'fragments of all lengths', [start(filled(125, 'a')), middle(filled(126, 'b')), middle(filled(65_536, 'c')), last('d')], [echoes(filled(125, 'a') + filled(126, 'b') + filled(65_536, 'c') + 'd')]],
];

export const rows = [...lengths, ...shortest, ...masks, ...pings, ...reserved, ...opcodes, ...fragments];
