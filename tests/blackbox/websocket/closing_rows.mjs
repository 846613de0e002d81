// RFC 6455 §5.5.1 and §7: the closing handshake. And limits, §10.4.
import { closePayload, frame } from '../support/raw.mjs';
import { binary, bytes, close, closes, closing, continuation, echoes, ping, pongs, text } from './expect.mjs';

export const messageLimit = 1_048_576;

const allowed = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
const forbidden = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 32_768, 65_535];

const handshake = [
  ['7.1', 'a close behind a text', [frame(text, 'a'), closing(1000)], [echoes('a'), closes(1000)]],
  ['7.1', 'two closes', [closing(1000), closing(1001)], [closes(1000)]],
  ['7.1', 'a ping behind a close', [closing(1000), frame(ping, 'x')], [closes(1000)]],
  ['7.1', 'a text behind a close', [closing(1000), frame(text, 'x')], [closes(1000)]],
  ['7.1', 'nonsense behind a close', [closing(1000), bytes(0xff, 0xff, 0xff, 0xff)], [closes(1000)]],
  ['7.1', 'much data behind a close', [closing(1000), frame(binary, 'x'.repeat(300_000))], [closes(1000)]],
  ['7.1', 'a close in front of the last fragment', [frame(text, 'a', { fin: false }), closing(1000), frame(continuation, 'b')], [closes(1000)]],
  ['7.1', 'a close byte by byte', [closing(1000, 'bye')], [closes(1000)], { chop: 1 }],
  ['5.5.1', 'a close without a payload', [frame(close)], [closes(1005)]],
  ['5.5.1', 'a close with half a code', [frame(close, bytes(3))], [closes(1002)]],
  ['5.5.1', 'a close with a reason', [closing(1000, 'Hello World!')], [closes(1000)]],
  ['5.5.1', 'a close with the longest reason', [closing(1000, 'x'.repeat(123))], [closes(1000)]],
  ['5.5.1', 'a close that is too long', [frame(close, closePayload(1000, 'x'.repeat(124)))], [closes(1002)]],
  ['5.5.1', 'a close with a reason that is no text', [closing(1000, bytes(0xce, 0xba, 0xed, 0xa0, 0x80))], [closes(1007)]],
  ['5.5.1', 'a close with a reason that is cut off', [closing(1000, bytes(0xe2, 0x82))], [closes(1007)]],
  ...allowed.map((code) => ['7.4', `the code ${code}`, [closing(code)], [closes(code)]]),
  ...allowed.slice(0, 4).map((code) => ['7.4', `the code ${code} with a reason`, [closing(code, 'why')], [closes(code)]]),
  ...forbidden.map((code) => ['7.4', `the code ${code}, which may not be sent`, [closing(code)], [closes(1002)]]),
];

const mebibyte = 'm'.repeat(messageLimit);
const inFragments = (payload, size, op) => {
  const parts = [];
  for (let at = 0; at < payload.length; at += size) {
    parts.push(frame(at === 0 ? op : continuation, payload.slice(at, at + size), { fin: at + size >= payload.length }));
  }
  return parts;
};

/// For a server whose limit is a mebibyte.
const limits = [
  ['10.4', 'a text of the largest size', [frame(text, mebibyte)], [echoes(mebibyte)]],
  ['10.4', 'a binary of the largest size', [frame(binary, mebibyte)], [echoes(mebibyte, binary)]],
  ['10.4', 'a text of the largest size in pieces of 2 KB', [frame(text, mebibyte)], [echoes(mebibyte)], { chop: 2_048 }],
  ['10.4', 'a text of the largest size in fragments of 64 KiB', inFragments(mebibyte, 65_536, text), [echoes(mebibyte)]],
  ['10.4', 'a binary of the largest size in fragments of 1 KiB', inFragments(mebibyte, 1_024, binary), [echoes(mebibyte, binary)]],
  ['10.4', 'a byte more in one frame', [frame(binary, `${mebibyte}x`)], [closes(1009)]],
  ['10.4', 'a byte more in the last fragment', [frame(binary, mebibyte, { fin: false }), frame(continuation, 'x')], [closes(1009)]],
  ['10.4', 'a claim of a byte more, and no payload', [frame(binary, '', { length: 64, claim: BigInt(messageLimit) + 1n })], [closes(1009)]],
  ['10.4', 'a claim of 2^62 bytes', [frame(binary, '', { length: 64, claim: 2n ** 62n })], [closes(1009)]],
  ['10.4', 'a length with its highest bit', [frame(binary, '', { length: 64, claim: 2n ** 63n })], [closes(1009)]],
  ['10.4', 'a claim of 2^62 bytes of text in a fragment', [frame(text, '', { fin: false, length: 64, claim: 2n ** 62n })], [closes(1009)]],
  ['10.4', 'a hundred messages in one segment', Array.from({ length: 100 }, (_, i) => frame(text, `message ${i}`)), Array.from({ length: 100 }, (_, i) => echoes(`message ${i}`))],
  ['10.4', 'a thousand pings between two texts', [frame(text, 'a'), ...Array.from({ length: 1_000 }, () => frame(ping, 'p')), frame(text, 'b')], [echoes('a'), ...Array.from({ length: 1_000 }, () => pongs('p')), echoes('b')]],
];

export const rows = [...handshake, ...limits];
