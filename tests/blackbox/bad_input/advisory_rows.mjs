// Every published advisory of the packages socket.io, engine.io, socket.io-parser and ws that concerns a server, done
// to this one. Named by their numbers, so that a new one is easily missed here and easily added.
import { connectSocket, register } from '../support/clients.mjs';
import {
  PollingSession, RawConnection, RawWebSocket, closePayload, exchange, frame, handshake, leaveEngine, opcode,
  openEngine, openPlain, partingOf,
} from '../support/raw.mjs';

const engineWs = '/socket.io/?EIO=4&transport=websocket';
const { text, binary, continuation, ping, pong, close } = opcode;

/// 'answers' when the session of this socket still does, and ends it.
async function lifeOf(engine) {
  engine.text('4299["sync",{"rooms":{}}]');
  const answer = await engine.nextText().catch((error) => error.message);
  if (!answer?.startsWith('4399[{"ok":true')) return answer ?? 'closed';
  await leaveEngine(engine);
  return 'answers';
}

export function advisoryRows({ node, url, port, alice }) {
  const rows = [];
  const row = (name, expect, run) => rows.push({ name: `advisory: ${name}`, expect, run });
  const closesOn = (name, packets) => row(name, { answered: false, closed: true }, async () => {
    const engine = await openEngine(port, alice.token);
    for (const packet of packets) engine.write(frame(Buffer.isBuffer(packet) ? binary : text, packet));
    let answered = false;
    for (let next; (next = await engine.nextFrame('the close')) !== undefined && next.op !== close;) {
      answered ||= next.op === text;
    }
    engine.write(frame(close, ''));
    const closed = await engine.closes();
    engine.destroy();
    return { answered, closed };
  });

  // -- engine.io --
  row('CVE-2020-36048 (engine.io): a polling body of half a million broken packets ends at the first', [200, '1', 400], async () => {
    const session = await PollingSession.open(url, alice.token);
    const posted = await session.post('4\x1e'.repeat(499_999));
    const last = (await session.get()).text.split('\x1e').at(-1); // a close packet, behind a noop perhaps
    return [posted.status, last, (await session.get()).status];
  });
  row('CVE-2020-36048 (engine.io): so does a body that says a length and comes in a trickle', 'cut', async () => {
    const session = await PollingSession.open(url, alice.token);
    const slow = new RawConnection(port);
    await slow.connected;
    slow.write(`POST /socket.io/?EIO=4&transport=polling&sid=${session.sid} HTTP/1.1\r\nHost: 127.0.0.1\r\n`
      + 'Content-Type: text/plain\r\nContent-Length: 999999\r\n\r\n42["x"');
    const other = await session.post('3'); // meanwhile nobody else waits
    slow.destroy();
    await session.close();
    return other.status === 200 ? 'cut' : other.status;
  });
  for (const [name, changes] of [
    ['an upgrade whose method is POST', {}],
    ['an upgrade with a body', { 'Content-Length': '2' }],
    ['a broken extension offer', { 'Sec-WebSocket-Extensions': 'permessage-deflate; server_max_window_bits=99' }],
    ['a key that is none', { 'Sec-WebSocket-Key': '=' }],
  ]) {
    const expect = name === 'a broken extension offer' ? 101 : 400; // an offer that is none is declined
    row(`CVE-2022-21676 (engine.io): ${name}`, expect, async () => {
      const options = name.endsWith('POST') ? { method: 'POST' } : {};
      const { connection, answer } = await exchange(port, handshake(engineWs, changes, options));
      connection.destroy();
      return answer?.status;
    });
  }
  row('CVE-2022-21676 (engine.io): an upgrade of a polling session with frames behind it that break every rule', 'lives', async () => {
    const session = await PollingSession.open(url, alice.token);
    const { connection } = await exchange(port, [
      handshake(`${engineWs}&sid=${session.sid}`), Buffer.from('ffffffffffffffffffff', 'hex'),
    ]);
    await connection.closes();
    connection.destroy();
    const posted = await session.post('3');
    await session.close();
    return posted.status === 200 ? 'lives' : posted.status;
  });
  row('CVE-2022-41940 (engine.io): an upgrade whose connection is reset at once', 'lives', async () => {
    const session = await PollingSession.open(url, alice.token);
    for (const path of [`${engineWs}&sid=${session.sid}`, engineWs, `${engineWs}&sid=nobody`, '/ws', '/socket.io/?EIO=3']) {
      for (let i = 0; i < 5; i++) {
        const connection = new RawConnection(port);
        await connection.connected;
        connection.write(handshake(path));
        connection.socket.resetAndDestroy();
      }
    }
    const posted = await session.post('3');
    await session.close();
    return posted.status === 200 ? 'lives' : posted.status;
  });
  for (const word of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'webtransport']) {
    row(`CVE-2023-31125 (engine.io): the transport ${word}`, 400, async () =>
      (await fetch(`${url}/socket.io/?EIO=4&transport=${word}`)).status);
    row(`GHSA-gr94-w7qr-f4j3 (engine.io): the session ${word}`, [400, 400], async () => {
      const polled = await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=${word}`);
      const { connection, answer } = await exchange(port, handshake(`${engineWs}&sid=${word}`));
      connection.destroy();
      return [polled.status, answer?.status];
    });
  }
  row('CVE-2026-59725, GHSA-r635-g3xr-vw7x (engine.io): POST of bytes is refused and ends, no connection hangs', [true, 'none'], async () => {
    const session = await PollingSession.open(url, alice.token);
    const before = await node.metric('process_open_fds');
    const all = await Promise.all(Array.from({ length: 50 }, async () => {
      const body = 'b\x04\xff';
      const { connection, answer } = await exchange(port,
        `POST /socket.io/?EIO=4&transport=polling&sid=${session.sid} HTTP/1.1\r\nHost: 127.0.0.1\r\n`
        + `Content-Type: application/octet-stream\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
      const closed = await connection.closes();
      connection.destroy();
      return answer?.status === 400 && closed;
    }));
    const left = await node.metric('process_open_fds');
    return [all.every(Boolean), left <= before + 5 ? 'none' : left - before];
  });

  // -- socket.io --
  row('CVE-2017-16031 (socket.io): ids of sessions and sockets are long and share nothing', true, async () => {
    const user = await register(url, 'Ivy');
    const ids = [];
    for (let i = 0; i < 20; i++) {
      const engine = await openEngine(port, user.token);
      ids.push(engine.open.sid, engine.connect.sid, engine.connect.pid);
      await leaveEngine(engine);
    }
    const heads = new Set(ids.map((id) => id.slice(-12)));
    return ids.every((id) => id.length >= 20) && heads.size === ids.length;
  });
  row('CVE-2020-28481 (socket.io): no page of another origin by default', [403, null, 403], async () => {
    const headers = { origin: 'https://evil.example.org' };
    const polled = await fetch(`${url}/socket.io/?EIO=4&transport=polling`, { headers });
    const { connection, answer } = await exchange(port, handshake(engineWs, { Origin: headers.origin }));
    connection.destroy();
    return [polled.status, polled.headers.get('access-control-allow-origin'), answer?.status];
  });
  for (const name of ['error', 'message', 'ping', 'data', 'close']) {
    row(`CVE-2024-38355 (socket.io): an event named ${name} is like any unknown one`, 'bad_request', async () => {
      const client = await connectSocket(url, alice.token, { reconnection: false });
      const answer = await client.ask(name, { any: 'thing' });
      client.end();
      return answer.error?.code;
    });
  }

  // -- socket.io-parser --
  row('CVE-2020-36049 (socket.io-parser): a packet as large as the limit, parsed once', 'bad_request', async () => {
    const engine = await openEngine(port, alice.token);
    engine.text(`427["x","${'\\u0041'.repeat(166_000)}"]`);
    const answer = await engine.nextText();
    await leaveEngine(engine);
    return JSON.parse(answer.slice(3))[0].error?.code;
  });
  for (const [name, num] of [
    ['splice', '"splice"'], ['the name of a property', '"__proto__"'], ['a fraction', '0.5'], ['a negative one', '-1'],
    ['one beyond the last', '1'], ['a list', '[0]'], ['nothing', 'null'], ['a huge one', '1e99'],
  ]) {
    closesOn(`CVE-2022-2421 (socket.io-parser): an attachment's number is ${name}`,
      [`451-["x",{"_placeholder":true,"num":${num}}]`, Buffer.from([1])]);
  }
  for (const [name, packet] of [
    ['an object with toString', '42[{"toString":"foo"}]'], ['true', '42[true]'], ['a list', '42[["x"]]'],
    ['nothing', '42[null]'],
  ]) closesOn(`CVE-2023-32695 (socket.io-parser): an event named by ${name}`, [packet]);
  closesOn('CVE-2023-32695 (socket.io-parser): a CONNECT_ERROR from a client', ['44"x"']);
  closesOn('CVE-2023-32695 (socket.io-parser): an acknowledgement that is no list', ['431{"a":1}']);
  for (const count of [11, 1000, 4_294_967_297, '1e3', ' 1']) {
    closesOn(`CVE-2026-33151 (socket.io-parser): an event that wants "${count}" attachments`,
      [`45${count}-["x",{"_placeholder":true,"num":0}]`, Buffer.alloc(1000)]);
  }
  closesOn('CVE-2026-33151 (socket.io-parser): ten attachments that never end are bounded by the limit of one message',
    [`4510-["x",${Array.from({ length: 10 }, (_, num) => JSON.stringify({ _placeholder: true, num })).join()}]`,
      ...Array.from({ length: 9 }, () => Buffer.alloc(999_000))]);

  // -- ws --
  row('CVE-2016-10518 (ws): a ping is answered with its own bytes and no others', ['', 'ab', 125], async () => {
    const socket = await openPlain(port, alice.token);
    const answers = [];
    for (const payload of ['', 'ab', 'x'.repeat(125)]) {
      socket.write(frame(ping, payload));
      const next = await socket.nextFrame('the pong');
      answers.push(next.op === pong && (payload.length < 125 ? next.payload.toString() : next.payload.length));
    }
    await closeOf(socket);
    return answers;
  });
  row('CVE-2016-10542 (ws): a frame that claims 256 MiB, or all there is', [1009, 1009], async () => {
    const codes = [];
    for (const claim of [2n ** 28n, 2n ** 63n - 1n]) {
      const socket = await openPlain(port, alice.token);
      socket.write(frame(text, '', { length: 64, claim }));
      codes.push((await partingOf(socket)).code);
    }
    return codes;
  });
  for (const offer of ['constructor', '__proto__', 'toString', 'permessage-deflate; constructor', 'permessage-deflate; __proto__=1']) {
    row(`GHSA-5v72-xg48-5rpm (ws): the extension "${offer}" is not agreed to`, [101, undefined], async () => {
      const { connection, answer } = await exchange(port, handshake('/ws', {
        'Sec-WebSocket-Extensions': offer, 'Sec-WebSocket-Protocol': 'troupe.v1.json',
      }));
      connection.destroy();
      return [answer?.status, answer?.headers['sec-websocket-extensions']];
    });
  }
  row('CVE-2021-32640 (ws): a sub-protocol with 15 000 spaces in it is refused at once', true, async () => {
    const begin = performance.now();
    const { connection, answer } = await exchange(port, handshake('/ws', {
      'Sec-WebSocket-Protocol': `b${' '.repeat(15_000)}x`,
    }));
    connection.destroy();
    return answer?.status === 400 && performance.now() - begin < 2000;
  });
  row('CVE-2021-32640 (ws): so are extensions with as many quotes and backslashes', true, async () => {
    const begin = performance.now();
    const { connection, answer } = await exchange(port, handshake('/ws', {
      'Sec-WebSocket-Extensions': `permessage-deflate; a="${'\\"'.repeat(7_500)}`, 'Sec-WebSocket-Protocol': 'troupe.v1.json',
    }));
    connection.destroy();
    return answer?.status === 101 && !answer.headers['sec-websocket-extensions'] && performance.now() - begin < 2000;
  });
  row('CVE-2024-37890 (ws): an upgrade with more headers than are taken', [431, 431], async () => {
    const statuses = [];
    for (const count of [101, 2000]) {
      const many = Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, '']));
      const { connection, answer } = await exchange(port, handshake('/ws', many));
      connection.destroy();
      statuses.push(answer?.status);
    }
    return statuses;
  });
  row('CVE-2024-37890 (ws): an upgrade whose Upgrade field was pushed out by others', 400, async () => {
    const many = Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`x${i}`, '']));
    const { connection, answer } = await exchange(port, handshake('/ws', { ...many, 'Sec-WebSocket-Key': undefined }));
    connection.destroy();
    return answer?.status;
  });
  row('CVE-2026-45736 (ws): a close frame is answered with its code and nothing from memory', [1000, 0], async () => {
    const socket = await openPlain(port, alice.token);
    socket.write(frame(close, closePayload(1000, 'x'.repeat(80))));
    const { code, reason } = await socket.closeCode();
    await socket.closes();
    socket.destroy();
    return [code, reason.length];
  });
  const residentGrowth = async (act) => {
    const before = await node.metric('process_resident_memory_bytes');
    await act();
    return (await node.metric('process_resident_memory_bytes')) - before;
  };
  row('CVE-2026-48779 (ws): 300 000 fragments of one byte hold no more than their bytes', [true, 'answers'], async () => {
    const engine = await openEngine(port, alice.token);
    const one = frame(continuation, 'x', { fin: false });
    const grown = await residentGrowth(async () => {
      engine.write(frame(text, '4', { fin: false }));
      for (let i = 0; i < 100; i++) engine.write(Buffer.concat(Array(3000).fill(one)));
      engine.write(frame(ping, 'read'));
      while ((await engine.nextFrame('the pong')).op !== pong);
    });
    engine.write(frame(continuation, '', { fin: true })); // "4xxx…": no packet of the protocol
    const ended = (await partingOf(engine)).closed;
    const next = await openEngine(port, alice.token);
    return [grown < 8 * 2 ** 20 && ended, await lifeOf(next)];
  });
  row('CVE-2026-62389 (ws): empty fragments without end cost nothing', [true, 'answers'], async () => {
    const engine = await openEngine(port, alice.token);
    const none = frame(continuation, '', { fin: false });
    const grown = await residentGrowth(async () => {
      engine.write(frame(text, '4299["sync",', { fin: false }));
      for (let i = 0; i < 100; i++) engine.write(Buffer.concat(Array(3000).fill(none)));
      engine.write(frame(ping, 'read'));
      while ((await engine.nextFrame('the pong')).op !== pong);
    });
    engine.write(frame(continuation, '{"rooms":{}}]'));
    const answer = await engine.nextText();
    return [grown < 8 * 2 ** 20 && answer.startsWith('4399[{"ok":true'), await lifeOf(engine)];
  });
  row('CVE-2026-62389 (ws): a frame that comes byte by byte holds no more than its bytes', [true, 'answers'], async () => {
    const engine = await openEngine(port, alice.token);
    const grown = await residentGrowth(async () => {
      for (const byte of frame(text, `42["x","${'y'.repeat(20_000)}"]`)) engine.write(Buffer.from([byte]));
      engine.write(frame(ping, 'read'));
      while ((await engine.nextFrame('the pong')).op !== pong);
    });
    return [grown < 8 * 2 ** 20, await lifeOf(engine)];
  });
  return rows;
}

async function closeOf(socket) {
  socket.write(frame(close, closePayload(1000)));
  return partingOf(socket);
}
