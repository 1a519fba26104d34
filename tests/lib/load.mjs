// tests/lib/load.mjs -- writers that note what was acknowledged, and the comparison with what is stored.
//
// Is:    a Load: several writers posting events that each have a name of their own, so that GET /api/v1/names says of
//        each whether it is stored and how often.
// Never: forgets an acknowledgement; takes an answer that is not 200 for one.
import assert from 'node:assert/strict';

export class Load {
  constructor(server, { writers = 8, most = 20 } = {}) {
    this.server = server;
    this.writers = writers;
    this.most = most;
    this.next = 0;
    this.acked = new Set();
    this.unsure = []; /* batches that were not acknowledged: they may be stored or not */
    this.refused = [];
  }

  /** Begin to write; `this.done` ends when every writer has been told to stop or has lost the server. */
  start() {
    this.stopping = false;
    this.done = Promise.all(Array.from({ length: this.writers }, () => this.write()));
  }

  async stop() {
    this.stopping = true;
    await this.done;
  }

  batch() {
    const n = 1 + Math.floor(Math.random() * this.most);
    return Array.from({ length: n }, () => {
      const id = `load-${this.next++}`;
      return { type: 'track', event: id, messageId: id, userId: `writer-${this.next % 50}` };
    });
  }

  async write() {
    while (!this.stopping) {
      const batch = this.batch();
      if (!(await this.send(batch))) return;
    }
  }

  /** Send one batch; false when the server could not be reached. */
  async send(batch) {
    let reply;
    try {
      reply = await this.server.post('/v1/batch', { batch }, { as: 'write' });
    } catch (error) {
      if (error.code === 'ERR_ASSERTION') throw error;
      this.unsure.push(batch);
      return false;
    }
    if (reply.status !== 200) {
      this.unsure.push(batch);
      this.refused.push(reply);
      return true;
    }
    assert.equal(reply.json().rejected, 0);
    for (const { messageId } of batch) this.acked.add(messageId);
    return true;
  }

  /** As clients do after a failure: send again all that was not acknowledged. */
  async sendAgain() {
    const again = this.unsure;
    this.unsure = [];
    for (const batch of again) assert.ok(await this.send(batch));
    assert.deepEqual(this.unsure, []);
  }

  /** Everything acknowledged is stored, nothing twice, and nothing that was never sent. */
  async check() {
    const { names } = await this.server.get('/api/v1/names', {}, { timeout: 60_000 });
    const stored = new Map(names.map(({ name, events }) => [name, events]));
    const lost = [...this.acked].filter((id) => !stored.has(id));
    const twice = names.filter(({ events }) => events !== 1);
    const sent = new Set([...this.acked, ...this.unsure.flat().map(({ messageId }) => messageId)]);
    assert.deepEqual([lost, twice, names.filter(({ name }) => !sent.has(name))], [[], [], []]);
    return stored.size;
  }
}
