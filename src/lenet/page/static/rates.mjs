// The same training at several rates side by side, with the verdicts of `lenet rates` and the errors of each.
import { Curve } from "./curve.mjs";
import { h } from "./h.mjs";
import { t } from "./say.mjs";
import { chooseRates, decomposeJumps, group, judgeLosses } from "./verdict.mjs";

const text = (tag, key, values, attributes = {}) => t(h(tag, attributes), key, values);
const AXIS = { low: 0.05, high: 15 }; // the same for all rates
const CHANCE = 90; // percent of ten digits that a guess misreads
const BEST = {
  oscillates: "page_train.rates_best_oscillates",
  smooth: "page_train.rates_best_smooth",
  crawls: "page_train.rates_best_crawls",
  diverges: "page_train.rates_best_diverges",
};
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
      return judged.verdict;
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
  const said = h("p", { class: "train-rates-said", role: "status" });
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
    said,
  );
  const every = () => (sparse.checked ? SPARSE : 1);
  let [open, done] = [[], []];

  function redraw() {
    for (const { trial, compared } of done) {
      trial.draw(every());
      trial.judge(compared, limits, every());
    }
  }

  /** The rate to take: the fewest errors on new digits and, of equals, a loss that falls smoothly. */
  function recommend() {
    const errors = done.map(({ compared }) => [(100 * compared.errors) / compared.count]);
    const good = chooseRates(errors, CHANCE, limits).map((number) => done[number]);
    const best = good.find(({ verdict }) => verdict === "smooth") ?? good[0];
    if (!best) return t(said, "page_train.rates_none");
    return t(said, BEST[best.verdict], { rate: best.rate, errors: group(best.compared.errors), count: group(best.compared.count) });
  }

  async function compare() {
    close();
    t(said, null);
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
          const verdict = trial.judge(message, limits, every());
          done.push({ trial, compared: message, verdict, rate: rates[k] });
        }
        if (!["compared", "died", "failed"].includes(message.did)) return;
        session.close();
        if (--left > 0) return;
        run.disabled = false;
        if (done.length) recommend();
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
