// The REST calls of the page.
export class ApiError extends Error {
  constructor(status, body) {
    super(body?.message || (status ? `The server answered ${status}.` : "The server cannot be reached."));
    this.status = status; // 0: no answer
    this.code = body?.code ?? "";
    this.details = body?.details ?? [];
  }
}

export class Api {
  /// `token()`: the access token; `renew(used)`: gets another after a 401.
  constructor(base = "/api/v1") {
    this.base = base;
    this.token = () => "";
    this.renew = null;
  }

  register(form) { return this.call("POST", "/auth/register", form, { isOpen: true }); }
  login(form) { return this.call("POST", "/auth/login", form, { isOpen: true }); }
  refresh(refreshToken) { return this.call("POST", "/auth/refresh", { refreshToken }, { isOpen: true }); }
  logout(refreshToken) { return this.call("POST", "/auth/logout", { refreshToken }); }
  createRoom(form) { return this.call("POST", "/rooms", form); }

  async rooms() {
    const all = [];
    for (let page = 1; page <= 10; page += 1) {
      const body = await this.call("GET", `/rooms?page=${page}&limit=100`);
      all.push(...body.data);
      if (!body.pagination?.hasNext)
        break;
    }
    return all;
  }

  /// A page of history, newest first. `cursor`: where the page before ended; null: from the newest on.
  messages(roomId, cursor) {
    const from = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    return this.call("GET", `/rooms/${encodeURIComponent(roomId)}/messages?limit=100${from}`);
  }

  async call(method, path, body, { isOpen = false } = {}) {
    const used = isOpen ? "" : this.token();
    try {
      return await this.send(method, path, body, used);
    } catch (error) {
      if (error.status !== 401 || isOpen || !this.renew)
        throw error;
      await this.renew(used);
      return this.send(method, path, body, this.token());
    }
  }

  async send(method, path, body, token) {
    let response;
    try {
      response = await fetch(this.base + path, {
        method,
        headers: {
          ...(body ? { "Content-Type": "application/json" } : {}),
          ...(token ? { Authorization: `Bearer ${token}` } : {}),
        },
        body: body ? JSON.stringify(body) : undefined,
      });
    } catch {
      throw new ApiError(0);
    }
    const answer = await response.json().catch(() => null);
    if (!response.ok)
      throw new ApiError(response.status, answer);
    return answer;
  }
}
