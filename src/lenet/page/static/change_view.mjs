// The demos of 1998: her digit moved, turned, joined by a second one, buried and covered, and over which range the answer holds.
import { drawCells, drawOver, findColours, prepare } from "./cells.mjs";
import { CHANGES, FIELD, findRun, isRest, listSteps, makeInput, makeRest } from "./deform.mjs";
import { h } from "./h.mjs";
import { PURPOSES, drawUniform } from "./random.mjs";
import { t } from "./say.mjs";
import { drawGlyph } from "./written.mjs";

const text = (tag, key, values, attributes = {}) => t(h(tag, attributes), key, values);
const CELL = 6;
const GLYPH = 16; // CSS pixels of a pixel of F6: as high as what the network sees
const HEIGHT = 12; // of a strip
const REST = 250; // ms after the last change until the strips are computed
const ROUND = 3200; // ms that the animation takes for one change
const PIECE = 112; // covered digits between two looks at what she does
const EVERYWHERE = 7; // side of the cover that is tried everywhere, if she chose none
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const LABELS = {
  right: "page_see.right", down: "page_see.down", size: "page_see.size", turn: "page_see.turn", squeeze: "page_see.squeeze",
  slant: "page_see.slant", thickness: "page_see.thickness", noise: "page_see.noise", cover: "page_see.cover", second: "page_see.second",
};
const signed = (value, digits) => value.toFixed(digits).replace("-", "−");
const WRITE = {
  size: (value) => `× ${(2 ** value).toFixed(2)}`, squeeze: (value) => `× ${(2 ** value).toFixed(2)}`,
  turn: (value) => `${signed(value, 0)}°`, noise: (value) => `${(100 * value).toFixed(1)}%`,
  slant: (value) => signed(value, 2), cover: (value) => `${value} px`,
};
/** The number of a change, with its unit. */
export const writeChange = (name, value) => WRITE[name]?.(value) ?? `${signed(value, 1)} px`;

/**
 * @param {{scale: number, offset: number}} input of facts.json
 * @param {import("./kernels.mjs").Kernels} kernels for what is random in the noise
 * @param {{answer: HTMLElement, samples: Uint8Array, changed: () => void, read: (inputs: Float32Array) => {label: string, sure: boolean}[]}} host
 *   `read` answers several inputs at once; `answer` is shown under F6; `samples` are the second digits, 28x28 each
 * @returns {{root: HTMLElement, apply: (digit: Uint8Array) => Uint8Array | Float32Array, show: (digit: Uint8Array | null, states: object) => void,
 *   get: () => object, set: (change: object) => void}}
 */
