// What the user can do, and what the server tells: between the connection and the store.
import { Connection, Lost } from "./connection.js";
import { Memory } from "./memory.js";
import { Outbox } from "./outbox.js";
import { Typing } from "./typing.js";

const caughtUpShown = 5_000;

export class Chat {
  constructor({ store, api, tokens, url, signedOut, notify }) {
    Object.assign(this, { store, api, tokens, notify });
    this.changed = () => store.changed();
    this.connection = new Connection(url, tokens, {
      changed: (state) => this.linkChanged(state),
      live: () => this.resume(),
      event: (name, data) => this.heard(name, data),
      signedOut,
      probe: () => this.sync(store.joined.filter((r) => r.isReady)),
    });
    this.typing = new Typing({ tell: (event, data) => this.connection.tell(event, data), changed: this.changed });
    this.outbox = new Outbox({
      send: ({ roomId, content, clientId }) => this.connection.request("send-message", { roomId, content, clientId }),
      rooms: () => [...store.rooms.values()],
      changed: this.changed,
      delay: (ms) => new Promise((done) => setTimeout(done, ms)),
    });
  }

  async start(user) {
    const { store } = this;
    store.me = user;
    this.memory = new Memory(user.id);
    for (const known of this.memory.load()) {
      const room = store.roomOf(known.id, known);
      room.isJoined = true;
      room.read = known.read;
    }
    this.outbox.restore(user.id, (id) => store.roomOf(id));
    this.connection.start();
    this.changed();
    await this.loadRooms();
  }

  stop() {
    this.connection.stop();
    this.store.reset();
    this.changed();
  }

  async loadRooms({ isQuiet = false } = {}) {
    try {
      for (const room of await this.api.rooms())
        this.store.roomOf(room.id, room);
      this.changed();
    } catch (error) {
      if (!isQuiet)
        this.notify(`The list of rooms could not be loaded. ${error.message}`);
    }
  }

  // -- the connection --

  linkChanged(state) {
    const { store } = this;
    if (store.link.phase === "live" && state.phase !== "live")
      for (const room of store.rooms.values())
        room.leftBehind();
    store.link = state;
    if (state.phase !== "live")
      store.caughtUp = null;
    this.changed();
  }

  async resume() {
    const { store } = this;
    const isReturn = store.wasLive;
    store.wasLive = true;
    if (isReturn)
      this.loadRooms({ isQuiet: true });
    const rooms = store.joined.sort((a, b) => (b.id === store.current) - (a.id === store.current));
    store.catchingUp = rooms.length;
    let missed = 0;
    await Promise.all(rooms.map(async (room) => {
      missed += (await this.enter(room)) ?? 0;
      store.catchingUp = Math.max(0, store.catchingUp - 1);
      this.changed();
    }));
    if (!isReturn || !this.connection.isLive)
      return;
    store.caughtUp = missed;
    setTimeout(() => {
      store.caughtUp = null;
      this.changed();
    }, caughtUpShown);
    this.changed();
  }

  /// Enters a room on this connection, from the last seen seq on. Returns how many messages were missed.
  async enter(room) {
    try {
      for (;;) {
        const ask = room.seq === null ? { roomId: room.id } : { roomId: room.id, after: room.seq };
        const reply = await this.connection.request("join-room", ask);
        if (reply.ok)
          return this.entered(room, reply);
        if (!reply.error.retryable)
          return this.refused(room, reply.error);
        await new Promise((done) => setTimeout(done, (reply.error.retryAfter || 1) * 1000));
      }
    } catch (error) {
      if (!(error instanceof Lost))
        throw error;
      return 0; // the next connection begins with resume()
    }
  }

  entered(room, reply) {
    const missed = room.enter(reply, this.store.me.id);
    if (room.newFrom === Infinity && room.unread(this.store.me.id) > 0)
      room.newFrom = room.read + 1;
    room.isJoined = true;
    this.remember();
    this.sawRoom(room);
    this.outbox.save();
    this.outbox.flush(room);
    this.changed();
    return missed;
  }

  refused(room, { code, message }) {
    room.problem = message;
    if (code === "not_found" || code === "forbidden") {
      room.isJoined = false;
      this.remember();
    }
    this.changed();
    return 0;
  }

  remember() {
    this.memory.save(this.store.joined);
  }

  // -- what the server tells --

