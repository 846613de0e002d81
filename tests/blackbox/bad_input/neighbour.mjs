// Two healthy clients that go on talking while others misbehave.
import { connectPlain, connectSocket, createRoom, eventually, register } from '../support/clients.mjs';

export class Neighbour {
  static async start(node) {
    const self = new Neighbour();
    const [one, two] = await Promise.all([register(node.url, 'Healthy'), register(node.url, 'Neighbour')]);
    self.room = await createRoom(node.url, one.token);
    self.a = await connectSocket(node.url, one.token, { reconnection: false });
    self.b = await connectPlain(node.wsUrl, two.token);
    for (const client of [self.a, self.b]) await client.ask('join-room', self.room.id);
    self.sent = 0;
    self.slowest = 0;
    self.trouble = null;
    self.isOver = false;
    self.loop = self.talk();
    return self;
  }

  async talk() {
    try {
      while (!this.isOver) {
        const begin = performance.now();
        const client = this.sent % 2 ? this.a : this.b;
        const answer = await client.ask('send-message', { roomId: this.room.id, content: `still here ${this.sent}` });
        if (!answer.ok || answer.message.seq !== ++this.sent) throw new Error(JSON.stringify(answer));
        this.slowest = Math.max(this.slowest, performance.now() - begin);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    } catch (error) {
      this.trouble = error;
    }
  }

  /// Ends the talk; throws unless everything arrived at both, in order.
  async stop() {
    this.isOver = true;
    await this.loop;
    if (this.trouble) throw this.trouble;
    for (const client of [this.a, this.b]) {
      await eventually(5000, () => client.of('new-message').length >= this.sent, 'all messages of the neighbours');
      const seqs = client.of('new-message').map((m) => m.seq);
      if (seqs.length !== this.sent || seqs.some((seq, i) => seq !== i + 1)) throw new Error(`not in order: ${seqs}`);
    }
    this.a.end();
    await this.b.end();
  }
}
