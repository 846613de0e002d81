// kill -9 at random moments under load loses nothing that was acknowledged, doubles nothing, reorders nothing.
// TROUPE_ROUNDS=200 for the long run, TROUPE_TEST_SEED to have one again.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { binary } from '../support/node.mjs';
import { check, summary } from './check.mjs';
import { seedOfRun } from './random.mjs';
import { killRounds } from './rounds.mjs';

const rounds = Number(process.env.TROUPE_ROUNDS ?? 30);
const seed = seedOfRun();

const describe = (failures) =>
  `seed ${seed}: ${summary(failures)}\n${failures.slice(0, 20).map((f) => `  ${f.kind}: ${f.text}`).join('\n')}`;

test(`${rounds} rounds of kill -9 under load lose, double and reorder nothing`, async () => {
  console.log(`durability: seed ${seed}, ${rounds} rounds`);
  const begin = Date.now();
  const result = await killRounds({ rounds, seed, log: console.log });
  console.log(
    `durability: ${result.kills} kills, ${result.acknowledged} messages acknowledged, failures: ${summary(result.failures)}`
    + `, ${Math.round((Date.now() - begin) / 1000)} s`,
  );
  assert.ok(result.acknowledged > rounds * 20, `too little load: ${result.acknowledged} messages`);
  assert.deepEqual(result.failures, [], describe(result.failures));
});

test('the checker sees a node that acknowledges before it commits', async () => {
  const result = await killRounds({
    rounds: 15,
    seed,
    untilFailure: true,
    nodeOptions: { bin: binary('trouped_defective'), args: ['--defect', 'acknowledge-before-commit'] },
  });
  console.log(`acknowledge-before-commit: ${summary(result.failures)} after ${result.kills} kills`);
  const kinds = new Set(result.failures.map((f) => f.kind));
  assert.ok(kinds.has('lost') || kinds.has('phantom'), describe(result.failures));
});

test('the checker sees a node without the unique key', async () => {
  const result = await killRounds({
    rounds: 10,
    seed,
    untilFailure: true,
    nodeOptions: { bin: binary('trouped_defective'), args: ['--defect', 'no-unique-key'] },
  });
  console.log(`no-unique-key: ${summary(result.failures)} after ${result.kills} kills`);
  assert.ok(result.failures.some((f) => f.kind === 'duplicate'), describe(result.failures));
});

// -- the checker by itself: every kind of failure is seen, a clean run is clean --

function cleanRun() {
  const events = [1, 2, 3].map((seq) => ({
    seq, id: `msg_${seq}`, senderId: 'usr_a', clientId: `a-${seq}`, content: `text ${seq}`,
  }));
  const sent = new Map(events.map((e) => [e.clientId, { content: e.content, acks: [{ id: e.id, seq: e.seq, round: 1 }] }]));
  const shown = () => events.map(({ id, seq, clientId, content }) => ({ id, seq, clientId, content }));
  return {
    database: { lastSeq: 3, integrity: 'ok', events, messages: events.map(({ id, seq, content }) => ({ id, seq, content })) },
    clients: [
      { name: 'a', userId: 'usr_a', sent, shown: shown(), runs: [['a-1', 'a-2', 'a-3']] },
      { name: 'b', userId: 'usr_b', sent: new Map(), shown: shown(), runs: [] },
    ],
  };
}

const plantings = [
  ['nothing', [], () => {}],
  ['an acknowledged message that is not stored', ['lost', 'phantom'], ({ database }) => {
    database.events.pop();
    database.messages.pop();
    database.lastSeq = 2;
  }],
  ['an acknowledged message stored under another seq', ['lost'], ({ clients }) => {
    clients[0].sent.get('a-2').acks.push({ id: 'msg_2', seq: 3, round: 2 });
  }],
  ['two answers to one clientId', ['changed'], ({ clients }) => {
    clients[0].sent.get('a-2').acks.push({ id: 'msg_3', seq: 3, round: 2 });
  }],
  ['a message never acknowledged', ['lost'], ({ clients }) => {
    clients[0].sent.set('a-9', { content: 'x', acks: [] });
  }],
  ['a clientId stored twice', ['duplicate'], ({ database }) => {
    database.events.push({ ...database.events[0], seq: 4, id: 'msg_4' });
    database.messages.push({ id: 'msg_4', seq: 4, content: 'text 1' });
    database.lastSeq = 4;
  }],
  ['a hole in the log', ['hole'], ({ database }) => database.events.splice(1, 1)],
  ['a last seq beyond the log', ['hole'], ({ database }) => { database.lastSeq = 4; }],
  ['a projection that differs', ['changed'], ({ database }) => { database.messages[1].content = 'other'; }],
  ['an event shown twice', ['duplicate'], ({ clients }) => clients[1].shown.push({ ...clients[1].shown[2] })],
  ['an event shown too late', ['order', 'hole'], ({ clients }) => { clients[1].shown.reverse(); }],
  ['an event not shown', ['hole'], ({ clients }) => clients[1].shown.splice(1, 1)],
  ['the last event not shown', ['hole'], ({ clients }) => clients[1].shown.pop()],
  ['an event shown and not stored', ['phantom'], ({ clients }) => {
    clients[1].shown.push({ id: 'msg_7', seq: 4, clientId: null, content: 'never stored' });
  }],
  ['a sender whose order changed', ['order'], ({ clients }) => { clients[0].runs = [['a-2', 'a-1', 'a-3']]; }],
  ['a broken file', ['changed'], ({ database }) => { database.integrity = 'row 3 missing'; }],
];
for (const [what, kinds, plant] of plantings) {
  test(`the checker reports ${kinds.join(' and ') || 'nothing'} for ${what}`, () => {
    const run = cleanRun();
    plant(run);
    const found = new Set(check(run.database, run.clients).map((f) => f.kind));
    if (kinds.length === 0) assert.deepEqual([...found], []);
    for (const kind of kinds) assert.ok(found.has(kind), `${kind} not among ${[...found]}`);
  });
}
