// The view "Train": from random weights to a network that reads, while her own digit is watched.
import { drawCells } from "./cells.mjs";
import { h } from "./h.mjs";
import { makeHand } from "./hand.mjs";
import { readNetwork, writeNetwork } from "./network_file.mjs";
import { makeRates } from "./rates.mjs";
import { Refusal } from "./refusal.mjs";
import { t } from "./say.mjs";
import { makeStory } from "./story.mjs";
import { makeControls, makeGuess } from "./train_controls.mjs";
import { makeCurve } from "./train_curve.mjs";
import { makeResults } from "./train_results.mjs";
import { Training, listNetworks } from "./training.mjs";
import { group, mean } from "./verdict.mjs";

const text = (tag, key, values, attributes = {}) => t(h(tag, attributes), key, values);
const KERNEL = 10; // CSS pixels of a weight
const PATIENCE = 300; // milliseconds between two verdicts

/** C1's kernels and S2's coefficients, as they are now. */
function makeKernels() {
  const canvases = Array.from({ length: 6 }, () => h("canvas", { width: 5 * KERNEL, height: 5 * KERNEL }));
  const bars = h("canvas", { width: 12 * KERNEL, height: 2 * KERNEL });
  const names = canvases.map((canvas, k) => h("li", {}, canvas, h("span", {}, String(k))));
  const second = h("div", {}, text("h3", "page_train.coefficients"), bars);
  const root = h("div", { class: "train-kernels" }, h("div", {}, text("h3", "page_train.kernels"), h("ul", { "aria-hidden": "true" }, ...names)), second);
  return {
    root,
    show({ c1, s2 }) {
      canvases.forEach((canvas, k) => drawCells(canvas, c1.subarray(25 * k, 25 * k + 25), 5, KERNEL, 0.6));
      second.hidden = !s2;
      if (s2) drawCells(bars, s2, 6, 2 * KERNEL, 1.2);
    },
  };
}

