// The parts of the chat page that decide, without a browser: link states, rooms, rows, the outbox.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { backoff } from '../../../web/js/backoff.js';
import { Lost } from '../../../web/js/connection.js';
import { idle, step } from '../../../web/js/link.js';
import { Outbox } from '../../../web/js/outbox.js';
import { Room } from '../../../web/js/room.js';
import { dayName, keyOf, layout } from '../../../web/js/timeline.js';
import { typingText } from '../../../web/js/typing.js';

const world = { now: 1_000, random: () => 0.5 };
const feed = (state, ...events) =>
  events.reduce(({ state: s }, e) => step(s, typeof e === 'string' ? { type: e } : e, world), { state });
const live = () => feed(idle, 'start', 'opened', 'accepted').state;

test('a connection goes live after open and authenticate', () => {
  const opened = feed(idle, 'start', 'opened');
  assert.deepEqual(opened.effects, ['authenticate']);
  const accepted = feed(opened.state, 'accepted');
  assert.equal(accepted.state.phase, 'live');
  assert.deepEqual(accepted.effects, ['live']);
});

test('a loss is waited out longer each time, until a connection has held', () => {
  let { state } = feed(live(), { type: 'closed', code: 1006 });
  const waits = [];
  for (let i = 0; i < 4; i += 1) {
    waits.push(state.until - world.now);
    state = feed(state, 'hurry', { type: 'closed', code: 1006 }).state;
  }
  assert.deepEqual(waits, [375, 750, 1500, 3000]);
  assert.equal(feed(state, 'hurry', 'opened', 'accepted').state.attempt, 5);
  assert.equal(feed(state, 'hurry', 'opened', 'accepted', 'settled').state.attempt, 0);
});

test('the wait has a bound and a chance in it', () => {
  assert.equal(backoff(50, () => 1), 15_000);
  assert.equal(backoff(50, () => 0), 7_500);
});

test('codes from 4500 on are not answered with a reconnect', () => {
  for (const code of [4501, 4502, 4503, 4504, 4999]) {
    const { state, effects } = feed(live(), { type: 'closed', code });
    assert.equal(state.phase, 'stopped');
    assert.ok(state.reason);
    assert.ok(!effects.includes('wait'));
  }
  for (const code of [1000, 1001, 1006, 1011, 1012, 4001, 4008, 4012, 4013, 4014])
    assert.equal(feed(live(), { type: 'closed', code }).state.phase, 'waiting', String(code));
});

test('an expired token is renewed once, then waited for', () => {
  const expired = { type: 'closed', code: 4540 };
  const first = feed(live(), expired);
  assert.equal(first.state.phase, 'refreshing');
  assert.ok(first.effects.includes('refresh'));
  const again = feed(first.state, 'refreshed', 'opened', expired);
  assert.equal(again.state.phase, 'waiting');
  assert.equal(feed(again.state, 'hurry', 'opened', expired).state.phase, 'refreshing');
});

test('a token is renewed after an outage too, however long that was', () => {
  const down = { type: 'closed', code: 1006 };
  const { state } = feed(live(), down, 'hurry', down, 'hurry', down, 'hurry', 'opened', { type: 'closed', code: 4540 });
  assert.equal(state.phase, 'refreshing');
});

test('a refused refresh token signs out, a server that is away does not', () => {
  const refreshing = feed(live(), { type: 'closed', code: 4540 }).state;
  assert.deepEqual(feed(refreshing, { type: 'refresh-failed', final: true }).effects, ['signed-out']);
  assert.equal(feed(refreshing, { type: 'refresh-failed', final: false }).state.phase, 'waiting');
});

test('the server may say when to come back', () => {
  const { state } = feed(live(), { type: 'closed', code: 1012, reconnectIn: 7_000 });
  assert.equal(state.until, world.now + 7_000);
});

