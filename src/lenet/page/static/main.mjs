// The page: board and F6 in every view, the layers or the training between and below them.
import { makeAddress } from "./address.mjs";
import { makeAnswer, rank } from "./answer.mjs";
import { makeBoard } from "./board.mjs";
import { readDigits } from "./digits.mjs";
import { getBytes, getJson, prepareTrainer, spawnTrainer } from "./files.mjs";
import { h } from "./h.mjs";
import { measureOff } from "./ink.mjs";
import { loadKernels } from "./kernels.mjs";
import { makeLanguage } from "./language.mjs";
import { makeLayers } from "./layers.mjs";
import { readLink } from "./link.mjs";
import { readNetwork } from "./network_file.mjs";
import { makePick } from "./pick.mjs";
import { makeProjector } from "./projector.mjs";
import { makeReader } from "./reader.mjs";
import { t } from "./say.mjs";
import { LAYERS } from "./unit.mjs";
import { makeCodes, makeF6 } from "./written.mjs";

const TURNS = { PageDown: 1, PageUp: -1 }; // what a presenter's remote sends
const text = (tag, key, values, attributes = {}) => t(h(tag, attributes), key, values);

/** Whatever could not be loaded is said. */
function complain(error) {
  const words = "The page could not be loaded. Load it again; it needs Chrome 91, Firefox 114, Safari 16.4 or newer. 页面无法加载。";
  document.body.append(h("p", { role: "alert" }, `${words} (${error.message})`));
}

