// The dashboard: plain ES, no imports, no requests. The cube is small, so every filter adds it up anew.
const WIDTH = 720, HEIGHT = 220, LEFT = 44, TOP = 12, BOTTOM = 28, DAY = 86400000;
const MOST_DAYS = 62, MOST_WEEKS = 430; // as in figure.py
const NAMES = { en: "English", zh: "中文", und: "unknown" };
let made = 0;

const words = (outcome) => outcome.replaceAll("_", " ");
const whole = (n) => n.toLocaleString("en");
const share = (part, all) => (all ? `${Math.round((100 * part) / all)}%` : "none yet");

function element(name, attributes = {}, ...children) {
  const svg = ["svg", "rect", "line", "text", "title"].includes(name);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

const time = (day) => Date.parse(`${day}T00:00:00Z`);
const text = (ms) => new Date(ms).toISOString().slice(0, 10);

function bucketOf(day, span) {
  if (span <= MOST_DAYS) return day;
  if (span > MOST_WEEKS) return `${day.slice(0, 7)}-01`;
  const at = time(day);
  return text(at - ((new Date(at).getUTCDay() + 6) % 7) * DAY);
}

function barsOf(turns) {
  const bars = new Map();
  if (!turns.length) return bars;
  const first = time(turns[0][0]), last = time(turns[turns.length - 1][0]), span = Math.round((last - first) / DAY);
  for (let at = first; at <= last; at += DAY) {
    const key = bucketOf(text(at), span);
    if (!bars.has(key)) bars.set(key, {});
  }
  for (const [day, , outcome, n] of turns) {
    const bar = bars.get(bucketOf(day, span));
    bar[outcome] = (bar[outcome] || 0) + n;
  }
  return bars;
}

const sum = (numbers) => numbers.reduce((all, n) => all + n, 0);

function figure(bars, outcomes, label) {
  const svg = element("svg", { class: "crm-figure", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label });
  const plot = HEIGHT - TOP - BOTTOM, entries = [...bars];
  const top = Math.max(...entries.map(([, bar]) => sum(Object.values(bar))));
  for (const value of new Set([0, Math.floor(top / 2), top])) {
    const y = TOP + plot - (plot * value) / top;
    svg.append(element("line", { class: "grid", x1: LEFT, x2: WIDTH, y1: y, y2: y }));
    svg.append(element("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, whole(value)));
  }
  const step = (WIDTH - LEFT) / entries.length, width = Math.min(Math.max(1, step * 0.8), 48);
  entries.forEach(([day, bar], index) => {
    let floor = TOP + plot;
    for (const outcome of outcomes.filter((each) => bar[each])) {
      const height = (plot * bar[outcome]) / top;
      floor -= height;
      const rect = { class: `o-${outcome}`, x: LEFT + index * step + (step - width) / 2, y: floor, width, height };
      svg.append(element("rect", rect, element("title", {}, `${day} ${words(outcome)}: ${bar[outcome]}`)));
    }
  });
  const last = entries.length - 1, middle = (LEFT + WIDTH) / 2;
  const ends = last ? [[0, LEFT, "start"], [last, WIDTH, "end"]] : [[0, middle, "middle"]];
  for (const [index, x, anchor] of ends) {
    svg.append(element("text", { x, y: HEIGHT - 8, "text-anchor": anchor }, entries[index][0]));
  }
  return svg;
}

function tableOf(bars, used) {
  const cells = (kind, values) => values.map((value) => element(kind[0], kind[1], value));
  const head = element("tr", {}, ...cells(["th", { scope: "col" }], ["from", ...used.map(words)]));
  const rows = [...bars].filter(([, bar]) => sum(Object.values(bar))).map(([day, bar]) =>
    element("tr", {}, element("th", { scope: "row" }, day), ...cells(["td", {}], used.map((each) => whole(bar[each] || 0)))));
  const caption = element("caption", {}, "Customer turns by date (UTC) and outcome.");
  return element("table", {}, caption, element("thead", {}, head), element("tbody", {}, ...rows));
}

export function render({ model, el }) {
  const id = `crm-${Date.now().toString(36)}-${made++}`;
  const root = element("section", { class: "crm-dashboard", "aria-label": "Conversations dashboard" });
  const language = element("select", { id: `${id}-language` });
  const since = element("input", { id: `${id}-since`, type: "date" });
  const until = element("input", { id: `${id}-until`, type: "date" });
  const all = element("button", { type: "button" }, "Show all");
  const field = (label, control) => element("label", { for: control.id }, label, control);
  const form = element("form", { "aria-label": "Filters" },
    field("Language", language), field("First day", since), field("Last day", until), all);
  const status = element("p", { role: "status" });
  const tiles = element("dl", { class: "crm-tiles" });
  const plot = element("div");
  const legend = element("ul", { class: "crm-legend" });
  const scroll = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Turns by date and outcome" });
  const details = element("details", { class: "crm-table" }, element("summary", {}, "Numbers as a table"), scroll);
  root.append(form, status, tiles, plot, legend, details);
  el.append(root);
  form.addEventListener("submit", (event) => event.preventDefault());
  let cube, updates = 0;

  function load() {
    cube = model.get("cube");
    const chosen = language.value;
    const found = [...new Set(cube.turns.map((row) => row[1]))].sort();
    language.replaceChildren(element("option", { value: "" }, "all"),
      ...found.map((code) => element("option", { value: code }, NAMES[code] || code)));
    if (found.includes(chosen)) language.value = chosen;
    const days = cube.turns.map((row) => row[0]);
    for (const control of [since, until]) {
      control.min = days[0] || "";
      control.max = days[days.length - 1] || "";
    }
    reset();
  }

  function reset() {
    since.value = since.min;
    until.value = until.max;
    draw();
  }

  // Only what shows numbers is replaced: the controls stay, and with them the focus.
  function draw() {
    const inside = ([day, code]) => (!language.value || code === language.value)
      && (!since.value || day >= since.value) && (!until.value || day <= until.value);
    const turns = cube.turns.filter(inside), ratings = cube.ratings.filter(inside);
    const total = {};
    for (const [, , outcome, n] of turns) total[outcome] = (total[outcome] || 0) + n;
    const count = sum(Object.values(total)), pick = (names) => sum(names.map((each) => total[each] || 0));
    const asked = pick(cube.asked), helped = pick(cube.helped);
    const rated = sum(ratings.map((row) => row[2])), good = sum(ratings.map((row) => row[3]));
    const used = cube.outcomes.filter((each) => total[each]);
    form.hidden = !cube.turns.length;
    tiles.hidden = legend.hidden = details.hidden = !turns.length;
    if (!turns.length) {
      status.textContent = cube.turns.length ? "No customer turn matches these filters. Choose Show all." : cube.empty;
      plot.replaceChildren();
    } else {
      const bars = barsOf(turns);
      status.textContent = `${whole(count)} customer ${count === 1 ? "turn" : "turns"} from ${turns[0][0]} to ` +
        `${turns[turns.length - 1][0]}${language.value ? `, ${NAMES[language.value] || language.value}` : ""}.`;
      const tile = (name, value, note) => element("div", {},
        element("dt", {}, name), element("dd", {}, value), element("dd", {}, note));
      tiles.replaceChildren(
        tile("Turns", whole(count), `${used.length} ${used.length === 1 ? "outcome" : "outcomes"}`),
        tile("Answered or done", share(helped, asked), `of ${whole(asked)} that wanted something`),
        tile("CSAT", share(good, rated), `of ${whole(rated)} ${rated === 1 ? "rating" : "ratings"}`));
      const label = `${status.textContent} ${share(helped, asked)} answered or done. CSAT ${share(good, rated)}.`;
      plot.replaceChildren(figure(bars, cube.outcomes, label));
      legend.replaceChildren(...used.map((each) => element("li", {},
        element("span", { class: `swatch o-${each}`, "aria-hidden": "true" }), `${words(each)} ${whole(total[each])}`)));
      scroll.replaceChildren(tableOf(bars, used));
    }
    root.dataset.seq = String(++updates); // tests wait for it
  }

  for (const control of [language, since, until]) control.addEventListener("change", draw);
  all.addEventListener("click", () => { language.value = ""; reset(); });
  model.on("change:cube", load);
  load();
  return () => model.off("change:cube", load);
}

export default { render };
