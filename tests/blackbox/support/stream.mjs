// A client of GET /stream, by the rules of "Parsing an event stream": over fetch, as a browser's page does that
// has to send a header.
import { after } from 'node:test';

import { within } from './clients.mjs';

const open = new Set();
after(() => {
  for (const cut of open) cut();
});

export class Stream {
  constructor(url, token, { rooms, topics, lastEventId, path = '/api/v1/stream', headers = {} } = {}) {
    this.log = []; // {event, data, id}
    this.comments = 0;
    this.retry = undefined;
    this.lastEventId = lastEventId;
    this.isOver = false;
    const query = new URLSearchParams();
    if (rooms) query.set('rooms', rooms.map((room) => room.id ?? room).join(','));
    if (topics) query.set('topics', topics.join(','));
    this.abort = new AbortController();
    const cut = () => this.abort.abort();
    open.add(cut);
    this.answered = fetch(`${url}${path}?${query}`, {
      headers: {
        accept: 'text/event-stream',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
        ...headers,
      },
      signal: this.abort.signal,
    });
    this.ended = this.answered
      .then((answer) => (answer.status === 200 ? this.read(answer.body) : undefined))
      .catch((error) => error)
      .finally(() => {
        open.delete(cut);
        this.isOver = true;
      });
  }

  async read(body) {
    const decoder = new TextDecoder();
    let rest = '';
    let event = '';
    let data = [];
    let id = this.lastEventId;
    for await (const chunk of body) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        if (line === '') {
          this.lastEventId = id;
          if (data.length) this.log.push({ event: event || 'message', data: JSON.parse(data.join('\n')), id });
          event = '';
          data = [];
        } else if (line.startsWith(':')) {
          this.comments++;
        } else {
          const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
          if (field === 'event') event = value;
          else if (field === 'data') data.push(value);
          else if (field === 'id') id = value;
          else if (field === 'retry') this.retry = Number(value);
          else throw new Error(`unknown field in ${line}`);
        }
      }
    }
    return undefined;
  }

  of(event) {
    return this.log.filter((each) => each.event === event).map((each) => each.data);
  }

  /// Waits for `stream-ready`.
  async ready() {
    const answer = await within(15_000, this.answered, 'the stream');
    if (answer.status !== 200) throw new Error(`stream: ${answer.status} ${await answer.text()}`);
    const end = Date.now() + 15_000;
    while (!this.of('stream-ready').length) {
      if (this.isOver || Date.now() > end) throw new Error('no stream-ready');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return this;
  }

  cut() {
    this.abort.abort();
    return this.ended;
  }
}

export const openStream = (url, token, options) => new Stream(url, token, options).ready();
