// Messages on their way, in order, kept over a reload. Each keeps its idempotency key, so a retry never doubles it.

const TRIES = 3;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export class Outbox {
  // `show(entry)` is called whenever an entry {key, text, state} changes.
  constructor(client, show) {
    this.client = client;
    this.show = show;
    this.entries = (client.memory.outbox || []).map((entry) => ({ ...entry, state: "waiting" }));
  }

  add(text) {
    const entry = { key: this.newKey(), text, state: "waiting" };
    this.entries.push(entry);
    this.keep();
    this.show(entry);
    this.resume();
  }

  newKey() {
    // randomUUID exists on secure origins only; a shop may test its page over http.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  keep() {
    this.client.remember({ outbox: this.entries.map(({ key, text }) => ({ key, text })) });
  }

  // The stream brought a message of ours back: it is sent, whatever became of the request.
  confirm(key) {
    const entry = this.entries.find((one) => one.key === key);
    if (!entry) return false;
    this.entries = this.entries.filter((one) => one !== entry);
    this.keep();
    this.show({ ...entry, state: "sent" });
    return true;
  }

  resume() {
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  async run() {
    for (const entry of this.entries) this.show({ ...entry, state: "waiting" });
    for (let tries = 0; this.entries.length; ) {
      const [entry] = this.entries;
      try {
        await this.client.send(entry.text, entry.key);
        this.confirm(entry.key);
        tries = 0;
      } catch (error) {
        tries += 1;
        if (error.status === 429) {
          const wait = error.retryAfter || 5;
          this.show({ ...entry, state: "busy", wait });
          await pause(wait * 1000);
        } else if (error.status >= 400 && error.status < 500) {
          this.show({ ...entry, state: "refused" });
          this.entries.shift();
          this.keep();
          tries = 0;
        } else if (tries < TRIES) {
          await pause(500 * 2 ** tries);
        } else {
          for (const one of this.entries) this.show({ ...one, state: "failed" });
          addEventListener("online", () => this.resume(), { once: true });
          return;
        }
      }
    }
  }
}
