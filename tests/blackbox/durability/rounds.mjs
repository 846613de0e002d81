// Rounds of kill -9 at a random moment under load, then one look at everything.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { createRoom, eventually, register, signToken } from '../support/clients.mjs';
import { startNode } from '../support/node.mjs';
import { check } from './check.mjs';
import { seeded } from './random.mjs';
import { Talker } from './talker.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const ways = ['polling+upgrade', 'plain', 'websocket', 'plain', 'polling+upgrade', 'websocket'];
// A stock client whose WebSocket dies while its polling stands paused for the upgrade hears of it only when no ping
// comes (engine.io-client: 'upgradeError', then 'ping timeout' after 45 s).
const heartbeat = ['--ping-interval', '2s', '--ping-timeout', '3s'];
const moment = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function readDatabase(file, roomId) {
  const text = execFileSync('python3', [path.join(here, 'read_database.py'), file, roomId], { maxBuffer: 2 ** 30 });
  return JSON.parse(text);
}

/// Runs `rounds` rounds and answers {failures, database, talkers, …figures}. `stopEarly(result)`: looked at after each kill.
export async function killRounds({ rounds, seed, nodeOptions = {}, untilFailure = false, log = () => {} }) {
  const random = seeded(seed);
  const node = await startNode({ ...nodeOptions, args: [...(nodeOptions.args ?? []), ...heartbeat] });
  const talkers = [];
  try {
    const owner = await register(node.url, 'Owner');
    const room = await createRoom(node.url, owner.token, { name: 'Under fire' });
    for (const [i, way] of ways.entries()) {
      const { user } = await register(node.url, `Talker ${i}`);
      const token = signToken({ sub: user.id, exp: Math.floor(Date.now() / 1000) + 6 * 3600 });
      talkers.push(new Talker({ node, name: `t${i}`, userId: user.id, token, roomId: room.id, way, random }));
    }
    await settled(talkers);
    talkers.forEach((talker) => talker.talk(true));

    let round = 0;
    let kills = 0;
    while (round < rounds) {
      round++;
      talkers.forEach((talker) => {
        talker.round = round;
      });
      await moment(random.between(20, 700));
      await node.kill9();
      kills++;
      if (untilFailure && judge(node, room, talkers, { isFinal: false }).length > 0) break;
      if (random.chance(0.15)) {
        // and once more while it starts
        node.start().catch(() => {});
        await moment(random.between(0, 120));
        await node.kill9();
        kills++;
      }
      await node.restart();
      if (round % 10 === 0) log(`round ${round} of ${rounds}`);
    }
    if (!node.isRunning) await node.restart();
    talkers.forEach((talker) => talker.talk(false));
    await settled(talkers).catch(() => {}); // the judgement names what is missing
    await eventually(untilFailure ? 3000 : 20_000, () => {
      const last = Math.max(...talkers.map((talker) => talker.lastSeq));
      return talkers.every((talker) => talker.lastSeq === last && talker.isQuiet);
    }).catch(() => {});
    const failures = judge(node, room, talkers, { isFinal: true });
    const acknowledged = talkers.reduce(
      (sum, talker) => sum + [...talker.sent.values()].filter((m) => m.acks.length > 0).length, 0);
    if (failures.length > 0) {
      for (const talker of talkers.filter((each) => !each.isQuiet || !each.isJoined)) {
        log(`the last of ${talker.name}, which did not end well:\n  ${talker.life.join('\n  ')}`);
      }
    }
    return { failures, round, kills, acknowledged, refusals: talkers.flatMap((talker) => talker.refusals) };
  } finally {
    talkers.forEach((talker) => talker.end());
    await node.stop();
  }
}

function settled(talkers) {
  return eventually(20_000, () => talkers.every((talker) => talker.isJoined && (talker.isTalking || talker.isQuiet)),
    'all clients in the room');
}

/// Between rounds messages are under way: then only what contradicts the database counts.
function judge(node, room, talkers, { isFinal }) {
  const failures = check(readDatabase(node.databaseFile, room.id), talkers);
  if (isFinal) return failures;
  return failures.filter(({ kind, text }) => !/never acknowledged|was shown up to/.test(text) && kind !== 'order');
}
