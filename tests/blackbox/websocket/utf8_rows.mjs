// RFC 6455 §5.6 and §8.1, RFC 3629: what is text and what is not, whole and in parts.
import { frame } from '../support/raw.mjs';
import { binary, bytes, closes, continuation, echoes, text } from './expect.mjs';

const good = [
  ['ASCII', bytes(0x48, 0x65, 0x6c, 0x6c, 0x6f)],
  ['the zero byte', bytes(0)],
  ['the last of one byte', bytes(0x7f)],
  ['the first of two bytes', bytes(0xc2, 0x80)],
  ['the last of two bytes', bytes(0xdf, 0xbf)],
  ['the first of three bytes', bytes(0xe0, 0xa0, 0x80)],
  ['the last before the surrogates', bytes(0xed, 0x9f, 0xbf)],
  ['the first behind the surrogates', bytes(0xee, 0x80, 0x80)],
  ['the last of three bytes', bytes(0xef, 0xbf, 0xbf)],
  ['a byte order mark', bytes(0xef, 0xbb, 0xbf)],
  ['the first of four bytes', bytes(0xf0, 0x90, 0x80, 0x80)],
  ['the last there is', bytes(0xf4, 0x8f, 0xbf, 0xbf)],
  ['a noncharacter', bytes(0xf0, 0x9f, 0xbf, 0xbe)],
  ['Greek', Buffer.from('κόσμε')],
  ['an emoji of many code points', Buffer.from('👩‍👩‍👧‍👦')],
  ['all lengths mixed', Buffer.from('aé€𝄞z')],
];

const bad = [
  ['a continuation byte alone', bytes(0x80)],
  ['the last continuation byte alone', bytes(0xbf)],
  ['two continuation bytes', bytes(0x80, 0xbf)],
  ['a lead of two alone', bytes(0xc2, 0x20)],
  ['a lead of three and one more', bytes(0xe0, 0xa0, 0x20)],
  ['a lead of four and two more', bytes(0xf0, 0x90, 0x80, 0x20)],
  ['an overlong slash in two', bytes(0xc0, 0xaf)],
  ['an overlong slash in three', bytes(0xe0, 0x80, 0xaf)],
  ['an overlong slash in four', bytes(0xf0, 0x80, 0x80, 0xaf)],
  ['an overlong slash in five', bytes(0xf8, 0x80, 0x80, 0x80, 0xaf)],
  ['an overlong slash in six', bytes(0xfc, 0x80, 0x80, 0x80, 0x80, 0xaf)],
  ['the highest overlong of two', bytes(0xc1, 0xbf)],
  ['the highest overlong of three', bytes(0xe0, 0x9f, 0xbf)],
  ['the highest overlong of four', bytes(0xf0, 0x8f, 0xbf, 0xbf)],
  ['an overlong zero', bytes(0xc0, 0x80)],
  ['the first high surrogate', bytes(0xed, 0xa0, 0x80)],
  ['the last high surrogate', bytes(0xed, 0xaf, 0xbf)],
  ['the first low surrogate', bytes(0xed, 0xb0, 0x80)],
  ['the last low surrogate', bytes(0xed, 0xbf, 0xbf)],
  ['a pair of surrogates', bytes(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80)],
  ['above the last there is', bytes(0xf4, 0x90, 0x80, 0x80)],
  ['a lead of f5', bytes(0xf5, 0x80, 0x80, 0x80)],
  ['a lead of five', bytes(0xf8, 0x88, 0x80, 0x80, 0x80)],
  ['a lead of six', bytes(0xfc, 0x84, 0x80, 0x80, 0x80, 0x80)],
  ['0xfe', bytes(0xfe)],
  ['0xff', bytes(0xff)],
  ['both', bytes(0xfe, 0xfe, 0xff, 0xff)],
  ['good text, then bad', Buffer.concat([Buffer.from('κόσμε'), bytes(0xf4, 0x90, 0x80, 0x80)])],
];

const cutOff = [
  ['a lead of two at the end', bytes(0x61, 0xc2)],
  ['a lead of three at the end', bytes(0x61, 0xe2, 0x82)],
  ['a lead of four at the end', bytes(0x61, 0xf0, 0x9d, 0x84)],
];

/// A fragment each for every byte.
const byBytes = (payload, op = text) =>
  Array.from(payload, (byte, i) =>
    frame(i === 0 ? op : continuation, bytes(byte), { fin: i === payload.length - 1 }),
  );
/// A fragment that is not the last, and nothing behind it: a server that waits for the rest says nothing.
const begun = (payload) => frame(text, payload, { fin: false });

export const rows = [
  ...good.flatMap(([what, payload]) => [
    ['8.1', `${what}, in one frame`, [frame(text, payload)], [echoes(payload)]],
    ['8.1', `${what}, a fragment for each byte`, byBytes(payload), [echoes(payload)]],
    ['8.1', `${what}, byte by byte`, [frame(text, payload)], [echoes(payload)], { chop: 1 }],
  ]),
  ...bad.flatMap(([what, payload]) => [
    ['8.1', `${what}, in one frame`, [frame(text, payload)], [closes(1007)]],
    ['8.1', `${what}, found before the message ends`, [begun(payload)], [closes(1007)]],
    ['8.1', `${what}, found before the frame ends`, [frame(text, payload, { claim: 200n })], [closes(1007)]],
    ['8.1', `${what}, as binary`, [frame(binary, payload)], [echoes(payload, binary)]],
  ]),
  ...cutOff.flatMap(([what, payload]) => [
    ['8.1', `${what} of a message`, [frame(text, payload)], [closes(1007)]],
    ['8.1', `${what} of a fragmented message`, [begun(payload), frame(continuation)], [closes(1007)]],
    ['8.1', `${what} of a fragment, and no continuation of it`, [begun(payload), frame(continuation, 'x')], [closes(1007)]],
  ]),
];