export function makeChange(input, kernels, host) {
  const grain = drawUniform(kernels, 0, PURPOSES.noise, 0, FIELD * FIELD);
  let [change, digit, timer, playing, states] = [makeRest(), null, 0, 0, null];
  const seen = h("canvas", { tabindex: 0, role: "application", "aria-labelledby": "seen-label", "aria-describedby": "seen-help" });
  const f6 = h("canvas", { "aria-hidden": "true" });
  const other = h(
    "select", { "aria-labelledby": "change-other", onchange: () => move("other", Number(other.value)) },
    ...Array.from({ length: host.samples.length / 784 }, (_, k) => h("option", { value: k }, String(k))),
  );
  const rows = Object.fromEntries(Object.keys(CHANGES).map((name) => [name, makeRow(name)]));
  rows.second.track.before(h("div", { class: "change-other" }, text("span", "page_see.other", {}, { class: "quiet", id: "change-other" }), other));
  const play = text("button", "page_see.play", {}, { type: "button", onclick: () => (playing ? stop() : start()) });
  const reset = text("button", "page_see.reset", {}, { type: "button", onclick: () => set(makeRest()) });
  const everywhere = text("button", "page_see.everywhere", {}, { type: "button", onclick: () => coverEverywhere() });
  const found = h("p", { role: "status" });
  const map = h("canvas", { class: "change-map", "aria-hidden": "true", hidden: true });
  const label = text("p", "page_see.seen", {}, { class: "quiet", id: "seen-label" });
  const help = text("p", "page_see.seen_help", {}, { class: "unseen", id: "seen-help" });
  const left = h("div", {}, label, h("div", { class: "change-pair" }, seen, f6), host.answer, help);
  const right = h("div", { class: "change-rows" }, ...Object.values(rows).map((row) => row.root));
  const root = h(
    "section", { class: "view change" }, text("h2", "page_see.change"), text("p", "page_see.change_intro"),
    h("div", { class: "change-grid" }, left, right), h("div", { class: "tools" }, play, reset, everywhere), h("div", { class: "tools" }, map, found),
  );

  function makeRow(name) {
    const { least, most, step } = CHANGES[name];
    const slider = h("input", { type: "range", id: `change-${name}`, min: least, max: most, step, value: 0, oninput: () => move(name, Number(slider.value)) });
    const strip = h("canvas", { class: "change-strip", "aria-hidden": "true" });
    const value = h("output", { for: slider.id });
    const said = h("span", { class: "quiet", id: `change-${name}-range` });
    slider.setAttribute("aria-describedby", said.id);
    const track = h("div", {}, slider, strip);
    return { root: h("div", { class: "change-row" }, text("label", LABELS[name], {}, { for: slider.id }), value, track, said), slider, strip, value, said, track };
  }

  function move(name, value) {
    if (playing) stop();
    change = { ...change, [name]: value };
    refresh();
  }

  function set(next) {
    if (playing) stop();
    change = { ...makeRest(), ...next };
    refresh();
  }

  /** Sliders follow the change, and the network reads what comes of it. */
  function refresh() {
    for (const [name, { slider, value }] of Object.entries(rows)) {
      slider.value = change[name];
      value.textContent = writeChange(name, change[name]);
      slider.setAttribute("aria-valuetext", value.textContent);
    }
    other.value = change.other;
    reset.disabled = isRest(change);
    host.changed();
  }

  function draw() {
    // as ink from 0 to 1, whatever the network has for paper and for ink
    drawCells(seen, states.input.map((value) => (value - input.offset) / (255 * input.scale)), FIELD, CELL, 1);
    drawGlyph(f6, states.f6, GLYPH);
    if (!change.cover) return;
    const paper = drawOver(seen);
    const at = (middle) => Math.round(middle - change.cover / 2) * CELL;
    Object.assign(paper, { strokeStyle: findColours().accent, lineWidth: 2 });
    paper.strokeRect(at(change.x), at(change.y), change.cover * CELL, change.cover * CELL);
  }

  const inputs = (changes) => {
    const all = new Float32Array(changes.length * FIELD * FIELD);
    changes.forEach((each, k) => all.set(makeInput(digit, each, grain, input, host.samples), k * FIELD * FIELD));
    return all;
  };

  /** At rest: for each change, all of its steps are read, with the other changes as they are. */
  function compute() {
    clearTimeout(timer);
    if (playing) return;
    const names = Object.keys(CHANGES);
    const next = () => {
      if (root.closest("[hidden]") || !names.length) return;
      computeStrip(names.shift());
      timer = setTimeout(next);
    };
    timer = setTimeout(next, REST);
  }

  function computeStrip(name) {
    const { strip, said } = rows[name];
    const steps = listSteps(name);
    if (!digit) {
      drawStrip(strip, []);
      t(said, null);
      return;
    }
    const { label } = host.read(inputs([makeRest()]))[0];
    const answers = host.read(inputs(steps.map((value) => ({ ...change, [name]: value }))));
    drawStrip(strip, answers.map((one) => (one.label !== label ? 0 : one.sure ? 1 : 0.5)));
    const run = findRun(answers.map((one) => one.label === label));
    const [from, to] = (run ?? [0, 0]).map((k) => writeChange(name, steps[k]));
    if (!run) t(said, "page_see.holds_not", { label });
    else if (run[1] - run[0] === steps.length - 1) t(said, "page_see.holds_all", { label });
    else t(said, "page_see.holds", { label, from, to });
  }

  /** A bar for each step: high where the answer holds and is sure, half where it is not certain. */
  function drawStrip(canvas, heights) {
    const width = Math.max((canvas.parentNode.clientWidth || 240) - 16, 40);
    const { paper, ink, sheet } = prepare(canvas, width, HEIGHT);
    Object.assign(paper, { fillStyle: sheet });
    paper.fillRect(0, 0, width, HEIGHT);
    paper.fillStyle = ink;
    const each = width / Math.max(heights.length, 1);
    heights.forEach((height, k) => paper.fillRect(k * each, HEIGHT * (1 - height), Math.max(each - 0.5, 1), HEIGHT * height));
  }

  /** Run through all changes, one after the other: to one end of its range, to the other, and back. */
  function start() {
    change = makeRest();
    t(play, "page_see.stop");
    const names = Object.keys(CHANGES);
    const began = performance.now();
    const frame = (now) => {
      const turn = Math.max(now - began, 0) / ROUND;
      const name = names[Math.floor(turn)];
      if (!name) return stop();
      const { least, most, step } = CHANGES[name];
      const wave = least < 0 ? Math.sin(2 * Math.PI * (turn % 1)) : Math.sin(Math.PI * (turn % 1));
      const value = Math.round((wave < 0 ? -least : most) * wave / step) * step;
      change = { ...makeRest(), [name]: value };
      for (const [one, { root: row }] of Object.entries(rows)) row.classList.toggle("now", one === name);
      refresh();
      playing = requestAnimationFrame(frame);
    };
    playing = requestAnimationFrame(frame);
  }

  function stop() {
    cancelAnimationFrame(playing);
    playing = 0;
    change = makeRest();
    for (const { root: row } of Object.values(rows)) row.classList.remove("now");
    t(play, "page_see.play");
    refresh();
  }

  /** Cover each place in turn, and mark where the answer changes. */
  async function coverEverywhere() {
    if (!digit) return;
    everywhere.disabled = true;
    const side = change.cover || EVERYWHERE;
    const uncovered = { ...change, cover: 0 };
    const [now] = host.read(inputs([uncovered]));
    const answers = [];
    for (let from = 0; from < FIELD * FIELD; from += PIECE) {
      const places = Array.from({ length: Math.min(PIECE, FIELD * FIELD - from) }, (_, k) => from + k);
      const covered = places.map((k) => ({ ...change, cover: side, x: (k % FIELD) + 0.5, y: Math.floor(k / FIELD) + 0.5 }));
      answers.push(...host.read(inputs(covered)));
      await new Promise((resolve) => setTimeout(resolve));
    }
    const wrong = answers.map((one) => one.label !== now.label);
    // negative is a red dot: where it reads another digit; the digit itself is pale
    const pale = makeInput(digit, uncovered, grain, { scale: 0.4 / 255, offset: 0 }, host.samples);
    drawCells(map, pale.map((value, k) => (wrong[k] ? -1 : value)), FIELD, CELL, 1);
    map.hidden = false;
    const values = { label: now.label, side, count: wrong.filter(Boolean).length, all: (FIELD * FIELD).toLocaleString("en-US") };
    const unsure = answers.filter((one) => one.label === now.label && !one.sure).length;
    t(found, "page_see.everywhere_result", { ...values, unsure });
    everywhere.disabled = false;
  }

  const place = (x, y) => {
    const clip = (value) => Math.min(Math.max(value, 0), FIELD);
    change = { ...change, x: clip(x), y: clip(y), cover: change.cover || EVERYWHERE };
    refresh();
  };
  const drag = (event) => {
    if (event.buttons & 1) place(event.offsetX / CELL, event.offsetY / CELL);
  };
  seen.addEventListener("pointerdown", (event) => {
    if (playing) stop();
    seen.setPointerCapture?.(event.pointerId);
    drag(event);
  });
  seen.addEventListener("pointermove", drag);
  seen.addEventListener("keydown", (event) => {
    const step = ARROWS[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    place(change.x + step[0], change.y + step[1]);
  });

  refresh();
  return {
    root,
    get: () => change,
    set,
    /** What the network is to see instead of a digit. */
    apply: (given) => (isRest(change) ? given : makeInput(given, change, grain, input, host.samples)),
    /** What the network sees and writes. @param {Uint8Array | null} given @param {object} trace */
    show(given, trace) {
      [digit, states] = [given, trace];
      draw();
      compute();
    },
  };
}
