// How far an answer can be trusted, as doubt.py says it. No DOM.

/** The logarithms of the softmax of some numbers. @param {number[]} logits */
export function takeLogs(logits) {
  const highest = Math.max(...logits);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  return logits.map((logit) => logit - highest - Math.log(sum));
}

/**
 * The probability of each of the ten classes, and of none of them.
 * @param {ArrayLike<number>} penalties of the network
 * @param {ArrayLike<number> | null} judged the judge's eleven penalties; null where it is not asked
 * @param {{temperature: number, judge: number | null, rubbish: number}} calibration
 * @returns {number[]} eleven; the last is 0 without the judge
 */
export function weigh(penalties, judged, { temperature, judge, rubbish }) {
  const logits = [...takeLogs(Array.from(penalties, (penalty) => -penalty / temperature)), -Infinity];
  if (judged && judge !== null) {
    const logs = takeLogs(Array.from(judged, (penalty) => -penalty / judge));
    logs.forEach((log, k) => (logits[k] = k < logs.length - 1 ? logits[k] + log : log + rubbish));
  }
  return takeLogs(logits).map(Math.exp);
}

/**
 * Whether an answer stands, and why not.
 * @param {number[]} probabilities from `weigh`
 * @param {number} label the network's answer
 * @param {number} sure the least confidence with which an answer stands
 * @param {number} others marks in the picture beside the one that was read
 * @returns {{confidence: number, verdict: "digit" | "unsure" | "none", reason: string | null}}
 */
export function decide(probabilities, label, sure, others = 0) {
  const [confidence, none] = [probabilities[label], probabilities[probabilities.length - 1]];
  const refused = confidence < sure;
  if (refused && none >= 0.5) return { confidence, verdict: "none", reason: "foreign" };
  if (others) return { confidence, verdict: "unsure", reason: "marks" };
  if (!refused) return { confidence, verdict: "digit", reason: null };
  const second = probabilities.slice(0, -1).sort((a, b) => b - a)[1];
  return { confidence, verdict: "unsure", reason: none > second ? "foreign" : "between" };
}
