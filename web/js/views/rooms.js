// The list of rooms: mine with what is unread, then those that are open to join.
import { $, avatar, h, icon, reconcile } from "./dom.js";

export class RoomsView {
  constructor(store) {
    this.store = store;
    this.root = $("rooms");
  }

  render() {
    const { me, rooms, current } = this.store;
    if (!me)
      return;
    const all = [...rooms.values()].sort((a, b) => a.name.localeCompare(b.name));
    const rows = [
      ...this.section("Your rooms", all.filter((r) => r.isJoined)),
      ...this.section("Open to join", all.filter((r) => !r.isJoined && r.type === "public" && !r.problem)),
      ...this.section("Yours to enter", all.filter((r) => !r.isJoined && r.type !== "public" && !r.problem)),
    ];
    if (all.length === 0)
      rows.push({ key: "none", kind: "none" });
    reconcile(this.root, rows, {
      key: (row) => row.key,
      signature: (row) => JSON.stringify([row.title, row.room?.name, row.room?.type, row.unread, row.room?.id === current]),
      build: (row) => this.build(row, current),
    });
    reconcile($("me"), [me], {
      key: (u) => u.id,
      signature: (u) => u.name,
      build: (u) => h("div", { class: "me-row" }, avatar(u.id, u.name),
        h("span", { class: "me-text" }, h("b", { "data-testid": "me-name" }, u.name), h("span", {}, `@${u.username}`))),
    });
  }

  section(title, rooms) {
    if (rooms.length === 0)
      return [];
    return [
      { key: title, kind: "title", title },
      ...rooms.map((room) => ({ key: room.id, kind: "room", room, unread: room.isJoined ? room.unread(this.store.me.id) : 0 })),
    ];
  }

  build({ kind, title, room, unread }, current) {
    if (kind === "title")
      return h("h2", {}, title);
    if (kind === "none")
      return h("p", { class: "none" }, "No rooms yet.");
    return h("a", {
      class: "room-link", href: `#/rooms/${encodeURIComponent(room.id)}`, "data-testid": "room-link", "data-room": room.id,
      "aria-current": room.id === current ? "page" : null,
    },
    h("span", { class: "room-mark", "aria-hidden": "true" }, room.type === "public" ? "#" : icon("lock")),
    h("span", { class: "room-link-name" }, room.name),
    unread > 0 && h("span", { class: "unread", "data-testid": "unread" }, unread > 99 ? "99+" : String(unread),
      h("span", { class: "unseen" }, " unread")));
  }
}
