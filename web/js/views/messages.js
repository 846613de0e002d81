// The messages of the room on the screen.
import { dayName, keyOf, layout } from "../timeline.js";
import { $, avatar, h, icon, reconcile, setText } from "./dom.js";

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
const nearEnd = 80; // pixels

export class MessagesView {
  constructor(store, { earlier, again, discard }) {
    Object.assign(this, { store, again, discard });
    this.log = $("log");
    this.list = $("messages");
    this.shown = null; // room id
    this.isAtEnd = true;
    this.log.addEventListener("scroll", () => {
      this.isAtEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < nearEnd;
      if (this.isAtEnd)
        $("to-end").hidden = true;
    }, { passive: true });
    $("to-end").addEventListener("click", () => this.toEnd());
    $("earlier").addEventListener("click", () => earlier(this.store.room));
    new ResizeObserver(() => this.isAtEnd && this.toEnd()).observe(this.log);
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.isAtEnd = true;
    $("to-end").hidden = true;
  }

  render() {
    const { room, me } = this.store;
    this.log.hidden = !room?.isJoined;
    if (this.log.hidden)
      return;
    const isOther = this.shown !== room.id;
    const first = isOther ? null : this.list.querySelector("[data-seq]");
    const firstTop = first?.getBoundingClientRect().top;
    const lastKey = this.lastKey;
    const rows = layout(room.messages, room.pending, me.id, room.newFrom);
    if (isOther)
      this.list.replaceChildren();
    this.log.setAttribute("aria-live", isOther ? "off" : "polite"); // a whole room is not read out
    reconcile(this.list, rows, {
      key: (row) => row.key,
      signature: (row) => JSON.stringify([row.kind, row.isFirst, row.message?.state, row.message?.note, row.message?.content,
        row.kind === "day" && dayName(row.time, Date.now())]),
      build: (row) => this.build(row),
      patch: (element, row) => row.kind === "message" && patchMessage(element, row),
    });
    this.renderTop(room);
    this.shown = room.id;
    const last = [...room.messages, ...room.pending].at(-1);
    this.lastKey = last ? keyOf(last) : null;
    const hasMore = !isOther && this.lastKey !== lastKey;
    if (isOther || this.isAtEnd || (hasMore && last?.senderId === me.id))
      this.toEnd();
    else if (hasMore)
      this.offerEnd();
    else if (first?.isConnected) // earlier ones came in above: what is being read stays where it is
      this.log.scrollTop += first.getBoundingClientRect().top - firstTop;
  }

  renderTop(room) {
    const { isDone, isLoading } = room.earlier;
    $("earlier").hidden = isDone || !room.isReady || room.messages.length === 0;
    $("earlier").disabled = isLoading;
    setText($("earlier"), isLoading ? "Loading…" : "Show earlier messages");
    $("beginning").hidden = !isDone;
    setText($("beginning"), room.messages.length > 0
      ? `This is where ${room.name} begins.` : `Nothing has been said in ${room.name} yet.`);
  }

  offerEnd() {
    setText($("to-end-text"), "New messages");
    $("to-end").hidden = false;
  }

  build(row) {
    if (row.kind === "day")
      return h("li", { class: "day" }, h("span", {}, dayName(row.time, Date.now())));
    if (row.kind === "new")
      return h("li", { class: "new-line", "data-testid": "new-line" }, h("span", {}, "New"));
    return this.buildMessage(row);
  }

  buildMessage({ isFirst, isOwn, message: m }) {
    const at = new Date(m.timestamp);
    const stamp = h("time", { datetime: at.toISOString(), title: full.format(at) }, time.format(at));
    const element = h("li", {
      class: `message${isFirst ? " is-first" : ""}${isOwn ? " is-own" : ""}`, "data-testid": "message",
      "data-state": m.state, "data-seq": m.seq, "data-id": m.id, "data-client-id": m.clientId,
    },
    isFirst ? avatar(m.senderId, m.senderName) : h("span", { class: "gutter", "aria-hidden": "true" }, time.format(at)),
    h("div", { class: "message-main" },
      isFirst
        ? h("p", { class: "message-head" }, h("b", { "data-testid": "author" }, m.senderName || "Somebody"), " ", stamp)
        : h("span", { class: "unseen" }, `${m.senderName}, ${time.format(at)}: `),
      h("p", { class: "content", "data-testid": "content" }, m.content),
      m.state === "failed" && h("p", { class: "failed" }, icon("alert"), `Not sent. ${m.note} `,
        h("button", { type: "button", class: "link", onclick: () => this.again(this.store.room, m) }, "Send again"),
        h("button", { type: "button", class: "link", onclick: () => this.discard(this.store.room, m.clientId) }, "Discard")),
      m.state === "pending" && m.note && h("p", { class: "waiting" }, m.note)),
    isOwn && m.state !== "failed" && buildMark(m));
    element.look = lookOf({ isFirst, message: m });
    return element;
  }
}

function buildMark({ state }) {
  return h("span", { class: "mark", title: state === "sent" ? "Sent" : "Sending" },
    state === "sent" ? icon("check", "Sent") : icon("clock", "Sending"));
}

/// All that is shown of a message except whether it has been sent.
function lookOf({ isFirst, message: { content, note, timestamp, state } }) {
  return JSON.stringify([isFirst, content, state === "sent" ? "" : note ?? "", dayMinute(timestamp), state === "failed"]);
}

function dayMinute(timestamp) {
  return Math.floor(new Date(timestamp) / 60_000);
}

/// From pending to sent: the message itself is not read out again.
function patchMessage(element, row) {
  const { message: m } = row;
  if (element.look !== lookOf(row) || !row.isOwn || m.state === "failed")
    return false;
  Object.assign(element.dataset, { state: m.state, seq: m.seq ?? "", id: m.id ?? "" });
  element.querySelector(".mark").replaceWith(buildMark(m));
  return true;
}
