// <rapport-chat lang="en" login="…" server="https://…">: the shop's assistant on any page. No build, no dependency.
import { bubble, make, rating } from "./cards.js";
import { Client, pause } from "./client.js";
import { Outbox } from "./outbox.js";
import { catalogue, fill } from "./texts.js";

const HERE = new URL(".", import.meta.url);
const OPEN = "rapport:open";

class RapportChat extends HTMLElement {
  #last = 0; // the newest seq that came by history or stream
  #rows = new Map(); // message id or idempotency key -> row
  #unread = 0;
  #closed = false;
  #started;
  #conversation; // whose messages are shown
  #refused; // a login token that proves nothing

  static observedAttributes = ["login"];

  connectedCallback() {
    if (!this.shadowRoot) this.#make();
    // Without the attribute the visitor has signed out; login="" says that it will follow.
    if (this.client.memory.login && !this.hasAttribute("login")) this.#signOut();
    else this.#resume();
  }

  #make() {
    this.lang ||= document.documentElement.lang || "en";
    this.t = catalogue(this.lang);
    const tongue = this.lang.slice(0, 2);
    // Dates and money as this visitor writes them, if their browser says how they write this language.
    this.locale = navigator.languages.find((one) => one.startsWith(tongue)) || this.lang;
    this.server = new URL(this.getAttribute("server") || "/", HERE).origin;
    this.client = new Client(this.server, tongue);
    this.client.onreset = () => this.#again();
    this.outbox = new Outbox(this.client, (entry) => this.#showEntry(entry), () => this.#unproved);
    this.#build();
  }

  disconnectedCallback() {
    this.stop?.abort();
    this.#started = undefined;
  }

  attributeChangedCallback(_name, before, now) {
    if (!this.stop || this.stop.signal.aborted || before === now) return;
    if (now) this.#start();
    else if (now === null && this.client.memory.login) this.#signOut();
  }

  // The shop's own signed token for its signed-in visitor.
  get login() {
    return this.getAttribute("login");
  }

  set login(token) {
    if (token) this.setAttribute("login", token);
    else this.removeAttribute("login");
  }

  get #unproved() {
    return Boolean(this.login) && ![this.client.memory.login, this.#refused].includes(this.login);
  }