const me = 'usr_me';
const message = (seq, more = {}) => ({
  id: `msg_${seq}`, seq, senderId: 'usr_other', senderName: 'Other', content: `text ${seq}`,
  timestamp: '2026-03-01T10:00:00.000Z', clientId: null, ...more,
});
const logged = (seq, more) => ({ event: 'new-message', seq, data: message(seq, more) });
const texts = (room) => room.messages.map((m) => m.content);
function entered(messages = [], lastSeq = messages.at(-1)?.seq ?? 0) {
  const room = new Room('room_1');
  room.enter({ room: { id: 'room_1', name: 'One', lastSeq }, messages, members: [] }, me);
  return room;
}

test('a message is shown once and in seq order, however often and late it comes', () => {
  const room = entered([message(1)]);
  for (const seq of [4, 2, 3, 4, 2, 1]) room.add(message(seq));
  assert.deepEqual(texts(room), ['text 1', 'text 2', 'text 3', 'text 4']);
});

test('a hole in seq is noticed, and closed by the events of a sync', () => {
  const room = entered([message(1)]);
  room.saw(4);
  room.add(message(4));
  assert.equal(room.seq, 1);
  assert.ok(room.hasHole);
  assert.equal(room.replay([logged(2), { event: 'user-joined', seq: 3, data: { userId: 'u', username: 'u' } }, logged(4)], me), 1);
  assert.equal(room.seq, 4);
  assert.ok(!room.hasHole);
  assert.deepEqual(texts(room), ['text 1', 'text 2', 'text 4']);
});

test('a rejoin with missed events counts those of others that are new', () => {
  const room = entered([message(1)]);
  const events = [logged(2), logged(3, { senderId: me, clientId: 'a' }), logged(4)];
  const reply = { room: { id: 'room_1', lastSeq: 4 }, messages: [], members: [], events, reset: false };
  assert.equal(room.enter(reply, me), 2);
  assert.equal(room.seq, 4);
  assert.equal(room.enter({ ...reply, events: [] }, me), 0);
});

test('a reset replaces what is shown', () => {
  const room = entered([message(1), message(2)]);
  room.enter({ room: { id: 'room_1', lastSeq: 900 }, messages: [message(899), message(900)], members: [], events: [], reset: true }, me);
  assert.deepEqual(texts(room), ['text 899', 'text 900']);
  assert.equal(room.seq, 900);
});

test('an event that overtakes the answer to join is kept', () => {
  const room = new Room('room_1');
  room.saw(3);
  room.add(message(3));
  room.enter({ room: { id: 'room_1', lastSeq: 2 }, messages: [message(1), message(2)], members: [] }, me);
  assert.deepEqual(texts(room), ['text 1', 'text 2', 'text 3']);
  assert.equal(room.seq, 3);
});

test('an own message is one row whether its acknowledgement or its event comes first', () => {
  const pending = () => ({ clientId: 'c1', senderId: me, senderName: 'Me', content: 'hi', state: 'pending', timestamp: '2026-03-01T10:00:00.000Z' });
  const stored = message(1, { senderId: me, clientId: 'c1', content: 'hi' });
  for (const order of ['ack', 'event']) {
    const room = entered();
    room.pending.push(pending());
    const key = keyOf(room.pending[0]);
    if (order === 'ack') room.acknowledge('c1', { id: 'msg_1', seq: 1 });
    room.saw(1);
    room.add(stored);
    room.acknowledge('c1', { id: 'msg_1', seq: 1 });
    assert.equal(room.pending.length, 0);
    assert.deepEqual(texts(room), ['hi']);
    assert.equal(keyOf(room.messages[0]), key);
  }
});

test('an acknowledgement alone does not hide a lost event', () => {
  const room = entered();
  room.pending.push({ clientId: 'c1', senderId: me, content: 'hi', state: 'pending', timestamp: '2026-03-01T10:00:00.000Z' });
  room.acknowledge('c1', { id: 'msg_2', seq: 2 });
  assert.equal(room.seq, 0);
});

test('unread are the messages of others behind the last one read', () => {
  const room = entered([message(1)]);
  room.add(message(2));
  room.add(message(3, { senderId: me }));
  room.add(message(4));
  assert.equal(room.unread(me), 2);
  assert.ok(room.markRead());
  assert.equal(room.unread(me), 0);
});

