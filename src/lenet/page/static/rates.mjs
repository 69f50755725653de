// The same training at several rates side by side, with the verdicts of `lenet rates` and the errors of each.
import { Curve } from "./curve.mjs";
import { h } from "./h.mjs";
import { t } from "./say.mjs";
import { decomposeJumps, group, judgeLosses } from "./verdict.mjs";

const text = (tag, key, values, attributes = {}) => t(h(tag, attributes), key, values);
const AXIS = { low: 0.05, high: 15 }; // the same for all rates
const SPARSE = 10; // every how many losses are drawn, if not all

/** One rate: its curve, its verdict, its errors. */
function makeTrial(rate, guess) {
  const canvas = h("canvas", { class: "train-trial", "aria-hidden": "true" });
  const verdict = h("strong", {});
  const [reason, errors, shares] = ["p", "p", "p"].map((tag) => h(tag));
  const head = h("h4", {}, text("span", "page_train.rates_trial", { rate }), " ", verdict);
  const root = h("article", { class: "train-rate-trial" }, head, canvas, errors, reason, shares);
  const curve = new Curve(canvas, guess, AXIS);
  const all = { losses: [], frozen: [] };

  function draw(every) {
    const drawn = all.losses.filter((_, step) => (step + 1) % every === 0).filter(Number.isFinite);
    curve.medians = []; // the same training, drawn anew
    curve.restart(Math.max(1, Math.floor(curve.steps / every)));
    curve.push(drawn);
    curve.draw();
  }
  return {
    root,
    add({ losses, frozen, steps }, every) {
      all.losses.push(...losses);
      all.frozen.push(...frozen);
      curve.steps = steps ?? curve.steps;
      draw(every);
    },
    draw,
    /** The end: verdict, reason and causes, and how many new digits are misread. */
    judge(compared, limits, every) {
      const { losses } = all;
      const frozen = all.frozen.slice(0, losses.length - 1);
      const judged = judgeLosses(losses, guess, limits, frozen);
      const percent = (share) => String(Math.round(100 * share));
      const { samplingNoise, stepSize, tooFewPoints } = decomposeJumps(losses, frozen, every);
      t(verdict, `verdict.${judged.verdict}`);
      t(reason, `reason.${judged.cause}`, judged.values);
      t(errors, "page_train.rates_errors", { errors: group(compared.errors), count: group(compared.count) });
      t(shares, "page_train.rates_shares", { noise: percent(samplingNoise), step: percent(stepSize), few: percent(tooFewPoints) });
    },
  };
}

/**
 * @param {import("./training.mjs").Training} training
 * @returns {{root: HTMLElement, close: () => void}}
 */
export function makeRates(training) {
  const { rates: settings, limits } = training.host.lessons;
  const guess = Math.log(10);
  const own = h("input", { type: "number", id: "train-own-rate", min: 0.0001, max: 10, step: "any", value: 0.05 });
  const sparse = h("input", { type: "checkbox", id: "train-sparse", onchange: () => redraw() });
  const run = text("button", "page_train.rates_run", {}, { type: "button", onclick: () => compare() });
  const trials = h("div", { class: "train-trials" });
  const intro = { images: group(settings.limit), epochs: settings.epochs, batch: settings.batch };
  const root = h(
    "section", { class: "train-rates" },
    text("h3", "page_train.rates"), text("p", "page_train.rates_intro", intro),
    h(
      "div", { class: "train-buttons" },
      text("label", "page_train.rates_own", {}, { for: "train-own-rate" }), own, run,
      h("label", { for: "train-sparse" }, sparse, text("span", "page_train.rates_every")),
    ),
    trials,
  );
  const every = () => (sparse.checked ? SPARSE : 1);
  let [open, done] = [[], []];

  function redraw() {
    for (const { trial, compared } of done) {
      trial.draw(every());
      trial.judge(compared, limits, every());
    }
  }

  async function compare() {
    close();
    run.disabled = true;
    done = [];
    const rates = [...new Set([...settings.rates, Number(own.value)])].filter((rate) => rate > 0 && rate <= 10);
    const made = rates.map((rate) => makeTrial(rate, guess));
    trials.replaceChildren(...made.map((trial) => trial.root));
    const { architecture, seed } = training.settings;
    let left = rates.length;
    for (const [k, trial] of made.entries()) {
      const session = await training.openBeside((message) => {
        if (message.did === "tried") trial.add(message, every());
        if (message.did === "compared") {
          trial.judge(message, limits, every());
          done.push({ trial, compared: message });
        }
        if (!["compared", "died", "failed"].includes(message.did)) return;
        session.close();
        if (--left === 0) run.disabled = false;
      });
      open.push(session);
      session.send("compare", { settings: { architecture, seed, rate: rates[k], ...settings } });
    }
  }

  function close() {
    for (const session of open) session.close();
    open = [];
    run.disabled = false;
  }
  return { root, close };
}