async function start() {
  const linked = readLink(location.hash).given;
  const language = makeLanguage(linked.lang, () => address?.note());
  let address = null;
  const [facts] = await Promise.all([getJson("facts.json"), language.set(language.get())]);

  let [kernels, reader, digit, waiting, opening, train, training] = [null, null, null, false, null, null, false];
  let [below, coming] = [null, null]; // what `mountSee` gave
  let [view, sample, last] = ["see", null, null]; // the last sample that she chose, and the last trace
  let [tour, stop] = [null, 1];
  const board = makeBoard(readSoon);
  const f6 = makeF6();
  const layers = makeLayers(facts.lessons.frozen.amplitude, (chosen) => openUnit(chosen));
  const codes = makeCodes(facts.codes, facts.labels);
  const answers = [makeAnswer(facts.labels), makeAnswer(facts.labels, true)];
  const samples = facts.labels.map((label, k) => h("button", { type: "button", onclick: () => showSample(k) }, label));
  const pick = makePick(board, language, () => reader);
  const tools = h(
    "div", { class: "tools" },
    text("button", "page.undo", {}, { type: "button", onclick: () => board.undo() }),
    text("button", "page.clear", {}, { type: "button", onclick: () => board.clear() }),
    pick.root,
  );
  const row = h("div", { class: "tools" }, text("span", "page.samples", {}, { class: "quiet" }), h("div", { class: "samples" }, ...samples));
  const drawn = h("section", {}, text("h2", "page.you_draw"), text("p", "page.you_draw_note", {}, { class: "quiet" }), board.root);
  const left = h("div", { class: "drawing" }, drawn, h("div", { class: "hand" }, tools, pick.said, row));
  const writes = h("section", {}, text("h2", "page.it_writes", {}, { id: "f6-label" }), text("p", "page.it_writes_note", {}, { class: "quiet" }), f6.root);
  const right = h("div", { class: "reading" }, writes, answers[0].root);
  const names = { see: "page.see", train: "page.train", tour: "page_see.tour" };
  const views = Object.fromEntries(Object.entries(names).map(([name, key]) => [name, text("a", key, {}, { href: `#${name}` })]));
  const theme = text("button", "page.theme", {}, { type: "button", onclick: switchTheme });
  address = makeAddress({ collect, open: openLink });
  const seeRoot = h("div", { class: "below" }, pick.below);
  const trainRoot = h("section", { class: "view below", hidden: true });
  const headline = text("h1", "page.headline");
  const tourRoot = h("div", { hidden: true });
  const main = h("main", {}, headline, tourRoot, h("div", { class: "stage" }, left, layers.root, right), codes.root, seeRoot, trainRoot);
  const projector = makeProjector(main, redraw, () => address.note());
  const buttons = h("span", { class: "right" }, address.button, projector.button, language.button, theme);
  const bar = h("header", { class: "bar" }, h("strong", {}, "LeNet-5"), h("nav", { class: "bar-views" }, ...Object.values(views)), projector.address, buttons, address.said);
  document.documentElement.dataset.theme = linked.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  document.body.replaceChildren(bar, main);

  const [wasm, file, sampleFile] = await Promise.all([getBytes("lenet.wasm"), getBytes("network.bin"), getBytes("samples.bin")]);
  kernels = await loadKernels(wasm.slice(0));
  const bundled = readNetwork(file);
  reader = makeReader(kernels, bundled, facts);
  const sampleDigits = await readDigits(sampleFile);

  async function openUnit(chosen) {
    if (seeRoot.hidden) return;
    const { unit } = await loadSee();
    unit.open(chosen);
    unit.root.scrollIntoView({ block: "nearest" });
  }

  function showSample(k) {
    const image = sampleDigits.images.slice(784 * k, 784 * (k + 1));
    sample = { k, image };
    board.show(image);
  }

  function drawStyle(strokes) {
    board.setStrokes(strokes);
    left.scrollIntoView({ block: "nearest" });
  }

  function readSoon() {
    if (!kernels) return; // what is drawn before is read when they are there
    if (!waiting) requestAnimationFrame(read);
    waiting = true;
  }

  function read() {
    waiting = false;
    digit = reader.normalize(board);
    if (training) {
      if (digit) train?.watch(digit);
      return;
    }
    const image = digit ? (below?.change.apply(digit) ?? digit) : new Uint8Array(784);
    const trace = reader.network.trace(image);
    const others = pick.countOthers();
    last = trace;
    show(trace, null, reader.linear, reader.calibration(), reader.judge(image), others);
    below?.unit.show(trace);
    below?.change.show(digit, trace);
    if (!digit) answers.forEach((one) => one.blank());
    else tour?.tell("read", { label: facts.labels[rank(trace.output)[0]], strokes: board.strokes().length, off: board.image() ? 0 : measureOff(board.ink()) });
  }

  /** Show the states of a network; a linear output has no distances. */
  function show(trace, frozen, linear, calibration = null, judged = null, others = 0) {
    layers.show(trace);
    f6.show(trace.f6, frozen);
    codes.show(trace.output, linear);
    for (const one of answers) one.show(trace.output, linear, judged, calibration, others);
  }

  /** What is below the codes comes when the first answer is there. */
  function loadSee() {
    const light = (chosen, terms) => {
      layers.light(chosen, terms);
      address.note();
      if (!chosen || !tour) return;
      const { layer, map, row, column } = chosen;
      const { side } = LAYERS[layer];
      tour.tell("unit", { unit: chosen, state: last[layer][(map * side + row) * side + column], nearest: rank(last.output)[0] });
    };
    const count = (what) => tour?.tell(what, { missing: reader.missing, counts: Boolean(facts.digits) });
    const cut = (wires) => {
      reader.missing = wires;
      count("cut");
    };
    const acts = { light, read, soon: readSoon, draw: drawStyle, readAll: reader.readAll, cut, counted: () => count("counted") };
    const page = { facts, bundled, kernels, network: reader.network, answer: answers[1].root, samples: sampleDigits.images, ...acts };
    coming ??= import("./see.mjs").then(({ mountSee }) => {
      below = mountSee(seeRoot, page);
      if (!training) read();
      return below;
    });
    return coming;
  }

  /** The states of the network in training for her digit. */
  function showTrace(trace, frozen, linear) {
    if (!trace || trainRoot.hidden) return;
    training = true;
    show(trace, frozen, linear);
  }

  function switchTheme() {
    setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  }

  function setTheme(wanted) {
    document.documentElement.dataset.theme = wanted;
    redraw();
    address.note();
  }

  /** Draw everything in the colours of now. */
  function redraw() {
    board.redraw();
    codes.redraw();
    if (kernels) read();
  }

  /** What an address can say of this moment. */
  function collect(all) {
    const given = { lang: language.get(), theme: document.documentElement.dataset.theme };
    const state = { view, unit: view === "see" ? (below?.unit.get() ?? null) : null, stop: view === "tour" ? stop : null, given };
    if (projector.isOn()) given.show = "projector";
    if (!all) return state;
    if (board.image() && board.image() === sample?.image) given.digit = sample.k;
    if (!board.image() && board.strokes().length) given.ink = board.strokes();
    const change = below?.change.get() ?? {};
    const needed = { x: change.cover, y: change.cover, other: change.second };
    const said = Object.entries(change).filter(([name, value]) => needed[name] ?? value);
    Object.assign(given, Object.fromEntries(said));
    if (below?.wires?.get().length) given.cut = below.wires.get();
    return state;
  }

  /** Show what an address says. A link never starts a training, and it loads nothing. */
  async function openLink(state) {
    const { lang, theme: wanted, show: mode, digit: number, ink, cut, ...changes } = state.given;
    showView(state.view, state.stop);
    if (lang && lang !== language.get()) await language.set(lang);
    if (wanted) setTheme(wanted);
    if (mode) projector.set(true);
    if (ink) board.setStrokes(ink);
    else if (number !== undefined) showSample(number);
    if (state.unit) openUnit(state.unit);
    if (!cut && !Object.keys(changes).length) return;
    const { change, wires } = await loadSee();
    if (cut) wires?.set(cut);
    change.set(changes);
  }

  /** @param {string} name @param {number | null} wanted stop of the tour */
  function showView(name, wanted = null) {
    view = name;
    stop = wanted ?? stop;
    const shown = name === "tour" ? facts.tour[stop - 1].view : name;
    [headline.hidden, tourRoot.hidden] = [name === "tour", name !== "tour"];
    if (name === "tour") openTour().catch(complain);
    for (const [key, link] of Object.entries(views)) {
      if (key === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    trainRoot.hidden = shown !== "train";
    seeRoot.hidden = shown !== "see";
    if (shown === "train") below?.unit.close();
    if (shown === "train") openTrain().catch(complain);
    if (shown === "see") {
      training = false;
      read();
    }
  }

  /** The view comes when the first answer is there. */
  const loadTrain = () => (opening ??= Promise.all([prepareTrainer(), language.loadRest()]).then(() => import("./train.mjs")));

  async function openTour() {
    const [{ makeTour, playParts }] = await Promise.all([import("./tour.mjs"), language.loadRest()]);
    tour ??= makeTour(facts.tour, { go: (wanted) => (location.hash = `#tour/${wanted}`), play: () => playParts([...layers.root.children, f6.root, codes.root, answers[0].root]) });
    tourRoot.replaceChildren(tour.root);
    tour.show(stop);
  }

  async function openTrain() {
    const { mountTrain } = await loadTrain();
    train ??= mountTrain(trainRoot, host);
  }

  const host = {
    lessons: facts.lessons, digits: facts.digits, spawn: spawnTrainer, showTrace,
    tell: (what, values) => tour?.tell(what, values),
    wasm: async () => wasm,
    fetchDigits: (part) => getBytes(`digits-${part}.bin`),
    drawing: () => digit,
    bundled: async () => bundled,
    putDigit(image) {
      board.show(image);
      left.scrollIntoView({ block: "nearest" });
    },
  };
  document.addEventListener("keydown", (event) => {
    const free = event.target.closest("input, select, textarea") === null;
    if (!free || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const anywhere = event.target === document.body || event.target.classList.contains("board");
    if (anywhere && /^[0-9]$/.test(event.key)) showSample(Number(event.key));
    else if (event.key.toLowerCase() === "f") projector.set(!projector.isOn());
    else if (view === "tour" && event.key in TURNS) {
      event.preventDefault();
      location.hash = `#tour/${Math.min(Math.max(stop + TURNS[event.key], 1), facts.tour.length)}`;
    } else if (event.key === "Escape" && projector.isOn()) projector.set(false);
  });
  codes.redraw();
  if (!board.ink().includes(255)) showSample(3);
  address.open();
  (globalThis.requestIdleCallback ?? setTimeout)(() => {
    loadSee().catch(complain);
    loadTrain().catch(complain);
    pick.load().catch(complain);
    // without the judge the answer stands, without a confidence
    reader.bringJudge(() => getBytes("judge.bin")).then(() => training || read(), () => {});
  });
}

start().catch(complain);
