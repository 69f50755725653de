// The page: board and F6 in every view, the layers or the training between and below them.
import { makeAddress } from "./address.mjs";
import { makeAnswer, rank } from "./answer.mjs";
import { makeBoard } from "./board.mjs";
import { readDigits } from "./digits.mjs";
import { decide, weigh } from "./doubt.mjs";
import { getBytes, getJson, prepareTrainer, spawnTrainer } from "./files.mjs";
import { h } from "./h.mjs";
import { SIDE } from "./ink.mjs";
import { loadKernels } from "./kernels.mjs";
import { makeLayers } from "./layers.mjs";
import { readLink } from "./link.mjs";
import { readNetwork } from "./network_file.mjs";
import { makeProjector } from "./projector.mjs";
import { setTexts, t } from "./say.mjs";
import { makeCodes, makeF6 } from "./written.mjs";

const JUDGED = 11; // the ten digits and what is none
const LANGUAGES = { en: "English", zh: "中文" };
const text = (tag, key, values, attributes = {}) => t(h(tag, attributes), key, values);

async function start() {
  const all = {};
  const linked = readLink(location.hash).given;
  let language = linked.lang ?? navigator.languages?.find((one) => one.slice(0, 2) in LANGUAGES)?.slice(0, 2) ?? "en";
  const [facts, texts] = await Promise.all([getJson("facts.json"), getJson(`texts.${language}.json`)]);
  all[language] = texts;
  setTexts(all[language]);
  document.documentElement.lang = language === "zh" ? "zh-CN" : language;

  let [kernels, network, judge, digit, waiting, opening, train, training] = [null, null, null, null, false, null, null, false];
  let [whole, below, coming] = [true, null, null]; // whole: no wire is cut; below: what `mountSee` gave
  let [view, sample] = ["see", null]; // sample: the last one that she chose
  const board = makeBoard(readSoon);
  const f6 = makeF6();
  const layers = makeLayers(facts.lessons.frozen.amplitude, (chosen) => openUnit(chosen));
  const codes = makeCodes(facts.codes, facts.labels);
  const answers = [makeAnswer(facts.labels), makeAnswer(facts.labels, true)];
  const samples = facts.labels.map((label, k) => h("button", { type: "button", onclick: () => showSample(k) }, label));
  const tools = h(
    "div", { class: "tools" },
    text("button", "page.undo", {}, { type: "button", onclick: () => board.undo() }),
    text("button", "page.clear", {}, { type: "button", onclick: () => board.clear() }),
  );
  const row = h("div", { class: "tools" }, text("span", "page.samples", {}, { class: "quiet" }), h("div", { class: "samples" }, ...samples));
  const left = h("section", {}, text("h2", "page.you_draw"), text("p", "page.you_draw_note", {}, { class: "quiet" }), board.root, tools, row);
  const right = h("section", {}, text("h2", "page.it_writes", {}, { id: "f6-label" }), text("p", "page.it_writes_note", {}, { class: "quiet" }), f6.root, answers[0].root);
  const views = { see: text("a", "page.see", {}, { href: "#see" }), train: text("a", "page.train", {}, { href: "#train" }) };
  const other = h("button", { type: "button", onclick: switchLanguage });
  const theme = text("button", "page.theme", {}, { type: "button", onclick: switchTheme });
  const address = makeAddress({ collect, open: openLink });
  const seeRoot = h("div", {});
  const trainRoot = h("section", { class: "view", hidden: true });
  const main = h("main", {}, text("h1", "page.headline"), h("div", { class: "stage" }, left, layers.root, right), codes.root, seeRoot, trainRoot);
  const projector = makeProjector(main, redraw, () => address.note());
  const buttons = h("span", { class: "right" }, address.button, projector.button, other, theme);
  const bar = h("header", { class: "bar" }, h("strong", {}, "LeNet-5"), h("nav", { class: "bar-views" }, views.see, views.train), projector.address, buttons, address.said);
  document.documentElement.dataset.theme = linked.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  document.body.replaceChildren(bar, main);

  const [wasm, file, sampleFile] = await Promise.all([getBytes("lenet.wasm"), getBytes("network.bin"), getBytes("samples.bin")]);
  kernels = await loadKernels(wasm.slice(0));
  const bundled = readNetwork(file);
  network = kernels.network(bundled.architecture, bundled.parameters);
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

  /** The 28x28 of what is on the board; null if it is blank. */
  function normalize() {
    if (board.image()) return board.image();
    return board.ink().some((value) => value > 0) ? kernels.normalize(board.ink(), SIDE, SIDE) : null;
  }

  function readSoon() {
    if (!kernels) return; // what is drawn before is read when they are there
    if (!waiting) requestAnimationFrame(read);
    waiting = true;
  }

  function read() {
    waiting = false;
    digit = normalize();
    if (training) {
      if (digit) train?.watch(digit);
      return;
    }
    const image = digit ? (below?.change.apply(digit) ?? digit) : new Uint8Array(784);
    const trace = network.trace(image);
    // what a network in pieces answers was never measured: no confidence
    show(trace, null, bundled.architecture.output === "linear", calibration(), judge?.penalties(image));
    below?.unit.show(trace);
    below?.change.show(digit, trace.f6);
    if (!digit) answers.forEach((one) => one.blank());
  }

  /** null where a confidence would mean nothing. */
  function calibration() {
    const ready = whole && facts.calibration && (judge || facts.calibration.judge === null);
    return ready ? facts.calibration : null;
  }

  /** The answers to several inputs, and whether they are sure. */
  function readAll(inputs) {
    const penalties = network.penalties(inputs);
    const judged = calibration() && judge?.penalties(inputs);
    return Array.from({ length: penalties.length / facts.labels.length }, (_, n) => {
      const row = penalties.subarray(facts.labels.length * n, facts.labels.length * (n + 1));
      const [first] = rank(row);
      const of = judged?.subarray(JUDGED * n, JUDGED * (n + 1));
      const sure = !calibration() || decide(weigh(row, of, calibration()), first, calibration().sure).verdict === "digit";
      return { label: facts.labels[first], sure };
    });
  }

  /** Show the states of a network; a linear output has no distances. */
  function show(trace, frozen, linear, calibration = null, judged = null) {
    layers.show(trace);
    f6.show(trace.f6, frozen);
    codes.show(trace.output, linear);
    for (const one of answers) one.show(trace.output, linear, judged, calibration);
  }

  /** The judge comes when the first answer is there. */
  async function loadJudge() {
    if (!facts.calibration?.judge) return;
    const { architecture, parameters } = readNetwork(await getBytes("judge.bin"), JUDGED);
    judge = kernels.network(architecture, parameters);
    if (!training) read();
  }

  /** So does what is below the codes. */
  function loadSee() {
    const isCut = (is) => (whole = !is);
    const light = (chosen, terms) => {
      layers.light(chosen, terms);
      address.note();
    };
    const page = { facts, bundled, kernels, network, answer: answers[1].root, light, read, soon: readSoon, readAll, isCut };
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

  function switchLanguage() {
    setLanguage(language === "zh" ? "en" : "zh");
  }

  async function setLanguage(wanted) {
    language = wanted;
    all[language] ??= await getJson(`texts.${language}.json`);
    document.documentElement.lang = language === "zh" ? "zh-CN" : language;
    setTexts(all[language]);
    showLanguage();
    address.note();
  }

  function showLanguage() {
    const next = language === "zh" ? "en" : "zh";
    other.textContent = LANGUAGES[next];
    other.lang = next;
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
    const given = { lang: language, theme: document.documentElement.dataset.theme };
    const state = { view, unit: view === "see" ? (below?.unit.get() ?? null) : null, given };
    if (projector.isOn()) given.show = "projector";
    if (!all) return state;
    if (board.image() && board.image() === sample?.image) given.digit = sample.k;
    if (!board.image() && board.strokes().length) given.ink = board.strokes();
    const change = below?.change.get() ?? {};
    const said = Object.entries(change).filter(([name, value]) => (name === "x" || name === "y" ? change.cover : value));
    Object.assign(given, Object.fromEntries(said));
    if (below?.wires?.get().length) given.cut = below.wires.get();
    return state;
  }

  /** Show what an address says. A link never starts a training, and it loads nothing. */
  async function openLink(state) {
    const { lang, theme: wanted, show: mode, digit: number, ink, cut, ...changes } = state.given;
    showView(state.view);
    if (lang && lang !== language) await setLanguage(lang);
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

  function showView(name) {
    view = name;
    for (const [key, link] of Object.entries(views)) {
      if (key === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    trainRoot.hidden = name !== "train";
    seeRoot.hidden = name !== "see";
    if (name === "train") below?.unit.close();
    if (name === "train") openTrain();
    if (name === "see") {
      training = false;
      read();
    }
  }

  /** The view comes when the first answer is there. */
  const loadTrain = () => (opening ??= prepareTrainer().then(() => import("./train.mjs")));

  async function openTrain() {
    const { mountTrain } = await loadTrain();
    train ??= mountTrain(trainRoot, host);
  }

  const host = {
    lessons: facts.lessons, digits: facts.digits, spawn: spawnTrainer, showTrace,
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
    else if (event.key === "Escape" && projector.isOn()) projector.set(false);
  });
  showLanguage();
  codes.redraw();
  if (!board.ink().includes(255)) showSample(3);
  address.open();
  (globalThis.requestIdleCallback ?? setTimeout)(() => {
    loadSee();
    loadTrain();
    loadJudge().catch(() => {}); // without it the answer stands, without a confidence
  });
}

start().catch((error) => {
  const words = "The page could not be loaded. Load it again; it needs Chrome 91, Firefox 114, Safari 16.4 or newer. 页面无法加载。";
  document.body.append(h("p", { role: "alert" }, `${words} (${error.message})`));
});
