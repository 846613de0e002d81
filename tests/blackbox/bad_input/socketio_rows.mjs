// Engine.IO and Socket.IO packets that must be refused, each as the protocol's tables say.
import { RawWebSocket, PollingSession, exchange, frame, handshake, leaveEngine, opcode, openEngine, partingOf } from '../support/raw.mjs';
import { signToken } from '../support/clients.mjs';

const path = '/socket.io/';
const messages = ['Transport unknown', 'Session ID unknown', 'Bad handshake method', 'Bad request', 'Forbidden', 'Unsupported protocol version'];

export function engineRows({ url, port, alice }) {
  const rows = [];
  const row = (name, expect, run) => rows.push({ name: `Engine.IO: ${name}`, expect, run });
  /// "STATUS code message" of a request that the table of section 1.1 refuses.
  const verdict = async (query, options = {}) => {
    const answer = await fetch(`${url}${path}?${query}`, options);
    const body = await answer.text();
    if (!/^\{"code"/.test(body)) return `${answer.status} ${body}`;
    const { code, message } = JSON.parse(body);
    if (message !== messages[code]) return `${answer.status} ${code} says ${message}`;
    if (!answer.headers.get('content-type').startsWith('application/json')) return 'not JSON';
    return `${answer.status} ${code}`;
  };
  const refused = (name, expect, query, options) => row(name, expect, () => verdict(query, options));
  refused('no transport', '400 0', 'EIO=4');
  refused('an unknown transport', '400 0', 'EIO=4&transport=carrier-pigeon');
  refused('a transport named like a property', '400 0', 'EIO=4&transport=__proto__');
  refused('an unknown sid', '400 1', 'EIO=4&transport=polling&sid=nobody');
  refused('a sid named like a property', '400 1', 'EIO=4&transport=polling&sid=__proto__');
  refused('a sid that is very long', '400 1', `EIO=4&transport=polling&sid=${'x'.repeat(2000)}`);
  refused('an unknown sid with POST', '400 1', 'EIO=4&transport=polling&sid=nobody', { method: 'POST', body: '2' });
  refused('a POST without sid', '400 2', 'EIO=4&transport=polling', { method: 'POST', body: '4' });
  refused('a PUT without sid', '400 2', 'EIO=4&transport=polling', { method: 'PUT', body: '4' });
  refused('websocket without an upgrade', '400 3', 'EIO=4&transport=websocket');
  refused('protocol 3', '400 5', 'EIO=3&transport=polling');
  refused('no protocol version', '400 5', 'transport=polling');
  refused('protocol 44', '400 5', 'EIO=44&transport=polling');
  refused('a foreign Origin', '403 4', 'EIO=4&transport=polling', { headers: { origin: 'http://evil.example.org' } });
  // HTTP refuses it, in these words; nothing behind the byte is read, and the connection ends.
  for (const [name, target, origin, expect, more = ''] of [
    ['a control character in Origin', `${path}?EIO=4&transport=polling`, 'http://a\x01b', '{"code":3,"message":"Bad request"}'],
    ['a delete character in Origin', `${path}?EIO=4&transport=polling&sid=nobody`, 'http://a\x7f', '{"code":3,"message":"Bad request"}'],
    ['a zero byte in Origin', `${path}?EIO=4&transport=polling`, '\0', '{"code":3,"message":"Bad request"}'],
    ['an unknown transport before a control character in Origin', `${path}?EIO=4`, 'http://a\x01b', '{"code":0,"message":"Transport unknown"}'],
    ['a control character in Origin of an upgrade', `${path}?EIO=4&transport=websocket`, 'http://a\x01b', 'Bad request',
      'Upgrade: websocket\r\nConnection: Upgrade\r\n'],
    ['a control character in Origin elsewhere', '/api/v1/rooms', 'http://a\x01b', 'bad_request'],
    ['a bare line feed in Origin', `${path}?EIO=4&transport=polling`, 'http://a\nb', 'bad_request'],
  ])
    row(name, { status: 400, answer: expect, answers: 1, closed: true }, async () => {
      const { connection, answer } = await exchange(port,
        `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n${more}Origin: ${origin}\r\n\r\nGET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
      const closed = await connection.closes();
      const rest = connection.received.toString('latin1');
      connection.destroy();
      const text = answer.body.toString();
      return {
        status: answer.status, answer: text.startsWith('{"status"') ? JSON.parse(text).code : text,
        answers: 1 + (rest.match(/HTTP\/1\.1 \d/g) ?? []).length, closed,
      };
    });
  for (const [name, query, status] of [
    ['an unknown sid', 'EIO=4&transport=websocket&sid=nobody', 400],
    ['protocol 3', 'EIO=3&transport=websocket', 400],
    ['an unknown transport', 'EIO=4&transport=smoke', 400],
  ]) {
    row(`an upgrade with ${name} is refused before the 101`, { status, closed: true }, async () => {
      const { connection, answer } = await exchange(port, handshake(`${path}?${query}`));
      const closed = await connection.closes();
      return { status: answer?.status, closed };
    });
  }
  row('an upgrade with a foreign Origin', 403, async () => {
    const { connection, answer } = await exchange(port, handshake(`${path}?EIO=4&transport=websocket`, { Origin: 'http://evil.example.org' }));
    connection.destroy();
    return answer?.status;
  });

  /// 'alive' when a command is still answered (and ends the session), else the status of the next GET.
  const lives = async (session) => {
    const next = async () => {
      const answer = await session.get();
      return answer.text === '6' ? next() : answer; // a noop of an upgrade that ended
    };
    const waiting = next();
    await session.post('420["sync",{"rooms":{}}]');
    const answer = await waiting;
    if (answer.status !== 200) return answer.status;
    if (!answer.text.startsWith('430[{"ok":true')) return answer.text;
    await session.close();
    return 'alive';
  };

  // -- polling sessions: what a request answers, and whether the sid lives on --
  const polling = (name, expect, act) => row(name, expect, async () => {
    const session = await PollingSession.open(url, alice.token);
    const result = await act(session);
    const after = await lives(session);
    return [result, after];
  });
  const posted = (body, headers) => async (session) => (await session.post(body, headers)).status;
  polling('a settled session that posts a pong', [200, 'alive'], posted('3'));
  polling('an empty POST', [400, 400], posted(''));
  polling('an unknown packet type', [400, 400], posted('9'));
  polling('a letter as packet type', [400, 400], posted('x'));
  polling('bad base64', [400, 400], posted('b!!!'));
  polling('an empty packet among others', [400, 400], posted('3\x1e\x1e3'));
  polling('a ping from the client', [200, 400], posted('2'));
  polling('a binary body', [400, 400], posted(Buffer.from([1, 2, 3]), { 'content-type': 'application/octet-stream' }));
  polling('a body over the limit', [413, 'alive'], posted(`4${'x'.repeat(1_000_001)}`));
  polling('a thousand packets in one body, as a stock client sends them', [200, 'alive'], posted(Array(1000).fill('3').join('\x1e')));
  for (const method of ['PUT', 'DELETE', 'HEAD']) {
    polling(`${method} with a sid`, [405, 'alive'], async (session) => (await session.request(method)).status);
  }
  polling('a close from the client', [200, 400], posted('1'));
  polling('the transport websocket without an upgrade', [400, 'alive'], async (session) =>
    (await fetch(session.base.replace('polling', 'websocket'))).status);
  polling('a second GET', [[200, '1', 400, ''], 400], async (session) => {
    const first = session.get();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const second = await session.get();
    const one = await first;
    return [one.status, one.text, second.status, second.text];
  });
  polling('a GET while it closes itself', [[200, '6'], 400], async (session) => {
    const waiting = session.get();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await session.close();
    const answer = await waiting;
    return [answer.status, answer.text];
  });

  // -- the WebSocket transport: what closes it --
  const socket = (name, packets) => row(`over WebSocket, ${name} closes it`, true, async () => {
    const engine = await openEngine(port, alice.token);
    for (const packet of packets) engine.write(packet);
    const ended = await engine.closeCode();
    engine.destroy();
    return ended !== undefined;
  });
  const said = (message) => frame(opcode.text, message);
  socket('an empty message', [said('')]);
  socket('an unknown packet type', [said('9')]);
  socket('a letter', [said('hello')]);
  socket('a ping', [said('2')]);
  socket('a probe', [said('2probe')]);
  socket('bad base64', [said('b!!!')]);
  row('over WebSocket, a frame over the limit is 1009', 1009, async () => {
    const engine = await openEngine(port, alice.token);
    engine.write(said(`4${'x'.repeat(1_000_001)}`));
    const { code } = await engine.closeCode();
    engine.destroy();
    return code;
  });
  row('over WebSocket, open, noop and upgrade packets are ignored', 'pong of the server', async () => {
    const engine = await openEngine(port, alice.token);
    for (const packet of ['0', '6', '5', '3']) engine.text(packet);
    engine.text('420["sync",{"rooms":{}}]');
    const answer = await engine.nextText();
    await leaveEngine(engine);
    return answer.startsWith('430[{"ok":true') ? 'pong of the server' : answer;
  });

  // -- upgrading --
  const probing = (name, expect, act) => row(`upgrade: ${name}`, expect, async () => {
    const session = await PollingSession.open(url, alice.token);
    const ws = () => RawWebSocket.open(port, `${path}?EIO=4&transport=websocket&sid=${session.sid}`);
    const result = await act(session, ws);
    return result;
  });
  for (const [name, packet] of [['a message instead of the probe', '42["x"]'], ['a ping that is no probe', '2'], ['nonsense', 'zzz']]) {
    probing(`${name} closes the WebSocket only`, [true, 'alive'], async (session, ws) => {
      const probe = await ws();
      probe.text(packet);
      return [(await partingOf(probe)).closed, await lives(session)];
    });
  }
  probing('a message between probe and upgrade closes the WebSocket only', ['3probe', 'alive'], async (session, ws) => {
    const probe = await ws();
    probe.text('2probe');
    const answer = await probe.nextText();
    probe.text('42["x"]');
    await partingOf(probe);
    return [answer, await lives(session)];
  });
  probing('a second probe beside a running one is closed', [true, 'alive'], async (session, ws) => {
    const probe = await ws();
    probe.text('2probe');
    await probe.nextText();
    const { closed } = await partingOf(await ws());
    probe.destroy();
    return [closed, await lives(session)];
  });
  probing('polling after it is refused', ['3probe', '400 3'], async (session, ws) => {
    const probe = await ws();
    probe.text('2probe');
    const answer = await probe.nextText();
    probe.text('5');
    probe.text('420["sync",{"rooms":{}}]');
    await probe.nextText();
    const later = await session.get();
    await leaveEngine(probe);
    return [answer, `${later.status} ${JSON.parse(later.text).code}`];
  });
  probing('packets meanwhile arrive in order and once', true, async (session, ws) => {
    const probe = await ws();
    probe.text('2probe');
    await probe.nextText();
    const ids = Array.from({ length: 5 }, (_, i) => i);
    await session.post(ids.map((i) => `42${i}["sync",{"rooms":{}}]`).join('\x1e'));
    probe.text('5');
    probe.text('425["sync",{"rooms":{}}]');
    const seen = [];
    while (seen.length < 6) seen.push(Number(/^43(\d+)/.exec(await probe.nextText())?.[1]));
    await leaveEngine(probe);
    return seen.every((id, i) => id === i) || seen;
  });
  return rows;
}

/// Malformed Socket.IO packets: each closes the whole connection, without an answer (section 2.1, section 3).
const malformed = [
  ['an unknown type', ['47']],
  ['a letter as type', ['4x']],
  ['no type', ['4']],
  ['an EVENT with an empty list', ['42[]']],
  ['an EVENT with an object', ['42{}']],
  ['an EVENT with text', ['42"x"']],
  ['an EVENT with an id and a number', ['427 1']],
  ['an EVENT that is broken', ['42["x"']],
  ['an EVENT with something behind it', ['42["x"]]']],
  ['an EVENT named connect', ['42["connect"]']],
  ['an EVENT named connect_error', ['42["connect_error"]']],
  ['an EVENT named disconnect', ['42["disconnect"]']],
  ['an EVENT named disconnecting', ['42["disconnecting"]']],
  ['an EVENT named newListener', ['42["newListener"]']],
  ['an EVENT named removeListener', ['42["removeListener"]']],
  ['an EVENT named null', ['42[null]']],
  ['an EVENT named by an object', ['42[{}]']],
  ['an EVENT with depth 100 000', [`42["x",${'['.repeat(100_000)}${']'.repeat(100_000)}]`]],
  ['an EVENT with NaN', ['42["x",NaN]']],
  ['an EVENT in a namespace not joined', ['42/nsp["x"]']],
  ['an EVENT in a namespace not joined, with a comma', ['42/nsp,["x"]']],
  ['an EVENT with an ack id beyond 2^53', ['4299999999999999999999["x"]']],
  ['an ACK with an object', ['43{}']],
  ['an ACK with text and an id', ['431"x"']],
  ['a second CONNECT', ['40']],
  ['a CONNECT with a list', ['40[]']],
  ['a CONNECT with text', ['40"x"']],
  ['a DISCONNECT with a payload', ['41[]']],
  ['an EVENT behind a DISCONNECT', ['41', '42["x"]']],
  ['a CONNECT_ERROR from a client', ['44{"message":"x"}']],
  ['a binary EVENT with zero attachments', ['450-["x"]']],
  ['a binary EVENT without a count', ['45["x"]']],
  ['a binary EVENT without a dash', ['451["x"]']],
  ['a binary EVENT with a dash alone', ['45-["x"]']],
  ['a binary EVENT with two counts', ['45-1-["x"]']],
  ['a binary EVENT with 11 attachments', ['4511-["x"]']],
  ['a binary EVENT with 99999 attachments', ['4599999-["x"]']],
  ['a binary EVENT with a number out of range', ['451-["x",{"_placeholder":true,"num":1}]', Buffer.from([1])]],
  ['a binary EVENT with a negative number', ['451-["x",{"_placeholder":true,"num":-1}]', Buffer.from([1])]],
  ['a binary EVENT with text as number', ['451-["x",{"_placeholder":true,"num":"0"}]', Buffer.from([1])]],
  ['text while attachments are awaited', ['451-["x",{"_placeholder":true,"num":0}]', '42["x"]']],
  ['a binary message that nobody awaits', [Buffer.from([1, 2, 3])]],
];

export function socketioRows({ port, alice, room, secret }) {
  const rows = malformed.map(([name, packets]) => ({
    name: `Socket.IO: ${name}`,
    expect: { closed: true, answered: false },
    async run() {
      const socket = await openEngine(port, alice.token);
      for (const packet of packets) socket.write(frame(Buffer.isBuffer(packet) ? opcode.binary : opcode.text, packet));
      let answered = false;
      for (;;) {
        const next = await socket.nextFrame('the close');
        if (next === undefined || next.op === opcode.close) break;
        if (next.op === opcode.text) answered = next.payload.toString();
      }
      socket.write(frame(opcode.close, ''));
      const closed = await socket.closes();
      socket.destroy();
      return { closed, answered };
    },
  }));
  const row = (name, expect, run) => rows.push({ name: `Socket.IO: ${name}`, expect, run });
  const connect = (name, packet, expect) => row(name, expect, async () => {
    const socket = await openEngine(port);
    socket.text(packet);
    const answer = await socket.nextText().catch((error) => error.message);
    socket.destroy();
    if (answer === undefined) return 'closed';
    return answer.replace(/^44(\/[^,]*,)?\{"message":"([^"]*)".*$/, '44 $2');
  });
  const now = Math.floor(Date.now() / 1000);
  const refusal = async (name, auth) => row(`CONNECT with ${name} is refused with CONNECT_ERROR`, '44', async () => {
    const socket = await openEngine(port);
    socket.text(auth === undefined ? '40' : `40${JSON.stringify(auth)}`);
    const answer = await socket.nextText();
    socket.destroy();
    const body = JSON.parse(answer.slice(2));
    return typeof body.message === 'string' ? answer.slice(0, 2) : answer;
  });
  refusal('no token', undefined);
  refusal('an empty object', {});
  refusal('a number as token', { token: 7 });
  refusal('nonsense as token', { token: 'nonsense' });
  refusal('an expired token', { token: signToken({ sub: alice.user.id, exp: now - 60 }) });
  refusal('a forged token', { token: signToken({ sub: alice.user.id }, { key: 'not the key of this node, but long' }) });
  connect('an unknown namespace', '40/nowhere,{}', '44 Invalid namespace');
  connect('a namespace with a query', '40/?x=1,{}', '44 Invalid namespace');
  for (const [name, packet] of [['an EVENT', '42["x"]'], ['a DISCONNECT', '41'], ['an ACK', '430[]'], ['nonsense', 'zzz']]) {
    row(`${name} before CONNECT closes`, true, async () => {
      const socket = await openEngine(port);
      socket.text(packet);
      return (await partingOf(socket)).closed;
    });
  }
  const harmless = (name, packets) => row(`${name} does nothing and closes nothing`, true, async () => {
    const socket = await openEngine(port, alice.token);
    for (const packet of packets) socket.write(frame(Buffer.isBuffer(packet) ? opcode.binary : opcode.text, packet));
    socket.text('4299["sync",{"rooms":{}}]');
    for (;;) {
      const answer = await socket.nextText();
      if (answer === undefined) return 'closed';
      if (answer.startsWith('4399[{"ok":true')) break;
    }
    await leaveEngine(socket);
    return true;
  });
  harmless('an EVENT without a payload', ['42']);
  harmless('an EVENT with an id and no payload', ['427']);
  harmless('an ACK without a payload', ['43']);
  harmless('an ACK that nobody awaits', ['4312345["x"]']);
  harmless('an ACK twice', ['431[]', '431[]']);
  harmless('an unknown event', ['42["make-coffee",{}]']);
  harmless('a number as event', ['42[7,{}]']);
  harmless('a stock binary event', ['451-["make-coffee",{"_placeholder":true,"num":0}]', Buffer.from([1, 2])]);
  harmless('the look of an attachment in a text packet', ['42["make-coffee",{"_placeholder":true,"num":9}]']);
  const asked = (name, args, code) => row(`${name} is answered ${code}`, code, async () => {
    const socket = await openEngine(port, alice.token);
    socket.text(`427${JSON.stringify(args)}`);
    const answer = await socket.nextText();
    await leaveEngine(socket);
    return /^437\[/.test(answer) ? JSON.parse(answer.slice(3))[0].error?.code : answer;
  });
  asked('an unknown command', ['make-coffee', {}], 'bad_request');
  asked('join-room without an argument', ['join-room'], 'validation_failed');
  asked('join-room of a room that is not there', ['join-room', 'room_nowhere'], 'not_found');
  asked('join-room of a private room of others', ['join-room', { roomId: secret.id }], 'not_found');
  asked('send-message with a list', ['send-message', []], 'validation_failed');
  asked('send-message without content', ['send-message', { roomId: room.id }], 'validation_failed');
  asked('send-message to a room that is not there', ['send-message', { roomId: 'room_nowhere', content: 'x' }], 'forbidden');
  asked('publish to the topic of a room', ['publish', { topic: `room:${room.id}`, event: 'x' }], 'forbidden');
  return rows;
}