  #resume() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    addEventListener("online", () => (this.#line(), this.outbox.resume()), { signal });
    addEventListener("storage", (event) => event.key === this.client.key && this.#heed(), { signal });
    addEventListener("offline", () => this.#line(), { signal });
    if (sessionStorage.getItem(OPEN)) this.open(false);
    else if (this.login || this.client.known) this.#start();
  }

  #build() {
    const { t } = this;
    const sheet = make("link", { rel: "stylesheet", href: new URL("rapport-chat.css", HERE).href });
    this.badge = make("span", { class: "count", hidden: true });
    this.launcher = make("button", { type: "button", class: "launcher", "aria-expanded": "false", onclick: () => this.toggle() });
    this.launcher.append(make("span", { class: "launcher-mark", "aria-hidden": true }), make("span", { class: "launcher-text" }, t.open), this.badge);
    this.notice = make("div", { class: "banner line", role: "status", hidden: true });
    this.handoffText = make("span");
    this.handoff = make("div", { class: "banner", hidden: true }, this.handoffText);
    this.handoff.append(make("button", { type: "button", class: "quiet", onclick: () => this.#giveBack() }, t.back));
    this.log = make("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": t.log, tabindex: "0" });
    this.typing = make("div", { class: "typing", hidden: true }, make("span", { class: "hidden" }, t.typing));
    this.typing.append(make("i"), make("i"), make("i"));
    this.input = make("textarea", { id: "text", rows: 1, placeholder: t.placeholder, maxlength: this.client.memory.max_text || 1000, enterkeyhint: "send", autocomplete: "off" });
    this.form = make("form", { class: "compose" }, make("label", { class: "hidden", for: "text" }, t.label), this.input);
    this.form.append(make("button", { type: "submit", class: "send", "aria-label": t.send }));
    const title = make("div", { class: "who-head" }, make("strong", {}, t.title), make("span", {}, t.subtitle));
    this.finish = make("button", { type: "button", class: "quiet end", onclick: () => this.#end() }, t.end);
    const shut = make("button", { type: "button", class: "shut", "aria-label": t.close, onclick: () => this.close() });
    this.panel = make("section", { class: "panel", role: "dialog", "aria-label": t.title, hidden: true });
    const scroller = make("div", { class: "scroller" }, this.#greeting(), this.log, this.typing);
    this.panel.append(make("header", {}, title, this.finish, shut), this.notice, this.handoff, scroller, this.form);
    this.scroller = scroller;
    const root = make("div", { class: "root", hidden: true }, this.launcher, this.panel);
    sheet.addEventListener("load", () => (root.hidden = false));
    this.attachShadow({ mode: "open" }).append(sheet, root);
    this.form.addEventListener("submit", (event) => (event.preventDefault(), this.#submit()));
    this.input.addEventListener("keydown", (event) => {
      // Enter that picks a word from an input method (Chinese) must not send.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.#submit();
    });
    this.input.addEventListener("input", () => this.#grow());
    this.panel.addEventListener("keydown", (event) => event.key === "Escape" && !event.isComposing && this.close());
  }

  #greeting() {
    const text = make("div", { class: "bubble" }, this.t.greeting);
    return make("div", { class: "greeting" }, make("p", { class: "stored" }, this.t.stored), make("div", { class: "row assistant" }, text));
  }

  toggle() {
    if (this.panel.hidden) this.open();
    else this.close();
  }

  open(focus = true) {
    this.panel.hidden = false;
    this.launcher.setAttribute("aria-expanded", "true");
    this.setAttribute("data-open", "");
    sessionStorage.setItem(OPEN, "1");
    this.#count(0);
    if (focus) this.input.focus();
    this.#bottom();
    this.#start();
  }

  close() {
    this.panel.hidden = true;
    this.launcher.setAttribute("aria-expanded", "false");
    this.removeAttribute("data-open");
    sessionStorage.removeItem(OPEN);
    this.launcher.focus();
  }

  // Open, and say something in the customer's name.
  ask(text) {
    this.open();
    this.#say(text);
  }

  #count(unread) {
    this.#unread = unread;
    this.badge.hidden = !unread;
    this.badge.textContent = unread;
    this.launcher.setAttribute("aria-label", unread ? fill(this.t.unread, { count: unread }) : this.t.open);
  }

  // Login and history once, then the stream for good.
  #start() {
    const { signal } = this.stop;
    if (this.#started) this.#insist(signal, () => this.#identify(signal));
    else this.#started = this.#connect(signal);
  }

  async #identify(signal) {
    const token = this.login;
    if (!this.#unproved) return;
    try {
      await this.client.post("/v1/login", { token });
      if (signal.aborted) return;
      this.client.remember({ login: token });
    } catch (error) {
      if (signal.aborted) return;
      if (error.code === "session_other") return this.#leave();
      if (!(error.status < 500) || error.status === 429) throw error;
      this.#refused = token; // a stranger then: everything but orders works
    }
    this.outbox.resume();
  }

  async #insist(signal, act) {
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        await act();
        if (!signal.aborted) this.#line(true);
        return;
      } catch {
        if (!signal.aborted) this.#line(false);
        await pause(Math.min(10000, 1000 * 2 ** failures));
      }
    }
  }

  // Forget the session with all that was said.
  #leave() {
    this.client.forget();
    this.outbox.clear();
    this.#again();
  }

  #signOut() {
    const { token } = this.client.memory;
    this.#leave();
    if (token) this.client.fetch("POST", "/v1/logout", { body: {}, token, keepalive: true }).catch(() => {});
  }

  // Another tab has another session by now.
  #heed() {
    this.client.remember({});
    const { conversation, login } = this.client.memory;
    if (!this.#conversation || conversation === this.#conversation) return;
    if (!login) this.#refused = this.login;
    this.#again();
  }

  async #connect(signal) {
    this.log.setAttribute("aria-busy", "true"); // old messages are not read out
    await this.#insist(signal, async () => {
      await this.#identify(signal);
      if (!signal.aborted) await this.#history(signal);
    });
    if (signal.aborted) return;
    this.#conversation = this.client.memory.conversation;
    this.log.removeAttribute("aria-busy");
    this.outbox.resume();
    const hear = (name, data) => this.#hear(name, data);
    this.client.follow(() => this.#last, hear, (up) => this.#line(up), signal);
  }

  async #history(signal) {
    for (let more = true; more; ) {
      const page = await this.client.history(this.#last);
      if (signal.aborted) return;
      for (const message of page.messages) this.#receive(message, false);
      this.#hear("state", page);
      more = page.more;
    }
    this.#bottom();
  }

  #hear(name, data) {
    if (name === "message") this.#receive(data, true);
    if (name === "state") this.#handoff(data.handoff_state);
    if (name === "typing") {
      const near = this.#near();
      this.typing.hidden = !data.active;
      if (near) this.#bottom();
    }
  }

  #receive(message, fresh) {
    this.#last = Math.max(this.#last, message.seq);
    if (message.key && this.outbox.confirm(message.key)) return;
    if (this.#rows.has(message.key || message.id)) return;
    const row = bubble(message, this.t, this.locale, this.server, (payload) => this.#say(payload));
    this.#place(message.key || message.id, row);
    if (fresh && this.panel.hidden && message.author !== "customer") this.#count(this.#unread + 1);
  }

  #place(id, row) {
    const near = this.#near(); // before it grows
    for (const old of this.log.querySelectorAll(".choices")) old.remove(); // only the latest question stays open
    this.#rows.set(id, row);
    this.log.insertBefore(row, this.log.querySelector(".row.waiting"));
    this.finish.hidden = this.#closed;
    if (near) this.#bottom();
  }

  // A message of our own on its way: waiting, sent, failed or refused.
  #showEntry({ key, text, state, wait }) {
    let row = this.#rows.get(key);
    if (!row) {
      row = bubble({ author: "customer", text }, this.t, this.locale, this.server);
      row.classList.add("waiting");
      row.append(make("div", { class: "status" }));
      for (const old of this.log.querySelectorAll(".choices")) old.remove();
      this.#rows.set(key, row);
      this.log.append(row);
      this.#bottom();
    }
    const status = row.querySelector(".status");
    const says = { waiting: this.t.sending, busy: fill(this.t.busy, { seconds: wait }), failed: this.t.unsent, refused: this.t.refused };
    row.classList.toggle("waiting", state !== "sent");
    row.classList.toggle("failed", state === "failed" || state === "refused");
    status?.replaceChildren(says[state] || "");
    if (state === "failed") {
      status.append(" ", make("button", { type: "button", class: "link", onclick: () => this.outbox.resume() }, this.t.retry));
    }
    if (state === "sent") status?.remove();
  }

  #say(text) {
    this.form.hidden = false;
    this.panel.querySelector(".rating")?.remove();
    this.outbox.add(text);
  }

  #submit() {
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    this.#grow();
    this.#say(text);
  }

  #grow() {
    this.input.rows = Math.min(5, Math.max(1, this.input.value.split("\n").length));
  }

  // Whether the newest message is in sight; who has scrolled up to read is left alone.
  #near() {
    const { scroller } = this;
    return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
  }

  #bottom() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  #line(up = this.up ?? true) {
    this.up = up;
    const says = !navigator.onLine ? this.t.offline : up ? "" : this.t.lost;
    this.notice.textContent = says;
    this.notice.hidden = !says;
  }

  #handoff(state) {
    this.handoff.hidden = !["queued", "human"].includes(state);
    this.handoffText.textContent = this.t[state] || "";
    this.#closed = state === "closed";
    this.finish.hidden = this.#closed || !this.#rows.size;
  }

  async #giveBack() {
    try {
      this.#handoff((await this.client.post("/v1/handoff", { action: "return" })).handoff_state);
      this.input.focus();
    } catch {
      this.#line(false);
    }
  }

  async #end() {
    try {
      this.#handoff((await this.client.post("/v1/handoff", { action: "close" })).handoff_state);
      const wording = await this.client.post("/v1/ratings/shown");
      const form = rating(wording, this.t, (value, comment) => this.#rated(form, wording, value, comment), () => this.#skip(form));
      this.panel.querySelector(".rating")?.remove();
      this.form.before(form);
      form.querySelector("input").focus();
      this.#bottom();
    } catch (error) {
      if (error.status === undefined) this.#line(false); // a shop without this survey just ends
    }
  }

  async #rated(form, wording, value, comment) {
    try {
      await this.client.post("/v1/ratings", comment ? { value, comment } : { value });
      form.replaceWith(make("p", { class: "banner", role: "status" }, wording.thanks));
      this.input.focus();
    } catch {
      this.#line(false); // the form stays, with what was chosen
    }
  }

  #skip(form) {
    form.remove();
    this.input.focus();
  }

  // The gateway no longer knows the session: begin afresh; what was not sent stays.
  #again() {
    this.disconnectedCallback();
    this.log.replaceChildren();
    this.panel.querySelector(".rating")?.remove();
    this.#rows.clear();
    this.#last = 0;
    this.#conversation = undefined;
    this.#count(0);
    for (const entry of this.outbox.entries) this.#showEntry({ ...entry, state: "waiting" });
    this.#resume();
  }
}

customElements.define("rapport-chat", RapportChat);
