// Judges a run: the database after it, against what every client sent, was acknowledged and was shown.
//
//   database: {lastSeq, integrity, events: [{seq, id, senderId, clientId, content}], messages: [{id, seq, content}]}
//   clients:  [{name, userId, sent: Map clientId → {content, acks: [{id, seq, round}]}, shown: [{id, seq, clientId, content}],
//               runs: [[clientId, …]]}]   runs: first sends on one connection, in order, never sent again
//
// Answers a list of failures, each {kind, text}; kinds: lost, duplicate, order, hole, changed, phantom.

export function check(database, clients) {
  const failures = [];
  const fail = (kind, text) => failures.push({ kind, text });

  if (database.integrity !== 'ok') fail('changed', `integrity_check: ${database.integrity}`);
  checkLog(database, fail);
  const bySeq = new Map(database.events.map((event) => [event.seq, event]));
  const byKey = new Map(database.events.map((event) => [`${event.senderId} ${event.clientId}`, event]));
  for (const client of clients) {
    checkAcknowledged(client, bySeq, byKey, fail);
    checkShown(client, database.lastSeq, bySeq, fail);
    checkOwnOrder(client, byKey, fail);
  }
  return failures;
}

/// The log by itself: seq without holes, nothing twice, and a projection that says the same.
function checkLog({ events, messages, lastSeq }, fail) {
  events.forEach((event, i) => {
    if (event.seq !== i + 1) fail('hole', `database: seq ${event.seq} at place ${i + 1}`);
  });
  if (lastSeq !== events.length) fail('hole', `database: last seq ${lastSeq}, ${events.length} events`);
  reportTwice(events, (event) => event.id, 'id', fail);
  reportTwice(events, (event) => `${event.senderId} ${event.clientId}`, 'clientId', fail);
  reportTwice(events, (event) => event.content, 'content', fail);
  const projected = new Map(messages.map((message) => [message.id, message]));
  for (const event of events) {
    const message = projected.get(event.id);
    if (message?.seq !== event.seq || message.content !== event.content) {
      fail('changed', `database: message ${event.id} differs from its event ${event.seq}`);
    }
  }
  if (messages.length !== events.length) {
    fail('changed', `database: ${messages.length} messages, ${events.length} events`);
  }
}

function reportTwice(rows, keyOf, what, fail) {
  const first = new Map();
  for (const row of rows) {
    const key = keyOf(row);
    if (first.has(key)) fail('duplicate', `database: ${what} ${key} at seq ${first.get(key)} and ${row.seq}`);
    else first.set(key, row.seq);
  }
}

/// What was acknowledged is there, at the place that the acknowledgement named.
function checkAcknowledged({ name, userId, sent }, bySeq, byKey, fail) {
  for (const [clientId, { content, acks }] of sent) {
    for (const ack of acks) {
      const stored = bySeq.get(ack.seq);
      if (!stored || stored.id !== ack.id) {
        const now = byKey.get(`${userId} ${clientId}`);
        fail('lost', `${name}: ${clientId} acknowledged as ${ack.id}, seq ${ack.seq} in round ${ack.round}`
          + `; there is ${stored?.id ?? 'nothing'}, it is ${now ? `${now.id}, seq ${now.seq}` : 'nowhere'}`);
      } else if (stored.content !== content || stored.senderId !== userId) {
        fail('changed', `${name}: seq ${ack.seq} is not what was sent as ${clientId}`);
      }
      if (ack.id !== acks[0].id || ack.seq !== acks[0].seq) {
        fail('changed', `${name}: ${clientId} acknowledged as seq ${acks[0].seq} and as ${ack.seq}`);
      }
    }
    if (acks.length === 0) fail('lost', `${name}: ${clientId} was never acknowledged`);
  }
}

/// What was shown: every event of the room once, in order, as stored.
function checkShown({ name, shown }, lastSeq, bySeq, fail) {
  let last = 0;
  const seen = new Set();
  for (const event of shown) {
    if (seen.has(event.id)) fail('duplicate', `${name}: ${event.id} was shown twice (seq ${event.seq})`);
    else if (event.seq <= last) fail('order', `${name}: seq ${event.seq} was shown behind ${last}`);
    else if (event.seq !== last + 1) fail('hole', `${name}: seq ${event.seq} was shown behind ${last}`);
    seen.add(event.id);
    last = Math.max(last, event.seq);
    const stored = bySeq.get(event.seq);
    if (stored?.id !== event.id) {
      fail('phantom', `${name}: was shown ${event.id} as seq ${event.seq}, stored is ${stored?.id ?? 'nothing'}`);
    } else if (stored.content !== event.content) {
      fail('changed', `${name}: seq ${event.seq} was shown with other content`);
    }
  }
  if (last < lastSeq) fail('hole', `${name}: was shown up to seq ${last} of ${lastSeq}`);
}

/// What one connection sent in order, and sent only once, is stored in that order.
function checkOwnOrder({ name, userId, runs }, byKey, fail) {
  for (const run of runs) {
    let last = 0;
    for (const clientId of run) {
      const seq = byKey.get(`${userId} ${clientId}`)?.seq;
      if (seq === undefined) continue; // reported as lost, if it was acknowledged
      if (seq < last) fail('order', `${name}: ${clientId} is stored as ${seq}, what it sent before as ${last}`);
      last = seq;
    }
  }
}

/// "lost 3, order 1" for people.
export function summary(failures) {
  const counts = {};
  for (const { kind } of failures) counts[kind] = (counts[kind] ?? 0) + 1;
  return Object.entries(counts).map(([kind, n]) => `${kind} ${n}`).join(', ') || 'nothing';
}
