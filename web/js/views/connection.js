// The state of the connection in words, above the messages.
import { $, setText } from "./dom.js";

export class ConnectionView {
  constructor(store, hurry) {
    this.store = store;
    this.root = $("banner");
    this.ticking = 0;
    $("banner-now").addEventListener("click", hurry);
  }

  render() {
    const { kind, text, isAsking } = describe(this.store);
    this.root.dataset.phase = this.store.link.phase;
    this.root.dataset.kind = kind;
    setText($("banner-text"), text);
    setText($("side-state"), kind === "live" || kind === "good" ? "" : text); // the list alone on a phone
    $("banner-now").hidden = !isAsking;
    this.count();
  }

  /// The seconds left, apart from the spoken text: a countdown must not be read out each second.
  count() {
    clearTimeout(this.ticking);
    const { phase, until } = this.store.link;
    const left = phase === "waiting" ? Math.max(0, until - Date.now()) : 0;
    setText($("banner-count"), left > 0 ? `in ${Math.ceil(left / 1000)} s` : "");
    if (left > 0)
      this.ticking = setTimeout(() => this.count(), left % 1000 || 1000);
  }
}

export function describe({ link, wasLive, catchingUp, caughtUp }) {
  switch (link.phase) {
    case "waiting":
      return { kind: "off", text: "No connection. Trying again", isAsking: true };
    case "stopped":
      return { kind: "off", text: link.reason, isAsking: true };
    case "connecting":
    case "authenticating":
    case "refreshing":
      return { kind: "trying", text: wasLive || link.attempt > 0 ? "Reconnecting…" : "Connecting…", isAsking: false };
    case "live":
      if (catchingUp > 0)
        return { kind: "trying", text: wasLive ? "Catching up…" : "Connecting…", isAsking: false };
      if (caughtUp !== null)
        return { kind: "good", text: caughtUpText(caughtUp), isAsking: false };
      return { kind: "live", text: "Connected", isAsking: false };
    default:
      return { kind: "off", text: "Not connected", isAsking: false };
  }
}

function caughtUpText(count) {
  if (count === 0)
    return "Back again. You missed nothing.";
  return `Back again. Caught up with ${count} ${count === 1 ? "message" : "messages"}.`;
}
