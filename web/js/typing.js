// Both sides of "is typing". The server forgets a typist after three seconds, so a writer repeats it every two.
const repeat = 2_000;
const forget = 6_000; // in case a user-stopped-typing was lost with a connection

export class Typing {
  constructor({ tell, changed }) {
    this.tell = tell;
    this.changed = changed;
    this.told = new Map(); // room id → when
  }

  wrote(room, text) {
    if (!text.trim())
      return this.stopped(room);
    const now = Date.now();
    if (now - (this.told.get(room.id) ?? 0) < repeat)
      return;
    this.told.set(room.id, now);
    this.tell("typing", { roomId: room.id });
  }

  stopped(room) {
    if (this.told.delete(room.id))
      this.tell("stop-typing", { roomId: room.id });
  }

  /// The message itself ends it at the server too.
  sent(room) {
    this.told.delete(room.id);
  }

  heard(room, { userId, username, name }) {
    this.silent(room, userId);
    const timer = setTimeout(() => {
      this.silent(room, userId);
      this.changed();
    }, forget);
    room.typing.set(userId, { name: room.people.get(userId)?.name || name || username, timer });
  }

  silent(room, userId) {
    clearTimeout(room.typing.get(userId)?.timer);
    room.typing.delete(userId);
  }
}

export function typingText(names) {
  if (names.length === 0)
    return "";
  if (names.length === 1)
    return `${names[0]} is typing…`;
  if (names.length === 2)
    return `${names[0]} and ${names[1]} are typing…`;
  return "Several people are typing…";
}
