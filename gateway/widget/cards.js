// Builds what stands in the log. Everything from outside goes in as text, never as markup; links pass an allow-list.
import { fill } from "./texts.js";

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== null));
  return node;
}

export function safeUrl(url, base) {
  try {
    const parsed = new URL(url, base);
    return ["https:", "http:"].includes(parsed.protocol) ? parsed.href : undefined;
  } catch {
    return undefined;
  }
}

const han = /[\u3400-\u9fff]/;
export const tongue = (text) => (han.test(text) ? "zh" : "en");

function day(value, lang) {
  const date = new Date(value);
  return value && !Number.isNaN(date.valueOf()) ? new Intl.DateTimeFormat(lang, { dateStyle: "medium" }).format(date) : undefined;
}

function money(minor, currency, lang) {
  if (minor === undefined || minor === null) return undefined;
  try {
    const style = new Intl.NumberFormat(lang, { style: "currency", currency });
    return style.format(minor / 10 ** style.resolvedOptions().maximumFractionDigits);
  } catch {
    return undefined;
  }
}

function card(kind, title, badge, rows, ...more) {
  const list = make("dl");
  for (const [name, value] of rows) {
    if (value) list.append(make("dt", {}, name), make("dd", {}, String(value)));
  }
  const head = make("div", { class: "card-head" }, make("strong", {}, title), badge && make("span", { class: "badge" }, badge));
  return make("div", { class: `card ${kind}` }, head, list, ...more);
}

const kinds = {
  source: (data, t, lang, server) => {
    const href = safeUrl(data.url, server);
    if (!href) return undefined;
    const link = make("a", { href, target: "_blank", rel: "noopener", lang: data.language }, data.title || href);
    return make("div", { class: "source" }, make("span", {}, t.source), link);
  },
  order: (data, t, lang) => {
    const lines = make("ul");
    for (const line of data.lines || []) lines.append(make("li", {}, `${line.quantity} × ${line.description}`));
    return card(
      "order",
      fill(t.order, { number: data.number }),
      t.states[data.state] || data.state,
      [
        [t.placed, day(data.placed_at, lang)],
        [t.promised, data.delivered_at ? undefined : day(data.promised_to, lang)],
        [t.delivered, day(data.delivered_at, lang)],
        [t.carrier, data.carrier],
        [t.tracking, data.tracking_number],
        [t.total, money(data.total_minor, data.currency, lang)],
      ],
      lines.childElementCount ? lines : undefined,
    );
  },
  complaint: (data, t, lang) =>
    card("complaint", fill(t.complaint, { number: data.number }), undefined, [
      [t.category, t.categories[data.category] || data.category],
      [t.resolve, day(data.resolve_by, lang)],
    ]),
  offer: (data, t, lang) => {
    const code = make("code", {}, data.code || "");
    const copy = make("button", { type: "button", class: "quiet" }, t.copy);
    copy.addEventListener("click", async () => {
      await navigator.clipboard?.writeText(data.code);
      copy.textContent = t.copied;
    });
    return card(
      "offer",
      t.offer,
      undefined,
      [
        [t.value, money(data.value_minor, data.currency, lang)],
        [t.valid, day(data.valid_until, lang)],
      ],
      data.code ? make("div", { class: "voucher" }, code, copy) : undefined,
    );
  },
};

// One message as a row of the log; `press(payload)` is called for its buttons.
export function bubble(message, t, lang, server, press) {
  const { author, text, payload = {} } = message;
  const row = make("div", { class: `row ${author}${payload.error ? " error" : ""}` });
  row.append(make("span", { class: "hidden" }, `${t[author] || author}: `));
  if (author === "agent") row.append(make("span", { class: "who", "aria-hidden": true }, t.agent));
  if (text) row.append(make("div", { class: "bubble", dir: "auto", lang: tongue(text) }, text));
  for (const [kind, build] of Object.entries(kinds)) {
    const built = payload[kind] && build(payload[kind], t, lang, server);
    if (built) row.append(built);
  }
  if (payload.buttons?.length) {
    const group = make("div", { class: "choices" });
    for (const { title, payload: said } of payload.buttons) {
      group.append(make("button", { type: "button", lang: tongue(title), onclick: () => press(said) }, title));
    }
    row.append(group);
  }
  return row;
}

// The rating: five native radio buttons, a comment, and a way past it.
export function rating(wording, t, answer, skip) {
  const form = make("form", { class: "rating" });
  const scale = make("div", { class: "scale" });
  for (let n = wording.scale.min; n <= wording.scale.max; n += 1) {
    const input = make("input", { type: "radio", name: "value", value: n, required: true, "aria-label": fill(t.stars, { n }) });
    scale.append(make("label", {}, input, make("span", { "aria-hidden": true }, String(n))));
  }
  const ends = make("div", { class: "ends", "aria-hidden": true }, make("span", {}, wording.low), make("span", {}, wording.high));
  const comment = make("textarea", { rows: 2, maxlength: 1000, "aria-label": wording.comment, placeholder: wording.comment });
  const buttons = make(
    "div",
    { class: "actions" },
    make("button", { type: "submit" }, t.rate),
    make("button", { type: "button", class: "quiet", onclick: skip }, t.skip),
  );
  form.append(make("fieldset", {}, make("legend", {}, wording.question), scale, ends), comment, buttons);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer(Number(new FormData(form).get("value")), comment.value.trim());
  });
  return form;
}
