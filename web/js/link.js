// The state of the connection as a pure function: step(state, event, world) → { state, effects }.
// connection.js does what the effects say. Phases:
//   idle → connecting → authenticating → live → waiting → connecting …
//   refreshing: the access token ran out, a new one is being fetched;  stopped: the server said not to come back.
import { backoff } from "./backoff.js";

export const idle = Object.freeze({ phase: "idle", attempt: 0, until: 0, reason: "", isRenewed: false });

// Contract section 3: 4500 and above mean "do not reconnect".
const stopReasons = {
  4501: "The server did not understand this page. Reload it to get the current one.",
  4502: "The server did not receive a sign-in in time.",
  4503: "An operator has ended this session.",
  4504: "Too many connections are open for this account.",
};

export function step(state, event, { now, random }) {
  const to = (phase, effects = [], change = {}) => ({
    state: { ...state, until: 0, reason: "", ...change, phase },
    effects,
  });
  const wait = (delay) =>
    to("waiting", ["close", "wait"], { attempt: state.attempt + 1, until: now + delay, isRenewed: false });
  const retry = () => wait(backoff(state.attempt, random));
  // A token fresh from the server and refused again would make a tight loop: then wait in between.
  const renew = () =>
    state.isRenewed ? retry() : to("refreshing", ["close", "refresh"], { isRenewed: true });
  const stay = { state, effects: [] };

  switch (event.type) {
    case "start": // by the user, or on sign-in
      return to("connecting", ["open"], { attempt: 0, isRenewed: false });
    case "stop":
      return { state: idle, effects: ["close"] };
    case "opened":
      return state.phase === "connecting" ? to("authenticating", ["authenticate"]) : stay;
    case "accepted":
      return state.phase === "authenticating" ? to("live", ["live"]) : stay;
    case "settled": // live for a while: a next loss is a new one
      return state.phase === "live" ? { state: { ...state, attempt: 0, isRenewed: false }, effects: [] } : stay;
    case "refused":
      return state.phase === "authenticating" ? renew() : stay;
    case "closed":
      return whenClosed(state, event, { to, wait, retry, renew, stay });
    case "overdue": // no answer in time: a half-open connection looks just like a quiet one
      return isOpen(state) ? retry() : stay;
    case "offline":
      return isOpen(state) ? wait(backoff(10, random)) : stay;
    case "hurry": // the wait is over, or the browser says that the network is back
      return state.phase === "waiting" ? to("connecting", ["open"]) : stay;
    case "refreshed":
      return state.phase === "refreshing" ? to("connecting", ["open"]) : stay;
    case "refresh-failed":
      if (state.phase !== "refreshing")
        return stay;
      return event.final ? { state: idle, effects: ["signed-out"] } : retry();
    default:
      throw new Error(`unknown link event ${event.type}`);
  }
}

function isOpen(state) {
  return ["connecting", "authenticating", "live"].includes(state.phase);
}

function whenClosed(state, { code, reconnectIn }, { to, wait, retry, renew, stay }) {
  if (!isOpen(state))
    return stay;
  if (code === 4540)
    return renew();
  if (code >= 4500 && code <= 4999)
    return to("stopped", ["close"], { reason: stopReasons[code] ?? "The server has closed this session." });
  return reconnectIn > 0 ? wait(reconnectIn) : retry();
}