test('rows group by author, break by day and after a pause, and mark what is new', () => {
  const when = (day, minute) => new Date(2026, 2, day, 10, minute).toISOString();
  const rows = layout(
    [
      message(1, { timestamp: when(1, 0) }), message(2, { timestamp: when(1, 3) }),
      message(3, { timestamp: when(1, 20) }), message(4, { timestamp: when(2, 0) }),
      message(5, { timestamp: when(2, 1), senderId: me }),
    ],
    [], me, 4,
  );
  assert.deepEqual(
    rows.map((r) => (r.kind === 'message' ? `${r.message.seq}${r.isFirst ? '*' : ''}` : r.kind)),
    ['day', '1*', '2', '3*', 'day', 'new', '4*', '5*'],
  );
  assert.equal(new Set(rows.map((r) => r.key)).size, rows.length);
});

test('days are named from today', () => {
  const now = new Date(2026, 2, 2, 9).getTime();
  assert.equal(dayName(new Date(2026, 2, 2, 1), now, 'en-GB'), 'Today');
  assert.equal(dayName(new Date(2026, 2, 1, 23), now, 'en-GB'), 'Yesterday');
  assert.match(dayName(new Date(2026, 1, 26), now, 'en-GB'), /^Thursday,? 26 February$/);
  assert.match(dayName(new Date(2025, 1, 26), now, 'en-GB'), /2025/);
});

test('who is typing is said in words', () => {
  assert.equal(typingText([]), '');
  assert.equal(typingText(['Alice']), 'Alice is typing…');
  assert.equal(typingText(['Alice', 'Bob']), 'Alice and Bob are typing…');
  assert.equal(typingText(['A', 'B', 'C']), 'Several people are typing…');
});

function outboxWith(answers) {
  const sent = [];
  const kept = new Map();
  const room = entered();
  const outbox = new Outbox({
    send: async (m) => {
      sent.push(m.clientId);
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
    rooms: () => [room],
    changed: () => {},
    delay: async () => {},
    storage: { getItem: (k) => kept.get(k) ?? null, setItem: (k, v) => kept.set(k, v) },
  });
  outbox.restore(me, () => room);
  const write = (clientId) => outbox.add(room, { clientId, roomId: room.id, senderId: me, content: clientId, state: 'pending', timestamp: '2026-03-01T10:00:00.000Z' });
  return { sent, room, outbox, write, kept: () => JSON.parse([...kept.values()][0] ?? '[]').map((m) => m.clientId) };
}
const stored = (seq) => ({ ok: true, message: { id: `msg_${seq}`, seq } });
const refused = (code, retryable) => ({ ok: false, error: { code, message: code, retryable } });

test('a message is sent again with the same clientId until it is acknowledged, in order', async () => {
  const { sent, room, write, kept } = outboxWith([refused('retry', true), refused('rate_limited', true), stored(1), stored(2)]);
  await Promise.all([write('a'), write('b')]);
  assert.deepEqual(sent, ['a', 'a', 'a', 'b']);
  assert.deepEqual(texts(room), ['a', 'b']);
  assert.deepEqual(kept(), []);
});

test('a message whose answer was lost stays, over a reload too, and goes out after the next join', async () => {
  const { sent, room, outbox, write, kept } = outboxWith([new Lost(), stored(1)]);
  await write('a');
  assert.deepEqual(kept(), ['a']);
  assert.equal(room.pending.length, 1);
  await outbox.flush(room);
  assert.deepEqual(sent, ['a', 'a']);
  assert.deepEqual(texts(room), ['a']);
});

test('a refused message stays visible as failed and does not hold up the next', async () => {
  const { room, write } = outboxWith([refused('validation_failed', false), stored(1)]);
  await write('a');
  await write('b');
  assert.equal(room.pending[0].state, 'failed');
  assert.deepEqual(texts(room), ['b']);
});

test('nothing is sent into a room that has not been entered again', async () => {
  const { sent, room, write } = outboxWith([stored(1)]);
  room.leftBehind();
  await write('a');
  assert.deepEqual(sent, []);
  assert.equal(room.pending.length, 1);
});
