// tests/lib/load.mjs -- writers that note what was acknowledged, and the comparison with what is stored.
//
// Is:    a Load: several writers posting events; each has an amount of its own, by which it is found again among its
//        person's events, once or more often.
// Never: forgets an acknowledgement; takes an answer that is not 200 for one.
import assert from 'node:assert/strict';

const PERSONS = 40;

export class Load {
  constructor(server, { writers = 8, most = 20 } = {}) {
    this.server = server;
    this.writers = writers;
    this.most = most;
    this.next = 0; /* the number of the next event; its amount in minor units is one more */
    this.acked = new Set(); /* of numbers */
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

  /** The next `n` events, each with some bytes for weight. */
  events(n, weight = 0) {
    return Array.from({ length: n }, () => {
      const number = this.next++;
      const properties = { revenue: (number + 1) / 100, ...(weight && { filler: 'x'.repeat(weight) }) };
      return { type: 'track', event: 'Load', messageId: `load-${number}`, userId: `person-${number % PERSONS}`, properties };
    });
  }

  async write() {
    while (!this.stopping) {
      if (!(await this.send(this.events(1 + Math.floor(Math.random() * this.most))))) return;
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
    for (const event of batch) this.acked.add(numberOf(event));
    return true;
  }

  /** As clients do after a failure: send again all that was not acknowledged. */
  async sendAgain() {
    const again = this.unsure;
    this.unsure = [];
    for (const batch of again) assert.ok(await this.send(batch));
    assert.deepEqual(this.unsure, []);
  }

  /** How often each event is stored, by its number. */
  async stored() {
    const found = new Map();
    for (let person = 0; person < Math.min(PERSONS, this.next); person++) {
      const known = await this.server.request('GET', `/api/v1/journeys/u:person-${person}`);
      if (known.status === 404) continue; /* none of theirs was acknowledged yet */
      for (const { amount } of await this.server.all(`/api/v1/journeys/u:person-${person}`, 'events', { limit: 1000 }))
        found.set(amount - 1, (found.get(amount - 1) ?? 0) + 1);
    }
    return found;
  }

  /** Everything acknowledged is stored, nothing twice, and nothing that was never sent; how many there are. */
  async check() {
    const stored = await this.stored();
    const sent = new Set([...this.acked, ...this.unsure.flat().map(numberOf)]);
    assert.deepEqual({
      lost: [...this.acked].filter((number) => !stored.has(number)),
      twice: [...stored].filter(([, times]) => times !== 1),
      unknown: [...stored.keys()].filter((number) => !sent.has(number)),
    }, { lost: [], twice: [], unknown: [] });
    return stored.size;
  }
}

export function numberOf(event) {
  return Number(event.messageId.split('-')[1]);
}
