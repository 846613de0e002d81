// The frame of a room: its name, who is here, and the door when one is not in.
import { $, avatar, h, reconcile, setText } from "./dom.js";

export class RoomView {
  constructor(store, { join, leave }) {
    Object.assign(this, { store, join });
    $("leave").addEventListener("click", () => leave(store.room));
    $("people-toggle").addEventListener("click", () => this.setPeople(!this.isOpen));
    $("people").addEventListener("keydown", (e) => {
      if (e.key === "Escape") {
        this.setPeople(false);
        $("people-toggle").focus();
      }
    });
    this.wide = matchMedia("(min-width: 1000px)");
    this.setPeople(this.wide.matches);
  }

  setPeople(isOpen) {
    this.isOpen = isOpen;
    $("app").classList.toggle("shows-people", isOpen);
    $("people-toggle").setAttribute("aria-expanded", String(isOpen));
  }

  render() {
    const { room, me, rooms } = this.store;
    if (!me)
      return;
    if (this.shown !== room?.id && !this.wide.matches)
      this.setPeople(false);
    this.shown = room?.id;
    const isIn = Boolean(room?.isJoined);
    $("app").classList.toggle("has-room", Boolean(room));
    setText($("room-name"), room?.name ?? `Welcome, ${me.name}`);
    setText($("room-about"), room ? about(room) : "");
    $("leave").hidden = $("people-toggle").hidden = !isIn;
    $("people").hidden = !isIn;
    setText($("people-count"), isIn ? String(room.members.size) : "");
    this.renderDoor(room, rooms.size);
    const members = isIn ? [...room.members.values()] : [];
    members.sort((a, b) => (b.userId === me.id) - (a.userId === me.id) || nameOf(a).localeCompare(nameOf(b)));
    $("members").classList.toggle("is-stale", isIn && !room.isReady);
    reconcile($("members"), members, {
      key: (m) => m.userId,
      signature: (m) => `${m.name}/${m.username}`,
      build: (m) => h("li", { class: "member", "data-testid": "member", "data-user": m.userId }, avatar(m.userId, nameOf(m)),
        h("span", { class: "member-text" }, h("b", {}, nameOf(m)),
          h("span", {}, m.userId === me.id ? "you" : `@${m.username}`))),
    });
  }

  renderDoor(room, count) {
    const door = $("door");
    door.hidden = Boolean(room?.isJoined);
    const state = JSON.stringify([room?.id, room?.name, room?.problem, room?.isJoining, room?.memberCount, count === 0]);
    if (door.hidden || door.state === state)
      return;
    door.state = state;
    if (!room)
      return door.replaceChildren(
        h("p", { class: "door-text" }, count > 0 ? "Choose a room to read and write in it." : "There is no room here yet."),
        h("button", { type: "button", class: count > 0 ? "secondary" : "primary", onclick: () => $("new-room").click() }, "Make a room"));
    door.replaceChildren(
      h("p", { class: "door-name" }, room.name),
      h("p", { class: "door-text" }, room.problem || (room.type === "public" ? "You are not in this room. Everyone here may join it." : "You are not in this room at the moment.")),
      h("button", { type: "button", class: "primary", "data-testid": "join", disabled: Boolean(room.isJoining), onclick: () => this.join(room) },
        room.isJoining ? "Joining…" : "Join room"));
  }
}

function nameOf(member) {
  return member.name || member.username;
}

function about({ type, memberCount, isJoined }) {
  const kind = type === "public" ? "Public room" : type === "private" ? "Private room" : "Direct";
  return isJoined || memberCount === 0 ? kind : `${kind}, ${memberCount} ${memberCount === 1 ? "member" : "members"}`;
}
