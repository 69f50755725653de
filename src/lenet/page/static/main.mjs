// The page: board and F6 in every view, the layers or the training between and below them.
import { makeAnswer, rank } from "./answer.mjs";
import { makeBoard } from "./board.mjs";
import { readDigits } from "./digits.mjs";
import { decide, weigh } from "./doubt.mjs";
import { getBytes, getJson, prepareTrainer, spawnTrainer } from "./files.mjs";
import { h } from "./h.mjs";
import { SIDE } from "./ink.mjs";
import { loadKernels } from "./kernels.mjs";
import { makeLayers } from "./layers.mjs";
import { readNetwork } from "./network_file.mjs";
import { setTexts, t } from "./say.mjs";
import { makeUnit } from "./unit_view.mjs";
import { cutKernels, makeWires } from "./wires.mjs";
import { makeCodes, makeF6 } from "./written.mjs";

const JUDGED = 11; // the ten digits and what is none
const PIECE = 250; // digits between two looks at what she does
const LANGUAGES = { en: "English", zh: "中文" };
const text = (tag, key, values, attributes = {}) => t(h(tag, attributes), key, values);

async function start() {
  const all = {};
  let language = navigator.languages?.find((one) => one.slice(0, 2) in LANGUAGES)?.slice(0, 2) ?? "en";
  const [facts, texts] = await Promise.all([getJson("facts.json"), getJson(`texts.${language}.json`)]);
  all[language] = texts;
  setTexts(all[language]);
  document.documentElement.lang = language === "zh" ? "zh-CN" : language;

  let [kernels, network, judge, digit, waiting, opening, train, training, fresh] = [null, null, null, null, false, null, null, false, null];
  let [whole, change] = [true, null]; // no wire is cut; the demos are not there yet
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
  const bar = h("header", { class: "bar" }, h("strong", {}, "LeNet-5"), h("nav", { class: "bar-views" }, views.see, views.train), h("span", { class: "right" }, other, theme));
  const seeRoot = h("div", {});
  const trainRoot = h("section", { class: "view", hidden: true });
  const main = h("main", {}, text("h1", "page.headline"), h("div", { class: "stage" }, left, layers.root, right), codes.root, seeRoot, trainRoot);
  document.body.replaceChildren(bar, main);

  const [wasm, file, sampleFile] = await Promise.all([getBytes("lenet.wasm"), getBytes("network.bin"), getBytes("samples.bin")]);
  kernels = await loadKernels(wasm.slice(0));
  const bundled = readNetwork(file);
  network = kernels.network(bundled.architecture, bundled.parameters);
  const sampleDigits = await readDigits(sampleFile);

  const known = { table: facts.table, codes: facts.targets, activation: facts.activation };
  const unit = makeUnit({ ...bundled, ...known }, (chosen, terms) => layers.light(chosen, terms));
  const changeRoot = h("div");
  seeRoot.append(changeRoot, unit.root);
  if (bundled.architecture.connections === "table") {
    const cut = (wires) => {
      Object.assign(unit.network, { parameters: cutKernels(bundled.parameters, wires) });
      network.restart(unit.network.parameters);
      whole = wires.size === 0;
      read();
    };
    seeRoot.append(makeWires(facts.table, facts.digits ?? null, { cut, count: countErrors }).root);
  }

  /** How many new digits are misread, in pieces so that the page stays awake. */
  async function countErrors() {
    fresh ??= await readDigits(await getBytes("digits-new.bin"));
    let errors = 0;
    for (let from = 0; from < fresh.count; from += PIECE) {
      const penalties = network.penalties(fresh.images.subarray(784 * from, 784 * (from + PIECE)));
      for (let k = 0; k < penalties.length / 10; k++) {
        const row = penalties.subarray(10 * k, 10 * k + 10);
        errors += Number(row.indexOf(Math.min(...row)) !== fresh.labels[from + k]);
      }
      await new Promise((resolve) => setTimeout(resolve));
    }
    return errors;
  }

  function openUnit(chosen) {
    if (seeRoot.hidden) return;
    unit.open(chosen);
    unit.root.scrollIntoView({ block: "nearest" });
  }

  function showSample(k) {
    board.show(sampleDigits.images.slice(784 * k, 784 * (k + 1)));
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
    const image = digit ? (change?.apply(digit) ?? digit) : new Uint8Array(784);
    const trace = network.trace(image);
    // what a network in pieces answers was never measured: no confidence
    show(trace, null, bundled.architecture.output === "linear", calibration(), judge?.penalties(image));
    unit.show(trace);
    change?.show(digit, trace.f6);
    if (!digit) answers.forEach((one) => one.blank());
  }

  /** null where a confidence would mean nothing. */
  const calibration = () => (whole && facts.calibration && (judge || facts.calibration.judge === null) ? facts.calibration : null);

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

  /** So do the demos. */
  async function loadChange() {
    const { makeChange } = await import("./change_view.mjs");
    change = makeChange(facts.lessons.input, kernels, { answer: answers[1].root, changed: readSoon, read: readAll });
    changeRoot.append(change.root);
    if (!training) read();
  }

  /** The states of the network in training for her digit. */
  function showTrace(trace, frozen, linear) {
    if (!trace || trainRoot.hidden) return;
    training = true;
    show(trace, frozen, linear);
  }

  async function switchLanguage() {
    language = language === "zh" ? "en" : "zh";
    all[language] ??= await getJson(`texts.${language}.json`);
    document.documentElement.lang = language === "zh" ? "zh-CN" : language;
    setTexts(all[language]);
    showLanguage();
  }

  function showLanguage() {
    const next = language === "zh" ? "en" : "zh";
    other.textContent = LANGUAGES[next];
    other.lang = next;
  }

  function switchTheme() {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    board.redraw();
    codes.redraw();
    read();
  }

  function showView() {
    const name = location.hash.slice(1) === "train" ? "train" : "see";
    for (const [key, link] of Object.entries(views)) {
      if (key === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    trainRoot.hidden = name !== "train";
    seeRoot.hidden = name !== "see";
    if (name === "train") unit.close();
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
    const free = event.target === document.body || event.target.classList.contains("board");
    if (free && !event.ctrlKey && !event.altKey && !event.metaKey && /^[0-9]$/.test(event.key)) showSample(Number(event.key));
  });
  addEventListener("hashchange", showView);
  document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  showLanguage();
  codes.redraw();
  if (!board.ink().includes(255)) showSample(3);
  showView();
  (globalThis.requestIdleCallback ?? setTimeout)(() => {
    loadChange();
    loadTrain();
    loadJudge().catch(() => {}); // without it the answer stands, without a confidence
  });
}

start().catch((error) => {
  const words = "The page could not be loaded. Load it again; it needs Chrome 91, Firefox 114, Safari 16.4 or newer. 页面无法加载。";
  document.body.append(h("p", { role: "alert" }, `${words} (${error.message})`));
});
