// How a loss developed, why it jumped, and which rate to take: training/verdicts.py, diagnosis.py and
// rates/choice.py, with their limits from facts.json.

/** The mean of a list; the median of a list. */
export const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

export function median(numbers) {
  const sorted = Float64Array.from(numbers).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A number with three digits at most, as Python's format ".3g" for numbers from 0.0001 to 999. */
export const shorten = (number) => String(Number(number.toPrecision(3)));

/** A whole number with commas between thousands, as in all texts. */
export const group = (number) => number.toLocaleString("en-US");

/**
 * Means over stretches, so that no point stands for a handful of images and there are about 200.
 * @param {ArrayLike<number>} losses of each step
 * @param {number} batch images a step
 * @param {object} limits of facts.json: `points`, `quiet`
 * @returns {Float64Array}
 */
export function thinLosses(losses, batch, { points, quiet }) {
  const length = Math.max(1, Math.floor(losses.length / points), Math.ceil(quiet / batch));
  return Float64Array.from({ length: Math.floor(losses.length / length) }, (_, at) =>
    mean(Array.from(losses.slice(at * length, (at + 1) * length))),
  );
}

/** What each update cost the next batch; 0 where its loss fell. */
function findCosts(losses, frozen) {
  return frozen.map((before, step) => Math.max(losses[step + 1] - before, 0));
}

const square = (numbers) => numbers.reduce((sum, number) => sum + number * number, 0);

/** The share of the squared jumps between drawn losses that vanishes with means over `every` losses. */
function measureOmission(losses, every) {
  const count = Math.floor(losses.length / every);
  if (every === 1 || count < 2) return 0;
  const stretches = Array.from({ length: count }, (_, k) => losses.slice(k * every, (k + 1) * every));
  const jumps = (points) => square(points.slice(1).map((point, k) => point - points[k]));
  const drawn = jumps(stretches.map((stretch) => stretch[every - 1]));
  return drawn ? Math.max(0, 1 - jumps(stretches.map(mean)) / drawn) : 0;
}

/**
 * The share of each cause in the jumps of a drawn loss: `decompose_jumps`.
 * @param {number[]} losses loss of each step's batch, before its update
 * @param {number[]} frozen loss of the next step's batch, before this step's update
 * @param {number} every every how many steps the loss is drawn
 * @returns {{samplingNoise: number, stepSize: number, tooFewPoints: number}} they add up to 1
 */
export function decomposeJumps(losses, frozen, every = 1) {
  const finite = frozen.every((before, step) => Number.isFinite(before) && Number.isFinite(losses[step + 1]));
  if (!finite) return { samplingNoise: 0, stepSize: 1, tooFewPoints: 0 }; // an update led out of the numbers
  const rises = 2 * square(findCosts(losses, frozen));
  const noise = square(frozen.map((before, step) => before - losses[step]));
  const step = rises + noise ? rises / (rises + noise) : 0;
  const few = measureOmission(losses, every);
  return { samplingNoise: (1 - few) * (1 - step), stepSize: (1 - few) * step, tooFewPoints: few };
}

/** The median of the last eighth of the losses. */
export function findEnd(losses) {
  return median(losses.slice(-Math.max(1, Math.floor(losses.length / 8))));
}

/** The largest increase of a loss above the median of the losses before it. */
function findRise(losses, lookBack) {
  let rise = losses.length > 1 ? -Infinity : 0;
  for (let at = 1; at < losses.length; at++)
    rise = Math.max(rise, losses[at] - median(losses.slice(Math.max(0, at - lookBack), at)));
  return rise;
}

/**
 * The verdict on a loss: `judge_losses`.
 * @param {ArrayLike<number>} given loss of each step, in order
 * @param {number} guess the loss of a constant answer: log(classes) for cross-entropy
 * @param {object} limits of facts.json: those of training/verdicts.py
 * @param {number[] | null} frozen as for `decomposeJumps`; null to look for increases in the losses themselves
 * @returns {{verdict: string, cause: string, values: object}} keys of `verdict.*` and `reason.*`, and its values
 */
export function judgeLosses(given, guess, limits, frozen = null) {
  const losses = Array.from(given);
  const bad = losses.findIndex((loss) => !Number.isFinite(loss));
  if (bad >= 0) return { verdict: "diverges", cause: "not_finite", values: { step: bad + 1 } };
  const [start, end] = [mean(losses.slice(0, Math.floor(losses.length / 20) + 1)), findEnd(losses)];
  const little = end > limits.crawling * Math.min(start, guess);
  let [rise, thrown, jumps] = [0, false, false];
  if (frozen) {
    const costs = findCosts(losses, frozen);
    rise = Math.max(0, ...costs);
    thrown = rise > limits.cost * guess;
    const overshoots = Math.sqrt(square(costs) / costs.length) > limits.overshoot * guess;
    jumps = overshoots && decomposeJumps(losses, frozen).stepSize > limits.stepShare;
  } else {
    rise = findRise(losses, limits.lookBack);
    thrown = rise > limits.thrown * guess;
    jumps = thrown || (rise > limits.jump * guess && !little);
  }
  const values = { start: start.toFixed(2), end: end.toFixed(2), rise: shorten(rise), guess: guess.toFixed(2) };
  if (thrown && end > limits.knowsNothing * guess) return { verdict: "diverges", cause: "thrown", values };
  if (jumps) return { verdict: "oscillates", cause: "overshoots", values };
  if (little) return { verdict: "crawls", cause: "hardly_moved", values };
  return { verdict: "smooth", cause: "falls", values };
}

/**
 * Which learning rate to take, by its errors on new digits: `choose_rates`.
 * @param {number[][]} errors for each rate the error of each seed, in percent
 * @param {number} chance the error of a guess, in percent
 * @param {object} limits of facts.json: `ignorant`, `doubt`
 * @returns {number[]} the number of the best rate, then of those that the seeds do not show to be worse
 */
export function chooseRates(errors, chance, { ignorant, doubt }) {
  const means = errors.map(mean);
  const best = means.indexOf(Math.min(...means));
  if (means[best] >= ignorant * chance) return [];
  const seeds = errors[best].length;
  const close = errors.map((row) => {
    const behind = row.map((error, seed) => error - errors[best][seed]);
    const spread = seeds > 1 ? Math.sqrt(square(behind.map((one) => one - mean(behind))) / (seeds - 1)) : 0;
    return mean(behind) <= (doubt * spread) / Math.sqrt(seeds);
  });
  return [best, ...[...errors.keys()].filter((number) => close[number] && number !== best)];
}
