// Every command with good and bad arguments, for any kind of client: an object with `ask(command, data)`, `of(event)`,
// `log` and `end()`. What a run gives is the same whatever the way in.
import assert from 'node:assert/strict';

import { connectPlain, createRoom, eventually, unique } from './clients.mjs';

export const long = 'ünïcödé 😀 '.repeat(40);
/// [command, data]; `$room`, `$secret`, `$topic`, `$message` and `$token` stand for this run's own.
const table = [
  ['join-room', { roomId: '$room' }],
  ['join-room', '$room'],
  ['join-room', { roomId: '$room', after: 0 }],
  ['join-room', { roomId: '$room', after: 99 }],
  ['join-room', { roomId: '$secret' }],
  ['join-room', { roomId: 7 }],
  ['join-room', { roomId: '$room', after: -1 }],
  ['join-room', {}],
  ['join-room', null],
  ['typing', { roomId: '$room' }],
  ['stop-typing', '$room'],
  ['send-message', { roomId: '$room', content: long, clientId: 'one' }],
  ['send-message', { roomId: '$room', content: long, clientId: 'one' }],
  ['send-message', { roomId: '$room', content: 'x', attachments: [{ url: 'a', size: 1.5, ok: true, no: null }] }],
  ['send-message', { roomId: '$room', content: 'x', attachments: 'none' }],
  ['send-message', { roomId: '$room', content: '' }],
  ['send-message', { roomId: '$secret', content: 'x' }],
  ['send-message', { content: 7 }],
  ['join-room', { roomId: '$room', after: 1 }],
  ['sync', { rooms: { $room: 0, $secret: 0 } }],
  ['sync', { rooms: [] }],
  ['sync', {}],
  ['subscribe', { topic: '$topic' }],
  ['subscribe', { topic: 'room:x' }],
  ['subscribe', {}],
  ['publish', { topic: '$topic', event: 'tick', data: { n: 1, big: 2 ** 40, small: -129, real: 0.5, text: long } }],
  ['publish', { topic: '$topic', event: 'tick', data: [null, true, [], {}], key: 'k', volatile: true }],
  ['publish', { topic: '$topic', event: 'new-message', data: 1 }],
  ['publish', { topic: 'private', event: 'tick' }],
  ['publish', { topic: '$topic', event: 7, volatile: 'yes' }],
  ['unsubscribe', { topic: '$topic' }],
  ['authenticate', { token: '$token' }],
  ['authenticate', { token: 'forged' }],
  ['authenticate', {}],
  ['leave-room', { roomId: '$room' }],
  ['leave-room', '$room'],
  ['send-message', { roomId: '$room', content: 'outside' }],
  ['no-such-command', { a: 1 }],
];

/// What is different in each run, by its place.
function normal(value, names) {
  let text = JSON.stringify(value);
  for (const [name, own] of Object.entries(names)) text = text.replaceAll(own, name);
  return JSON.parse(
    text
      .replace(/\b(msg|usr|ses)_[0-9A-Za-z]+/g, '$1_*')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'TIME'),
  );
}

/// Each command of the table from Bob's `open(bob)`, while Alice, a plain client, is in the room: {answers, seen, others}.
export async function runEveryCommand(node, { alice, bob }, open) {
  const topic = `public:${unique('t')}`;
  const [room, secret] = await Promise.all([
    createRoom(node.url, alice.token, { name: 'Parity' }),
    createRoom(node.url, alice.token, { name: 'Secret', type: 'private' }),
  ]);
  const names = { $room: room.id, $secret: secret.id, $topic: topic, $token: bob.token, $alice: alice.user.username, $bob: bob.user.username };
  const fill = (value) => {
    let text = JSON.stringify(value);
    for (const [name, own] of Object.entries(names)) text = text.replaceAll(name, own);
    return JSON.parse(text);
  };
  const other = await connectPlain(node.wsUrl, alice.token);
  await other.ask('join-room', { roomId: room.id });
  await other.ask('subscribe', { topic });
  const client = await open(bob);
  const answers = [];
  for (const [command, data] of table) answers.push([command, normal(await client.ask(command, fill(data)), names)]);
  await other.ask('send-message', { roomId: room.id, content: 'the end' });
  await eventually(5000, () => other.of('new-message').length === 3, 'the end');
  await eventually(5000, () => client.of('new-message').length === 2, 'own messages');
  await eventually(5000, () => client.of('tick').length === 2, 'own ticks');
  const seen = (who) => normal(who.log.filter((e) => e.event !== 'authenticated').map(({ event, data }) => [event, data]), names);
  const outcome = { answers, seen: seen(client), others: seen(other) };
  await Promise.all([client.end(), other.end()]);
  return outcome;
}

/// [way, outcome] of at least two ways.
export function assertSame([[, first], ...others]) {
  assert.ok(others.length > 0);
  assert.ok(first.answers.some(([, reply]) => reply.ok) && first.answers.some(([, reply]) => !reply.ok));
  for (const [way, outcome] of others) {
    for (let i = 0; i < table.length; i++)
      assert.deepEqual(outcome.answers[i], first.answers[i], `${way}: ${JSON.stringify(table[i])}`);
    assert.deepEqual(outcome.seen, first.seen, `${way}: its own events`);
    assert.deepEqual(outcome.others, first.others, `${way}: what others saw`);
  }
}
