// The tour: twelve sentences of the notes, each with a thing to do on the page itself.
import { h } from "./h.mjs";
import { t } from "./say.mjs";

const text = (tag, key, values, attributes = {}) => t(h(tag, attributes), key, values);
const EXAMPLE = { H: 5, F: 3, P: 1, S: 2 }; // of the notes
const WAVE = 500; // ms from layer to layer
const FAR = 0.12; // of the side: a drawing is off the centre
const STRONG = 1; // a state, of at most 1.7
const LABELS = { H: "page_tour.image", F: "page_tour.kernel", P: "page_tour.padding", S: "page_tour.stride" };
const MARKS = { true: "page_tour.true", corrected: "page_tour.corrected" };
const KEYS = [
  ["page_tour.title_1", "page_tour.note_1", "page_tour.text_1", "page_tour.task_1"],
  ["page_tour.title_2", "page_tour.note_2", "page_tour.text_2", "page_tour.task_2"],
  ["page_tour.title_3", "page_tour.note_3", "page_tour.text_3", "page_tour.task_3"],
  ["page_tour.title_4", "page_tour.note_4", "page_tour.text_4", "page_tour.task_4"],
  ["page_tour.title_5", "page_tour.note_5", "page_tour.text_5", "page_tour.task_5"],
  ["page_tour.title_6", "page_tour.note_6", "page_tour.text_6", "page_tour.task_6"],
  ["page_tour.title_7", "page_tour.note_7", "page_tour.text_7", "page_tour.task_7"],
  ["page_tour.title_8", "page_tour.note_8", "page_tour.text_8", "page_tour.task_8"],
  ["page_tour.title_9", "page_tour.note_9", "page_tour.text_9", "page_tour.task_9"],
  ["page_tour.title_10", "page_tour.note_10", "page_tour.text_10", "page_tour.task_10"],
  ["page_tour.title_11", "page_tour.note_11", "page_tour.text_11", "page_tour.task_11"],
  ["page_tour.title_12", "page_tour.note_12", "page_tour.text_12", "page_tour.task_12"],
];

/** When each stop is done: what happened on the page, and what is known of it. `seen`: labels read at this stop. */
const DONE = [
  (what, { numbers }) => what === "formula" && Object.entries(EXAMPLE).every(([name, value]) => numbers[name] === value),
  (what, { off }) => what === "read" && off > FAR,
  (what, { unit, state }) => what === "unit" && unit.layer === "c1" && state > STRONG,
  (what, { missing, counts }) => (what === "counted" || (what === "cut" && !counts)) && missing >= 10,
  (what, { unit }) => what === "unit" && (unit.layer === "s2" || unit.layer === "s4"),
  (what, { unit }) => what === "unit" && unit.layer === "c5",
  (what, { label, strokes }, seen) => what === "read" && strokes > 1 && label === "9" && seen.includes("7"),
  (what, { unit, nearest }) => what === "unit" && unit.layer === "output" && unit.map !== nearest,
  (what) => what === "played",
  (what, { epoch, act }) => what === "measured" && !act && epoch >= 3,
  (what, { act, steps, end }) => what === "measured" && act === 1 && steps >= end,
  (what) => what === "saved",
];

/** The numbers of a convolution, and what comes of them. */
function makeFormula(tell) {
  const numbers = { H: 32, F: 5, P: 0, S: 1 };
  const result = h("output", {});
  const fields = Object.entries(numbers).map(([name, value]) => {
    const input = h("input", { type: "number", id: `tour-${name}`, min: name === "P" ? 0 : 1, max: 99, value, oninput: () => change(name, input.value) });
    return h("span", { class: "unit-field" }, text("label", LABELS[name], {}, { for: input.id }), input);
  });

  function change(name, value) {
    numbers[name] = Math.min(Math.max(Math.round(Number(value)) || 0, name === "P" ? 0 : 1), 99);
    const { H, F, P, S } = numbers;
    const size = (H - F + 2 * P) / S + 1;
    const values = { H, F, P, S, size: Number(size.toFixed(2)) };
    if (size < 1) t(result, "page_tour.too_small", values);
    else t(result, Number.isInteger(size) ? "page_tour.size" : "page_tour.remainder", values);
    tell("formula", { numbers });
  }
  change("H", numbers.H);
  return h("div", { class: "tour-formula" }, h("div", { class: "tools" }, ...fields), result);
}

/**
 * @param {{mark: string | null, note: number}[]} stops of facts.json
 * @param {{go: (stop: number) => void, play: () => Promise<void>}} host `go` shows a stop, `play` the layers one by one
 * @returns {{root: HTMLElement, show: (stop: number) => void, tell: (what: string, values?: object) => void}} `tell` is
 *   given what happens on the page
 */
export function makeTour(stops, host) {
  const finished = new Set();
  let [now, seen] = [0, []];
  const [place, title] = [h("p", { class: "quiet" }), h("h1", { tabindex: -1, id: "tour-title" })];
  const [quote, mark, note, words, task, done] = [h("q"), h("strong"), h("span", { class: "quiet" }), h("p"), h("p", { class: "tour-task" }), h("p", { role: "status", class: "tour-done" })];
  const back = text("button", "page_tour.back", {}, { type: "button", onclick: () => host.go(now - 1) });
  const next = text("button", "page_tour.next", {}, { type: "button", onclick: () => host.go(now + 1) });
  const play = text("button", "page_tour.play", {}, { type: "button", hidden: true, onclick: () => start() });
  const formula = makeFormula((what, values) => tell(what, values));
  const list = h("ol", { class: "tour-stops" }, ...stops.map((_, k) => h("li", {}, h("a", { href: `#tour/${k + 1}` }, String(k + 1)))));
  const left = h("div", {}, place, title, h("p", {}, quote, " ", note, " ", mark), words);
  const right = h("div", {}, text("h2", "page_tour.task"), task, formula, h("div", { class: "tools" }, play, back, next), done);
  const root = h("section", { class: "tour", "aria-labelledby": "tour-title" }, list, h("div", { class: "tour-grid" }, left, right));

  function show(stop) {
    if (stop !== now) seen = [];
    now = stop;
    const [head, said, why, thing] = KEYS[stop - 1];
    t(place, "page_tour.place", { stop, all: stops.length });
    t(title, head);
    t(quote, said);
    t(note, "page_tour.note", { note: stops[stop - 1].note });
    t(mark, MARKS[stops[stop - 1].mark] ?? null);
    t(words, why);
    t(task, thing);
    formula.hidden = stop !== 1;
    play.hidden = stop !== 9;
    back.disabled = stop === 1;
    next.disabled = stop === stops.length;
    update();
  }

  function update() {
    t(done, finished.has(now) ? "page_tour.done" : null);
    list.querySelectorAll("a").forEach((link, k) => {
      link.classList.toggle("done", finished.has(k + 1));
      if (k + 1 === now) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    });
  }

  function tell(what, values = {}) {
    if (!now) return;
    if (DONE[now - 1](what, values, seen) && !finished.has(now)) {
      finished.add(now);
      update();
    }
    if (what === "read") seen.push(values.label);
  }

  async function start() {
    play.disabled = true;
    await host.play();
    play.disabled = false;
    tell("played");
  }
  return { root, show, tell };
}

/** Show elements one after the other, as layers are computed. @param {HTMLElement[]} parts */
export async function playParts(parts) {
  for (const part of parts) part.style.visibility = "hidden";
  for (const part of parts) {
    await new Promise((resolve) => setTimeout(resolve, WAVE));
    part.style.visibility = "";
  }
}
