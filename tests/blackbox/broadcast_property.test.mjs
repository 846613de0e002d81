// Random broadcasts, exceptions, conditions, classes, batches, keys and stalls: what real sockets received is
// what a simple model says. About 15 s; TROUPE_ROUNDS=N for more, TROUPE_TEST_SEED=N to see one again.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { playRound } from './broadcast/round.mjs';
import { seedOfRun, seeded } from './durability/random.mjs';
import { login } from './support/clients.mjs';
import { admin, startNode } from './support/node.mjs';

const seconds = 15;

test('every client receives what policy promises, once and in order, or is told what it missed', async (t) => {
  const node = await startNode(
    {
      args: ['--queue-bytes', '524288'],
      env: {
        TROUPE_EXTERNAL_USERS: 'on',
        TROUPE_EXTERNAL_ROLES: 'on',
        TROUPE_COMPRESSION: 'off', // what fills a queue here must not shrink
        TROUPE_ADMIN_EMAIL: admin.email,
        TROUPE_ADMIN_PASSWORD: admin.password,
      },
    },
    t,
  );
  const { token } = await login(node.url, admin.email, admin.password);
  const first = seedOfRun();
  const rounds = Number(process.env.TROUPE_ROUNDS ?? 0);
  const end = Date.now() + seconds * 1000;
  const total = { rounds: 0, received: 0, told: 0, closed: 0 };
  for (let seed = first; rounds ? total.rounds < rounds : Date.now() < end; ++seed) {
    try {
      const figures = await playRound(node, token, seeded(seed));
      ++total.rounds;
      for (const name of ['received', 'told', 'closed']) total[name] += figures[name];
    } catch (error) {
      assert.fail(`TROUPE_TEST_SEED=${seed} TROUPE_ROUNDS=1\n${error.stack}`);
    }
    if (process.env.TROUPE_TEST_SEED && !rounds) break;
  }
  const conflated = await node.metric('troupe_conflated_total');
  const dropped = await node.metric('troupe_dropped_total');
  t.diagnostic(`${JSON.stringify(total)}, conflated ${conflated}, dropped ${dropped}`);
});