  heard(name, data) {
    if (name === "error")
      return this.notify(data.message);
    const room = this.store.rooms.get(data.roomId);
    if (!room)
      return;
    room.saw(data.seq);
    switch (name) {
      case "new-message":
        this.typing.silent(room, data.senderId);
        room.add(data);
        if (data.senderId === this.store.me.id)
          this.outbox.save();
        this.sawRoom(room);
        break;
      case "user-typing":
        if (data.userId !== this.store.me.id)
          this.typing.heard(room, data);
        break;
      case "user-stopped-typing":
        this.typing.silent(room, data.userId);
        break;
      default:
        room.take(name, data);
    }
    if (room.hasHole && room.isReady)
      this.sync([room]);
    this.changed();
  }

  /// Asks for what lies between what was seen and what is there: after a hole, and when it was quiet for long.
  async sync(rooms) {
    if (rooms.some((r) => r.isSyncing))
      return;
    const asked = Object.fromEntries(rooms.map((r) => [r.id, r.seq]));
    for (const room of rooms)
      room.isSyncing = true;
    try {
      const reply = await this.connection.request("sync", { rooms: asked });
      for (const room of reply.ok ? rooms : []) {
        const answer = reply.rooms[room.id];
        if (answer?.reset)
          await this.enter(room);
        else
          room.replay(answer?.events ?? [], this.store.me.id);
        this.sawRoom(room);
      }
    } catch (error) {
      if (!(error instanceof Lost))
        throw error;
    } finally {
      for (const room of rooms)
        room.isSyncing = false;
    }
    this.changed();
  }

  // -- what the user does --

  open(roomId) {
    const { store } = this;
    if (store.current === roomId)
      return;
    const before = store.room;
    if (before) {
      this.typing.stopped(before);
      before.newFrom = Infinity;
    }
    store.current = roomId;
    if (roomId) {
      const room = store.roomOf(roomId);
      room.newFrom = room.unread(store.me.id) > 0 ? room.read + 1 : Infinity;
      this.sawRoom(room);
    }
    this.changed();
  }

  /// The room on the screen is read while the page is looked at; its line "new" stays where it was.
  sawRoom(room) {
    if (room.id === this.store.current && room.isReady && document.visibilityState === "visible") {
      if (room.markRead())
        this.remember();
    } else if (room.newFrom === Infinity && room.unread(this.store.me.id) > 0) {
      room.newFrom = (room.read ?? 0) + 1;
    }
  }

  async join(room) {
    room.problem = "";
    room.isJoining = true;
    this.changed();
    if (this.connection.isLive)
      await this.enter(room);
    else
      room.isJoined = true; // resume() will enter it
    room.isJoining = false;
    this.changed();
  }

  async leave(room) {
    const reply = await this.connection.request("leave-room", { roomId: room.id })
      .catch(() => ({ ok: false, error: { message: "There is no connection." } }));
    if (!reply.ok)
      return this.notify(`You are still in ${room.name}. ${reply.error.message}`);
    room.isJoined = false;
    room.leftBehind();
    this.remember();
    this.changed();
  }

  async create(form) {
    const known = await this.api.createRoom(form);
    const room = this.store.roomOf(known.id, known);
    await this.join(room);
    return room;
  }

  send(room, content) {
    const { me } = this.store;
    this.typing.sent(room);
    room.newFrom = Infinity; // who answers has read
    return this.outbox.add(room, {
      clientId: newClientId(), roomId: room.id, content, state: "pending", note: "",
      senderId: me.id, senderName: me.name, senderAvatar: me.avatar ?? "", timestamp: new Date().toISOString(),
    });
  }

  again(room, message) {
    message.state = "pending";
    message.note = "";
    this.outbox.save();
    this.changed();
    this.outbox.flush(room);
  }

  async loadEarlier(room) {
    const { earlier } = room;
    if (earlier.isDone || earlier.isLoading)
      return;
    earlier.isLoading = true;
    this.changed();
    try {
      const page = await this.api.messages(room.id, earlier.cursor);
      let added = 0;
      for (const message of page.data)
        added += room.add(message) ? 1 : 0;
      earlier.cursor = page.pageInfo.endCursor;
      earlier.isDone = !page.pageInfo.hasNextPage || (added === 0 && page.data.length === 0);
    } catch (error) {
      this.notify(`Earlier messages could not be loaded. ${error.message}`);
    }
    earlier.isLoading = false;
    this.changed();
  }
}

// crypto.randomUUID exists in secure contexts only; a node on the local network is often plain HTTP
function newClientId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
