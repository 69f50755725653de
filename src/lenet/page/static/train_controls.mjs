// The controls of a training: start and pause, rate, batch, method, network, a guess beforehand.
import { h } from "./h.mjs";
import { t } from "./say.mjs";
import { group, shorten } from "./verdict.mjs";

const text = (tag, key, values, attributes = {}) => t(h(tag, attributes), key, values);
const RATES = { usual: [-3, 0], old: [-6, -2] }; // powers of ten at the slider's ends
const NETWORKS = { original: "page_train.original", full: "page_train.full", modern: "page_train.modern" };
const METHODS = { sgd: "page_train.sgd", momentum: "page_train.momentum", old: "page_train.old" };
const GUESSES = [0.02, 0.07, 0.2, 0.7, 0.9]; // shares of the new digits

/** A labelled group of radio buttons. */
function makeChoice(name, key, options, choose) {
  const inputs = options.map(({ value }) => h("input", { type: "radio", name, value, onchange: () => choose(value) }));
  const labels = options.map(({ words }, k) => h("label", { class: "choice" }, inputs[k], words));
  const root = h("fieldset", { class: "train-choice" }, text("legend", key), ...labels);
  return { root, show: (value) => inputs.forEach((input) => (input.checked = input.value === String(value))) };
}

/**
 * @param {import("./training.mjs").Training} training
 * @param {{press: () => void, again: (seed: number) => void, anew: () => void, move: () => void}} actions
 * @returns {{root: HTMLElement, update: (size: number | null) => void}}
 */
export function makeControls(training, actions) {
  const { lessons } = training.host;
  const start = h("button", { type: "button", class: "start", onclick: actions.press });
  const again = text("button", "page_train.again", {}, { type: "button", onclick: () => actions.again(training.choice.seed) });
  const another = text("button", "page_train.another", {}, { type: "button", onclick: () => actions.again(training.choice.seed + 1) });
  const seed = h("span", { class: "quiet" });
  const output = h("output", {});
  const slider = h("input", { type: "range", step: 0.01, id: "train-rate", oninput: () => choose({ rate: 10 ** slider.value }) });
  const rate = h("div", { class: "train-rate" }, text("label", "page_train.rate", {}, { for: "train-rate" }), slider, output);

  function choose(changes) {
    if (changes.rate) changes.rate = Number(changes.rate.toPrecision(2));
    if (training.set(changes) && training.phase !== "idle") actions.anew();
    else if (changes.rate) actions.move();
  }
  const batch = makeChoice(
    "train-batch", "page_train.batch", lessons.batches.map((value) => ({ value, words: String(value) })),
    (value) => choose({ batch: value }),
  );
  const method = makeChoice(
    "train-method", "page_train.method",
    Object.entries(METHODS).map(([value, key]) => ({ value, words: text("span", key, { momentum: lessons.momentum }) })),
    (value) => choose({ method: value }),
  );
  const network = makeChoice(
    "train-network", "page_train.network",
    Object.entries(NETWORKS).map(([value, key]) => ({ value, words: text("span", key) })),
    (value) => choose({ network: value }),
  );
  const more = h("div", { class: "train-choices" }, batch.root, method.root, network.root, text("p", "page_train.anew", {}, { class: "quiet" }));
  const root = h("div", { class: "train-controls" }, h("div", { class: "train-buttons" }, start, again, another, seed), rate, more);

  return {
    root,
    /** What is trained, in words: for the table of errors. */
    describe() {
      const { choice } = training;
      const words = [text("span", NETWORKS[choice.network]), text("span", METHODS[choice.method], { momentum: lessons.momentum })];
      const numbers = [text("span", "page_train.batch_is", { batch: choice.batch }), text("span", "page_train.seed", { seed: choice.seed })];
      return [...words, ...numbers];
    },
    update(size) {
      const { phase, choice } = training;
      const keys = {
        idle: size ? "page_train.start_size" : "page_train.start",
        loading: "page_train.loading",
        running: "page_train.pause",
      };
      t(start, keys[phase] ?? "page_train.resume", { size });
      start.disabled = phase === "loading";
      again.disabled = another.disabled = phase === "idle" || phase === "loading";
      t(seed, "page_train.seed", { seed: choice.seed });
      const [least, most] = RATES[choice.method === "old" ? "old" : "usual"];
      Object.assign(slider, { min: least, max: most });
      slider.value = Math.log10(choice.rate);
      output.textContent = shorten(choice.rate);
      slider.setAttribute("aria-valuetext", shorten(choice.rate));
      batch.show(choice.batch);
      method.show(choice.method);
      network.show(choice.network);
      batch.root.disabled = choice.method === "old"; // it learns from one digit at a time
    },
  };
}

/**
 * A guess before the first start: how many new digits will be misread?
 * @returns {{root: HTMLElement, offer: (count: number) => void, close: () => void, compare: (errors: number) => void}}
 */
export function makeGuess() {
  const root = h("div", { class: "train-guess", hidden: true });
  let guess = null;
  return {
    root,
    offer(count) {
      const choices = GUESSES.map((share) => Math.round(share * count));
      const buttons = choices.map((one) => h("button", { type: "button", "aria-pressed": "false" }, group(one)));
      for (const [k, button] of buttons.entries())
        button.addEventListener("click", () => {
          guess = choices[k];
          for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
        });
      root.replaceChildren(text("span", "page_train.guess", { count: group(count) }), ...buttons);
      root.hidden = false;
    },
    /** The first start: who has not guessed has skipped it. */
    close: () => (root.hidden ||= guess === null),
    /** After the first epoch guess and count stand side by side. */
    compare(errors) {
      root.hidden = guess === null;
      if (guess !== null) root.replaceChildren(text("span", "page_train.guessed", { guess: group(guess), errors: group(errors) }));
      guess = null;
    },
  };
}
