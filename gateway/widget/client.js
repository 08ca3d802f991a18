// Talks to the gateway: a session kept in localStorage, messages, and the event stream. Knows nothing of the page.

export class Refused extends Error {
  // An answer of the gateway that says no: {status, code, retryAfter}.
  constructor(status, code, retryAfter) {
    super(code);
    Object.assign(this, { status, code, retryAfter });
  }
}

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) || {};
  } catch {
    return {}; // blocked or spoilt storage: the chat works, it just isn't remembered
  }
}

export function keep(key, value) {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // blocked: remembered until the page closes
  }
}

export class Client {
  constructor(server, language) {
    this.server = server;
    this.language = language;
    this.key = `rapport:${server}`;
    this.memory = stored(this.key);
    this.onreset = () => {};
  }

  get known() {
    return Boolean(this.memory.token) && Date.parse(this.memory.expires_at) > Date.now();
  }

  // All tabs share one session.
  remember(changes) {
    Object.assign(this.memory, stored(this.key), changes);
    keep(this.key, this.memory);
  }

  forget() {
    this.remember({ token: null, conversation: null, expires_at: null, login: null });
  }

  async fetch(method, path, { body, headers = {}, signal, token, keepalive } = {}) {
    const init = { method, signal, keepalive, headers: { ...headers }, cache: "no-store", credentials: "omit" };
    if (token) init.headers.Authorization = `Bearer ${token}`;
    if (body) {
      init.headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(body);
    }
    const answer = await fetch(this.server + path, init);
    if (!answer.ok) {
      const said = await answer.json().catch(() => ({}));
      throw new Refused(answer.status, said.error?.code || "unknown", Number(answer.headers.get("Retry-After")) || 0);
    }
    return answer;
  }

  // A token that is good: the one we have, renewed when a quarter of its life is left, or a new session's.
  session() {
    this.opening ??= this.openSession().finally(() => (this.opening = undefined));
    return this.opening;
  }

  async openSession() {
    this.remember({});
    const before = this.memory.token;
    const left = Date.parse(this.memory.expires_at) - Date.now();
    if (this.known && left > this.memory.life / 4) return this.memory.token;
    let answer;
    try {
      const token = this.known ? this.memory.token : undefined;
      answer = await this.fetch("POST", "/v1/sessions", { body: { language: this.language }, token });
    } catch (error) {
      if (error.status !== 401) throw error;
      answer = await this.fetch("POST", "/v1/sessions", { body: { language: this.language } });
    }
    const { token, conversation, expires_at, max_text } = await answer.json();
    const now = stored(this.key).token;
    // Unless another tab was faster: then its session is ours too.
    if (now && now !== before) this.remember({});
    else this.remember({ token, conversation, expires_at, max_text, life: Date.parse(expires_at) - Date.now() });
    return this.memory.token;
  }

  // A call with the session; when the gateway doesn't know it any more, a new one is opened and the call made again.
  async call(method, path, options = {}) {
    const token = await this.session();
    try {
      return await this.fetch(method, path, { ...options, token });
    } catch (error) {
      if (error.status !== 401) throw error;
      this.remember({});
      if (this.memory.token === token) this.forget();
      this.onreset();
      if (options.signal?.aborted) throw error;
      return this.fetch(method, path, { ...options, token: await this.session() });
    }
  }

  async send(text, key) {
    const answer = await this.call("POST", "/v1/messages", { body: { text }, headers: { "Idempotency-Key": key } });
    return (await answer.json()).message;
  }

  async post(path, body = {}) {
    return (await this.call("POST", path, { body })).json();
  }

  async history(after) {
    return (await this.call("GET", `/v1/messages?after=${after}`)).json();
  }

  // Follow the conversation until `signal` stops it: `hear(name, data)`, `link(up)` when the line goes or comes back.
  async follow(last, hear, link, signal) {
    let failures = 0;
    while (!signal.aborted) {
      try {
        const headers = { "Last-Event-ID": String(last()), Accept: "text/event-stream" };
        const answer = await this.call("GET", "/v1/events", { headers, signal });
        failures = 0;
        link(true);
        await this.read(answer.body, hear);
      } catch (error) {
        if (signal.aborted) return;
        // Too many streams from this address: look now and then instead.
        const page = error.status === 429 && (await this.history(last()).catch(() => undefined));
        if (signal.aborted) return;
        for (const message of page?.messages || []) hear("message", message);
        if (page) hear("state", page);
        failures = page ? 3 : failures + 1;
        if (page || failures > 1) link(Boolean(page));
      }
      await Promise.race([
        pause(Math.min(15000, 500 * 2 ** failures)),
        new Promise((done) => addEventListener("online", done, { once: true })),
      ]);
    }
  }

  async read(body, hear) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const fields = Object.fromEntries(
          block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
        );
        if (fields.event) hear(fields.event, JSON.parse(fields.data));
      }
    }
  }
}
