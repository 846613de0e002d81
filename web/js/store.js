// All that the views show. Changes are announced once per turn, however many there were.
import { idle } from "./link.js";
import { Room } from "./room.js";

export class Store {
  constructor() {
    this.reset();
    this.listeners = new Set();
    this.isAnnouncing = false;
  }

  reset() {
    this.me = null; // { id, username, name, … }
    this.rooms = new Map();
    this.current = null; // id of the room on the screen
    this.link = idle;
    this.wasLive = false;
    this.catchingUp = 0; // rooms that still have to answer
    this.caughtUp = null; // messages missed while away; shown for a moment
  }

  get room() { return this.rooms.get(this.current) ?? null; }

  roomOf(id, known) {
    let room = this.rooms.get(id);
    if (!room)
      this.rooms.set(id, (room = new Room(id, known)));
    else if (known)
      room.describe(known);
    return room;
  }

  get joined() { return [...this.rooms.values()].filter((r) => r.isJoined); }
  get unread() { return this.joined.reduce((sum, r) => sum + r.unread(this.me?.id), 0); }

  listen(f) { this.listeners.add(f); }

  changed() {
    if (this.isAnnouncing)
      return;
    this.isAnnouncing = true;
    // not requestAnimationFrame: a page in the background still has to count what is unread
    queueMicrotask(() => {
      this.isAnnouncing = false;
      for (const f of this.listeners)
        f(this);
    });
  }
}
