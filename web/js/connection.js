// The socket behind link.js: does what its effects say, and turns frames into answers and events.
import { idle, step } from "./link.js";

const openTimeout = 8_000; // connect and sign in
const answerTimeout = 10_000; // the server itself answers a command within five seconds
const quietTime = 25_000; // then ask whether the other side still lives: browsers hide pings
const settledTime = 5_000;
const renewAhead = 60_000;

/// Thrown by request() when the connection went before the answer: the outcome is not known.
export class Lost extends Error {}

export class Connection {
  /// `hooks`: changed(state), live(), event(name, data), signedOut(), probe() → a request that proves life.
  constructor(url, tokens, hooks) {
    this.url = url;
    this.tokens = tokens;
    this.hooks = hooks;
    this.state = idle;
    this.socket = null;
    this.waiting = new Map(); // id → { resolve, reject, timer }
    this.nextId = 1;
    this.timers = {};
    this.reconnectIn = 0;
    addEventListener("online", () => this.feed({ type: "hurry" }));
    addEventListener("offline", () => this.feed({ type: "offline" }));
  }

  get isLive() { return this.state.phase === "live"; }
  start() { this.feed({ type: "start" }); }
  stop() { this.feed({ type: "stop" }); }
  hurry() { this.feed({ type: "hurry" }); }

  feed(event) {
    const before = this.state;
    const { state, effects } = step(before, event, { now: Date.now(), random: Math.random });
    this.state = state;
    if (before.phase === "live" && state.phase !== "live")
      this.drop();
    for (const effect of effects)
      this.perform[effect].call(this);
    if (state !== before)
      this.hooks.changed(state);
  }

  perform = {
    open() {
      this.used = this.tokens.current?.accessToken ?? "";
      const socket = new WebSocket(this.url, "troupe.v1.json");
      this.socket = socket;
      this.reconnectIn = 0;
      const ours = (f) => (e) => { if (socket === this.socket) f(e); };
      socket.onopen = ours(() => this.feed({ type: "opened" }));
      socket.onmessage = ours((e) => this.receive(e.data));
      socket.onclose = ours((e) => {
        this.socket = null;
        this.feed({ type: "closed", code: e.code, reconnectIn: this.reconnectIn });
      });
      this.after("open", openTimeout, () => this.feed({ type: "overdue" }));
    },
    async authenticate() {
      const socket = this.socket;
      try {
        const answer = await this.request("authenticate", { token: this.used });
        if (socket !== this.socket)
          return;
        if (answer.ok)
          this.feed({ type: "accepted" });
        else if (answer.error?.code === "unauthorized")
          this.feed({ type: "refused" });
        // anything else: the server closes with a code that says when to come back
      } catch {
        // closed meanwhile: the close code says why
      }
    },
    live() {
      this.cancel("open");
      this.after("settled", settledTime, () => this.feed({ type: "settled" }));
      this.renewInTime();
      this.expectLife();
      this.hooks.live();
    },
    close() {
      this.drop();
    },
    wait() {
      this.after("wait", this.state.until - Date.now(), () => this.feed({ type: "hurry" }));
    },
    async refresh() {
      this.drop();
      try {
        await this.tokens.refresh(this.used);
        this.feed({ type: "refreshed" });
      } catch (error) {
        this.feed({ type: "refresh-failed", final: error.status === 401 });
      }
    },
    "signed-out"() {
      this.drop();
      this.hooks.signedOut();
    },
  };

  /// Lets go of the socket; whatever was asked on it has an unknown outcome.
  drop() {
    for (const name of Object.keys(this.timers))
      this.cancel(name);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    const lost = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject, timer } of lost) {
      clearTimeout(timer);
      reject(new Lost());
    }
  }

  /// Resolves with the reply ({ ok, … }); rejects with Lost when the connection went first.
  request(event, data) {
    return new Promise((resolve, reject) => {
      if (this.socket?.readyState !== WebSocket.OPEN)
        return reject(new Lost());
      const id = this.nextId++;
      const timer = setTimeout(() => this.feed({ type: "overdue" }), answerTimeout);
      this.waiting.set(id, { resolve, reject, timer });
      this.socket.send(JSON.stringify({ event, data, id }));
    });
  }

  /// For what needs no answer (typing).
  tell(event, data) {
    if (this.isLive && this.socket?.readyState === WebSocket.OPEN)
      this.socket.send(JSON.stringify({ event, data }));
  }

  receive(text) {
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    this.expectLife();
    if (frame.ack !== undefined) {
      const asked = this.waiting.get(frame.ack);
      this.waiting.delete(frame.ack);
      clearTimeout(asked?.timer);
      asked?.resolve(frame.data);
    } else if (frame.event === "server-drain") {
      this.reconnectIn = frame.data?.reconnectIn ?? 0;
    } else if (frame.event) {
      this.hooks.event(frame.event, frame.data ?? {});
    }
  }

  expectLife() {
    if (this.isLive)
      this.after("quiet", quietTime, () => this.hooks.probe());
  }

  /// A session ends when its token does: a new one is shown on the live connection before that.
  renewInTime() {
    const left = (this.tokens.current?.expiresAt ?? 0) - Date.now();
    this.after("renew", Math.max(1_000, left - renewAhead), async () => {
      try {
        const session = await this.tokens.refresh(this.used);
        this.used = session.accessToken;
        await this.request("authenticate", { token: this.used });
        this.renewInTime();
      } catch (error) {
        if (!(error instanceof Lost) && this.isLive)
          this.after("renew", 10_000, () => this.renewInTime());
      }
    });
  }

  after(name, delay, f) {
    this.cancel(name);
    this.timers[name] = setTimeout(f, Math.max(0, delay));
  }

  cancel(name) {
    clearTimeout(this.timers[name]);
    delete this.timers[name];
  }
}
