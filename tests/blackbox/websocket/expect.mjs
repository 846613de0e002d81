// How the cases of this folder are written, and played against a server.
//   [section, what, [bytes to send…], [what must come back…], options]
import assert from 'node:assert/strict';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';

import { RawWebSocket, closePayload, frame, opcode } from '../support/raw.mjs';

export const { text, binary, continuation, close, ping, pong } = opcode;
export const bytes = (...list) => Buffer.from(list);
export const closing = (code, reason) => frame(close, closePayload(code, reason));

// -- what may come back --
export const echoes = (payload, op = text) => ({ kind: 'echo', op, payload: Buffer.from(payload) });
/// The same, and compressed on its way back.
export const packs = (payload, op = text) => ({ ...echoes(payload, op), isCompressed: true });
export const pongs = (payload = '') => ({ kind: 'pong', payload: Buffer.from(payload) });
/// A close frame with this code (1005: none in it), then the end of TCP from the server's side.
export const closes = (code) => ({ kind: 'close', code });

// -- RFC 7692 --
const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);
/// A message's payload, compressed as §7.2.1 says.
export function deflated(payload, { windowBits = 15, level = 6 } = {}) {
  const all = deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH, windowBits, level });
  assert.ok(all.subarray(-4).equals(tail));
  return all.subarray(0, -4);
}
export const compressed = (payload, op = text, options) => frame(op, deflated(payload, options), { rsv: 4 });
const inflated = (payload, windowBits) =>
  inflateRawSync(Buffer.concat([payload, tail]), { finishFlush: constants.Z_SYNC_FLUSH, windowBits });

/// True for cases that a server without an echo can be asked as well.
export const needsNoEcho = ([, , , expected]) => expected.every(({ kind }) => kind !== 'echo');

async function check(socket, expected, windowBits) {
  const next = await socket.nextFrame(`a ${expected.kind}`);
  assert.ok(next, `TCP ended instead of a ${expected.kind}`);
  if (expected.kind === 'close') {
    assert.equal(next.op, close);
    assert.equal(next.payload.length === 0 ? 1005 : next.payload.readUInt16BE(), expected.code);
    assert.ok(await socket.closes(), 'the server ends TCP first');
    return;
  }
  assert.equal(next.fin, true);
  assert.equal(next.op, expected.kind === 'pong' ? pong : expected.op);
  if (next.rsv === 4 && windowBits && expected.kind === 'echo') {
    next.rsv = 0;
    next.payload = inflated(next.payload, windowBits);
  } else if (expected.isCompressed) {
    assert.fail('the echo is not compressed');
  }
  assert.equal(next.rsv, 0);
  assert.ok(next.payload.equals(expected.payload), `${next.payload.length} bytes, ${expected.payload.length} expected`);
}

/// Writes the parts, in pieces of `chop` bytes when that is given (each its own segment, as far as the kernel lets us).
async function send(socket, parts, chop) {
  const all = Buffer.concat(parts.map((part) => Buffer.from(part)));
  for (let at = 0; at < all.length; at += chop ?? all.length) {
    socket.write(all.subarray(at, at + (chop ?? all.length)));
    if (chop) await new Promise((resolve) => setImmediate(resolve));
  }
}

/// Plays one case on an open socket, and ends it: an undisturbed connection still closes properly.
export async function play(socket, [, , sent, expected, { chop, windowBits } = {}]) {
  try {
    await send(socket, sent, chop);
    for (const each of expected) await check(socket, each, windowBits);
    if (expected.at(-1)?.kind === 'close') return;
    socket.write(closing(1000, 'done'));
    await check(socket, closes(1000));
  } finally {
    socket.destroy();
  }
}

export const open = (port, path, headers) => RawWebSocket.open(port, path, headers);
