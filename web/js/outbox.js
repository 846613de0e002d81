// What the user has said and the server has not confirmed. Kept over reloads of the tab; sent again with the same
// clientId until there is an answer, one message of a room at a time, so that their order is the order of typing.
import { Lost } from "./connection.js";

export class Outbox {
  /// `send(message)` → reply; `rooms()`: all rooms; `changed()` after each change; `delay(ms)` → promise.
  constructor({ send, rooms, changed, delay, storage = sessionStorage }) {
    this.rooms = rooms;
    this.sendOne = send;
    this.changed = changed;
    this.delay = delay;
    this.storage = storage;
    this.busy = new Set();
    this.key = "";
  }

  /// Puts what an earlier page of this user left unconfirmed back into its rooms.
  restore(userId, roomOf) {
    this.key = `troupe.outbox.${userId}`;
    for (const message of this.read())
      roomOf(message.roomId).pending.push(message);
  }

  add(room, message) {
    room.pending.push(message);
    this.save();
    this.changed();
    return this.flush(room);
  }

  discard(room, clientId) {
    room.pending = room.pending.filter((p) => p.clientId !== clientId);
    this.save();
    this.changed();
  }

  async flush(room) {
    if (this.busy.has(room.id))
      return;
    this.busy.add(room.id);
    try {
      let next;
      while (room.isReady && (next = room.pending.find((p) => p.state === "pending")))
        await this.deliver(room, next);
    } catch (error) {
      if (!(error instanceof Lost))
        throw error; // Lost: flushed again after the next join
    } finally {
      this.busy.delete(room.id);
    }
  }

  async deliver(room, message) {
    const reply = await this.sendOne(message);
    if (reply.ok) {
      room.acknowledge(message.clientId, reply.message);
      this.discard(room, message.clientId);
    } else if (reply.error.retryable) {
      message.note = reply.error.code === "rate_limited" ? "Waiting: too many messages at once" : "";
      this.changed();
      await this.delay((reply.error.retryAfter || 1) * 1000);
    } else {
      message.state = "failed";
      message.note = reply.error.message;
      this.save();
      this.changed();
    }
  }

  read() {
    try {
      return JSON.parse(this.storage.getItem(this.key)) ?? [];
    } catch {
      return [];
    }
  }

  save() {
    const open = this.rooms().flatMap((room) => room.pending.filter((p) => p.state === "pending"));
    if (this.key)
      this.storage.setItem(this.key, JSON.stringify(open));
  }
}
