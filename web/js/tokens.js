// Who is signed in, and the tokens, in localStorage: shared by all tabs of a browser.
const key = "troupe.session";

export class Tokens {
  constructor(api, storage = localStorage) {
    this.api = api;
    this.storage = storage;
  }

  get current() {
    try {
      return JSON.parse(this.storage.getItem(key));
    } catch {
      return null;
    }
  }

  keep({ user, accessToken, refreshToken, expiresIn }, now = Date.now()) {
    const session = {
      user: user ?? this.current?.user,
      accessToken,
      refreshToken,
      expiresAt: now + (expiresIn ?? 900) * 1000,
    };
    this.storage.setItem(key, JSON.stringify(session));
    return session;
  }

  forget() {
    this.storage.removeItem(key);
  }

  /// A refresh token works once, and using an old one revokes the whole family: so one tab at a time, and a tab that
  /// waited uses what the tab before it got. `used`: the access token that was refused.
  async refresh(used) {
    return exclusively("troupe.refresh", async () => {
      const session = this.current;
      if (!session)
        throw Object.assign(new Error("Signed out"), { status: 401 });
      if (session.accessToken !== used)
        return session;
      return this.keep(await this.api.refresh(session.refreshToken));
    });
  }
}

function exclusively(name, work) {
  // navigator.locks exists in secure contexts only; a page served over plain HTTP does without it
  return navigator.locks ? navigator.locks.request(name, work) : work();
}