/** Let the browser save some bytes as a file. */
function download(bytes, name) {
  const link = h("a", { href: URL.createObjectURL(new Blob([bytes])), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/**
 * @param {HTMLElement} root
 * @param {object} host see `Training`; and `showTrace(trace, frozen, linear)`, `putDigit(image)`, `tell(what, values)`, `digits`: {name, train, fresh, size}
 * @returns {{update: () => void, destroy: () => void, watch: (image: Uint8Array) => void}}
 */
export function mountTrain(root, host) {
  const training = new Training(host, hear);
  const controls = makeControls(training, { press, again, anew, move });
  const guess = makeGuess();
  const curve = makeCurve();
  const results = makeResults(host.putDigit);
  const kernels = makeKernels();
  const story = makeStory(training, beginAct);
  const rates = makeRates(training);
  const hand = makeHand(training);
  const status = h("p", { class: "train-status", role: "status" });
  const [step, pace] = [h("span"), h("span")];
  const at = h("p", { class: "train-at quiet" }, step, pace);
  const frozen = h("p", { class: "train-frozen" });
  const file = h("input", { type: "file", accept: ".safetensors", id: "train-file", class: "unseen", onchange: openFile });
  const keep = h(
    "section", { class: "train-keep" }, text("h3", "page_train.keep"),
    text("button", "page_train.save", {}, { type: "button", onclick: () => training.session?.send("save") }),
    h("span", { class: "train-open" }, file, text("label", "page_train.open", {}, { for: "train-file", class: "button" })),
  );
  const { name, train, fresh, size } = host.digits ?? {};
  const source = host.digits ? text("p", name === "mnist" ? "page_train.digits_mnist" : "page_train.digits_digits", { train: group(train), fresh: group(fresh) }, { class: "quiet" }) : text("p", "page_train.no_digits");
  const parts = [controls.root, guess.root, status, h("div", { class: "train-stage" }, h("div", {}, curve.root, at, frozen), kernels.root)];
  const lessons = [results.root, story.root, rates.root, hand.root, keep];
  root.append(text("h2", "page_train.title"), text("p", "page_train.intro"), source, ...(host.digits ? [...parts, ...lessons] : []));
  let [speed, judged, shown] = [0, 0, false];

  async function start(plan = [], parameters = null) {
    shown = false;
    t(status, null);
    try {
      await training.begin(plan, parameters);
    } catch (error) {
      t(status, error.key ?? "page_file.digits", error.values);
    }
  }

  function press() {
    const { phase } = training;
    if (phase === "running") training.pause();
    else if (phase === "idle") {
      guess.close();
      start();
    } else training.resume();
  }

  function again(seed) {
    training.act = null;
    training.set({ seed });
    start();
  }

  function anew() {
    training.act = null;
    start();
  }

  /** She moved the rate herself. */
  function move() {
    if (!training.act) return;
    training.session?.send("forgetRates");
    story.hear("changed", { rate: training.choice.rate });
  }

  function beginAct(act) {
    const { story: settings, rate: calm } = host.lessons;
    training.set({ network: "original", method: "sgd", batch: settings.batch, seed: settings.seed, rate: settings.rates[act - 1] });
    training.act = act;
    start([{ at: settings.steps, rate: calm }, { at: 2 * settings.steps, stop: true }]);
  }

  async function openFile() {
    const [chosen] = file.files;
    file.value = "";
    if (!chosen) return;
    try {
      const { architecture, parameters } = readNetwork(await chosen.arrayBuffer());
      const same = ([, one]) => Object.keys(architecture).every((field) => one[field] === architecture[field]);
      const known = Object.entries(listNetworks(host.lessons)).find(same);
      if (!known) throw new Refusal("page_train.open_other");
      training.act = null;
      training.set({ network: known[0] });
      await start([], parameters);
      t(status, "page_train.opened", { name: chosen.name });
    } catch (error) {
      t(status, error.key ?? "page_file.header", error.values);
    }
  }

  /** Say what the loss did so far, but not at every step. */
  function judge(now) {
    if (performance.now() - judged < PATIENCE && !now) return;
    judged = performance.now();
    curve.judge(training.judge());
  }

  function showLook(look, flags = null) {
    kernels.show(look);
    host.showTrace(look.trace ?? null, flags, training.settings.architecture.output === "linear");
  }

  function hear(what, message = {}) {
    if (what === "restarted") {
      curve.restart(training.stepsPerEpoch * host.lessons.epochs, training.guess);
      results.restart(controls.describe());
      for (const node of [frozen, step, pace]) t(node, null);
      [speed, judged] = [0, 0];
      curve.judge(null);
    } else if (what === "advanced") {
      const now = (1000 * message.images) / message.milliseconds;
      speed = speed ? 0.9 * speed + 0.1 * now : now;
      curve.push(message.losses);
      judge(false);
      t(step, "page_train.at_step", { step: group(training.steps), epoch: training.epoch });
      t(pace, "page_train.speed", { rate: group(Math.round(speed)) });
    } else if (what === "measured") {
      results.show(message, training.digits.fresh, mean(training.losses.slice(-50)));
      if (!shown && message.epoch === 1) guess.compare(message.errors);
      shown ||= message.epoch >= 1;
      const count = message.frozen.filter(Boolean).length;
      t(frozen, count ? "page_train.frozen" : "page_train.frozen_none", { count, all: message.frozen.length });
      showLook(message.look, message.frozen);
    } else if (what === "diverged") {
      const lower = Number((message.rate / 10).toPrecision(1));
      t(status, "page_train.diverged", { step: message.step, lower });
      const retry = () => (training.set({ rate: lower }), start());
      status.append(" ", text("button", "page_train.retry", { lower }, { type: "button", onclick: retry }));
    } else if (what === "died" || what === "failed") t(status, "page_train.died", { epoch: training.epochs.length });
    else if (what === "saved") save(message);
    if (what === "finished") {
      judge(true);
      if (!training.act && training.phase === "finished") t(status, "page_train.finished", { epochs: host.lessons.epochs });
    } else if (what === "phase" && training.phase === "running") t(status, null);
    if (what === "setting" && training.steps) curve.mark(training.choice.rate);
    if (message.look && what !== "measured") showLook(message.look);
    host.tell?.(what, { ...message, act: training.act, end: 2 * host.lessons.story.steps });
    story.hear(what, message);
    hand.hear(what, message);
    update();
  }

  function save({ parameters, architecture }) {
    const labels = Array.from("0123456789");
    const card = { data: name, trained_in: "page", seed: training.choice.seed, steps: training.steps };
    const called = `lenet-${training.steps}-steps.safetensors`;
    download(writeNetwork({ architecture, labels, card, parameters }), called);
    t(status, "page_train.saved", { name: called });
  }

  function hide() {
    if (!document.hidden || training.phase !== "running") return;
    training.pause();
    t(status, "page_train.hidden");
  }
  const ask = (event) => training.phase === "running" && event.preventDefault();
  document.addEventListener("visibilitychange", hide);
  addEventListener("beforeunload", ask);

  function update() {
    controls.update(training.digits ? null : size);
  }
  if (host.digits) guess.offer(fresh);
  curve.restart(1, training.guess);
  update();
  return {
    update,
    watch: (image) => training.watch(image),
    destroy() {
      document.removeEventListener("visibilitychange", hide);
      removeEventListener("beforeunload", ask);
      curve.destroy();
      story.close();
      rates.close();
      training.close();
    },
  };
}
