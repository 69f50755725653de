// The answer with its doubt, in large letters, and said aloud when the pen rests.
import { decide, weigh } from "./doubt.mjs";
import { h } from "./h.mjs";
import { t } from "./say.mjs";

const REST = 700; // ms until a screen reader is told
const MOST = 0.999; // no estimate is certain

/** The best two of some penalties. @param {ArrayLike<number>} penalties @returns {number[]} */
export function rank(penalties) {
  return Array.from(penalties, (_, k) => k).sort((a, b) => penalties[a] - penalties[b]).slice(0, 2);
}

/**
 * @param {string[]} labels
 * @param {boolean} silent whether another one is said aloud
 * @returns {{root: HTMLElement, blank: () => void,
 *   show: (penalties: Float32Array, linear: boolean, judged: Float32Array | null, calibration: object | null,
 *   others?: number) => void}} `others`: marks in the picture beside the one that was read;
 *   without a calibration the answer has no confidence
 */
export function makeAnswer(labels, silent = false) {
  const answer = h("p", { class: silent ? "answer-small" : "answer" });
  const doubt = h("p", { class: silent ? "quiet" : "doubt" });
  const aloud = h("p", { class: "unseen", role: "status" });
  let timer = 0;

  /** At rest, and never twice the same. */
  function announce() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const words = [answer.textContent, doubt.textContent].filter(Boolean).join(", ");
      if (aloud.textContent !== words) aloud.textContent = words;
    }, REST);
  }

  function write(key, values, doubtKey = null, doubtValues = {}) {
    t(answer, key, values);
    t(doubt, doubtKey, doubtValues);
    if (!silent) announce();
  }

  return {
    root: h("div", {}, answer, doubt, ...(silent ? [] : [aloud])),
    blank: () => write("page.blank"),
    show(penalties, linear, judged, calibration, others = 0) {
      const [first, second] = rank(penalties);
      const label = labels[first];
      const values = { label, second: labels[second] };
      if (!calibration || (calibration.judge !== null && !judged)) {
        if (linear) write("page.answer_linear", values);
        else write("page.answer", { label, distance: penalties[first].toFixed(1) });
        return;
      }
      const { confidence, verdict, reason } = decide(weigh(penalties, judged, calibration), first, calibration.sure, others);
      const percent = `${(100 * Math.min(confidence, MOST)).toFixed(1)}%`;
      if (verdict === "none") write("doubt.read_none", values, `doubt.${reason}`, values);
      else if (reason) write("doubt.read_unsure", values, "page_see.why_confidence", { reason: [`doubt.${reason}`, values], percent });
      else write("doubt.read_digit", values, "page_see.confidence", { percent });
    },
  };
}
