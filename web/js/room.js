// What the page knows of one room. Every durable event of a room has a seq without holes; `seq` is the last one up
// to which all were seen, `ahead` holds those seen beyond a hole.
export const kept = 2_000; // messages per room in memory

export class Room {
  constructor(id, known = {}) {
    this.id = id;
    this.name = known.name ?? id;
    this.type = known.type ?? "public";
    this.memberCount = known.memberCount ?? 0;
    this.isJoined = false; // the user wants to be in
    this.isReady = false; // the server has let us in on this connection
    this.problem = ""; // why we could not enter
    this.seq = null; // null: nothing seen yet
    this.ahead = new Set();
    this.messages = [];
    this.pending = [];
    this.members = new Map();
    this.typing = new Map();
    this.read = null; // last seq the user has read; null: not known
    this.newFrom = Infinity;
    this.draft = "";
    this.earlier = { cursor: null, isDone: false, isLoading: false };
    this.people = new Map(); // names of all seen here
  }

  describe({ name, type, memberCount }) {
    this.name = name || this.name;
    this.type = type || this.type;
    this.memberCount = memberCount ?? this.memberCount;
  }

  /// The answer to join-room. Returns how many messages of others were missed.
  enter(reply, me) {
    this.describe(reply.room);
    this.members = new Map((reply.members ?? []).map((m) => [m.userId, m]));
    for (const m of this.members.values())
      this.people.set(m.userId, m);
    this.typing.clear();
    const known = this.seq ?? 0;
    let missed = 0;
    if (this.seq === null || reply.reset || !reply.events) {
      const isReload = this.seq !== null;
      const last = reply.room.lastSeq ?? 0;
      const early = this.messages.filter((m) => m.seq > last); // an event may overtake the answer
      this.messages = early;
      this.ahead.clear();
      this.earlier = { cursor: null, isDone: false, isLoading: false };
      for (const message of reply.messages ?? []) {
        this.add(message);
        missed += isReload && message.seq > known && message.senderId !== me ? 1 : 0;
      }
      this.seq = last;
      for (const { seq } of early)
        this.saw(seq);
      this.earlier.isDone = (reply.messages ?? []).length < 50;
    } else {
      missed = this.replay(reply.events, me);
      this.seq = Math.max(this.seq, reply.room.lastSeq ?? 0);
      this.advance();
    }
    this.read ??= this.seq; // a room entered for the first time has nothing unread
    this.isReady = true;
    this.problem = "";
    return missed;
  }

  /// Events of the log, in order. Returns how many of them were messages of others that were not known yet.
  replay(events, me) {
    let missed = 0;
    for (const { event, seq, data } of events) {
      const isNew = this.saw(seq);
      if (event === "new-message")
        missed += this.add({ seq, ...data }) && isNew && data.senderId !== me ? 1 : 0;
      else
        this.take(event, { seq, ...data });
    }
    return missed;
  }

  /// Notes a seq. False when it was known. Callers ask `hasHole` afterwards.
  saw(seq) {
    if (!seq || this.seq === null || seq <= this.seq || this.ahead.has(seq))
      return false;
    this.ahead.add(seq);
    this.advance();
    return true;
  }

  advance() {
    while (this.ahead.delete(this.seq + 1))
      this.seq += 1;
    for (const seq of this.ahead)
      if (seq <= this.seq)
        this.ahead.delete(seq);
  }

  get hasHole() {
    return this.ahead.size > 0;
  }

  /// A stored message, from anywhere: an event, an answer, a page of history. Shown once, in seq order.
  /// Returns whether it was new to the page.
  add(message) {
    this.pending = this.pending.filter((p) => !isSame(p, message));
    this.people.set(message.senderId, { userId: message.senderId, name: message.senderName, avatar: message.senderAvatar });
    const list = this.messages;
    let at = list.length;
    while (at > 0 && list[at - 1].seq > message.seq)
      at -= 1;
    if (at > 0 && list[at - 1].seq === message.seq)
      return false;
    list.splice(at, 0, { ...message, state: "sent" });
    if (list.length > kept) {
      list.splice(0, list.length - kept);
      this.earlier = { cursor: null, isDone: false, isLoading: false };
    }
    return true;
  }

  /// The answer to our own message: it is stored, whether its event has come already or not.
  acknowledge(clientId, { id, seq, timestamp }) {
    const mine = this.pending.find((p) => p.clientId === clientId);
    if (mine)
      this.add({ ...mine, id, seq, timestamp: timestamp ?? mine.timestamp });
  }

  /// An event that is not a message.
  take(event, data) {
    if (event === "user-joined") {
      const who = { userId: data.userId, username: data.username, name: data.name || data.username, avatar: data.avatar };
      this.members.set(who.userId, who);
      this.people.set(who.userId, who);
    } else if (event === "user-left") {
      this.members.delete(data.userId);
      this.typing.delete(data.userId);
    }
  }

  /// The connection is gone: who is here is no longer known, what was said is.
  leftBehind() {
    this.isReady = false;
    this.typing.clear();
  }

  unread(me) {
    let count = 0;
    for (let i = this.messages.length - 1; i >= 0 && this.messages[i].seq > (this.read ?? 0); i -= 1)
      count += this.messages[i].senderId === me ? 0 : 1;
    return count;
  }

  markRead() {
    const last = this.messages.at(-1)?.seq ?? 0;
    const before = this.read ?? 0;
    this.read = Math.max(before, last);
    return this.read !== before;
  }
}

function isSame(pending, message) {
  return pending.senderId === message.senderId && pending.clientId === message.clientId;
}
