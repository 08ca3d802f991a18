// Messages on their way, in order, kept over a reload. Each keeps its idempotency key, so a retry never doubles it.
import { keep, pause } from "./client.js";

const TRIES = 3;

export class Outbox {
  // `show(entry)` is called whenever an entry {key, text, at, state} changes; nothing is sent while `hold()`.
  constructor(client, show, hold) {
    Object.assign(this, { client, show, hold, entries: [] });
    this.prefix = `rapport-out:${client.server} `; // a storage key for each: no tab can overwrite another's
    this.read();
  }

  // Takes over what any tab has left, oldest first.
  read() {
    try {
      for (const [name, value] of Object.entries(localStorage)) {
        const key = name.startsWith(this.prefix) && name.slice(this.prefix.length);
        if (key && !this.entries.some((one) => one.key === key)) this.entries.push({ ...JSON.parse(value), key });
      }
    } catch {
      // blocked or spoilt storage
    }
    return this.entries.sort((one, other) => one.at - other.at);
  }

  add(text) {
    const entry = { key: this.newKey(), text, at: Date.now(), held: this.hold() };
    this.entries.push(entry);
    keep(this.prefix + entry.key, { text, at: entry.at });
    this.show({ ...entry, state: "waiting" });
    this.resume();
  }

  newKey() {
    // randomUUID exists on secure origins only; a shop may test its page over http.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  drop(key) {
    this.entries = this.entries.filter((one) => one.key !== key);
    keep(this.prefix + key);
  }

  // Drops what someone else wrote, not what was typed while this login was on its way.
  clear() {
    for (const { key, held } of [...this.read()]) if (!held) this.drop(key);
  }

  // The stream brought a message of ours back: it is sent, whatever became of the request.
  confirm(key) {
    const entry = this.entries.find((one) => one.key === key);
    this.drop(key);
    if (entry) this.show({ ...entry, state: "sent" });
    return Boolean(entry);
  }

  resume() {
    if (!this.hold()) this.running ??= this.run().finally(() => (this.running = undefined));
  }

  async run() {
    for (const entry of this.read()) {
      entry.held = false;
      this.show({ ...entry, state: "waiting" });
    }
    for (let tries = 0; this.read().length && !this.hold(); ) {
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
          this.drop(entry.key);
          tries = 0;
        } else if (tries < TRIES) {
          await pause(500 * 2 ** tries);
        } else {
          for (const one of this.entries) this.show({ ...one, state: "failed" });
          return;
        }
      }
    }
  }
}
