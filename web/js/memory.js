// What a browser remembers of a user between visits: the rooms they are in and how far they have read.
export class Memory {
  constructor(userId, storage = localStorage) {
    this.key = `troupe.rooms.${userId}`;
    this.storage = storage;
  }

  load() {
    try {
      return JSON.parse(this.storage.getItem(this.key)) ?? [];
    } catch {
      return [];
    }
  }

  save(rooms) {
    this.storage.setItem(this.key, JSON.stringify(rooms.map(({ id, name, type, read }) => ({ id, name, type, read }))));
  }
}
