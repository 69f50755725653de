// The loss curve with its axis, its read-out and what is said of it.
import { Curve } from "./curve.mjs";
import { h } from "./h.mjs";
import { t } from "./say.mjs";
import { findEnd, group, shorten } from "./verdict.mjs";

const VERDICTS = ["crawls", "smooth", "oscillates", "diverges"];

/**
 * A figure of a training's loss.
 * @returns {{root: HTMLElement, restart: Function, push: Function, mark: Function, judge: Function, resize: Function}}
 */
export function makeCurve() {
  const canvas = h("canvas", { class: "train-curve", role: "img", "aria-labelledby": "train-curve-label" });
  const axis = h("div", { class: "train-axis", "aria-hidden": "true" });
  const label = h("span", { id: "train-curve-label", class: "unseen" });
  const horizon = h("span");
  const unit = t(h("span"), "page_train.steps_axis");
  const steps = h("div", { class: "train-steps", "aria-hidden": "true" }, h("span", {}, "0"), unit, horizon);
  const readout = h("p", { class: "train-readout" });
  const words = VERDICTS.map((verdict) => t(h("li", { "data-verdict": verdict }), `verdict.${verdict}`));
  const reason = h("p", { class: "train-reason" });
  const caption = h("figcaption");
  const plot = h("div", { class: "train-plot" }, axis, canvas, label, steps);
  const verdict = h("ul", { class: "train-verdict" }, ...words);
  const root = h("figure", { class: "train-figure" }, plot, readout, verdict, reason, caption);
  const curve = new Curve(canvas, null);
  let waiting = false;

  function draw() {
    waiting = false;
    curve.draw();
    axis.replaceChildren(
      ...curve.listTicks().map(({ loss, at }) => {
        const tick = h("span", {}, String(loss));
        tick.style.top = `${100 * at}%`;
        return tick;
      }),
    );
    horizon.textContent = group(curve.horizon);
    const { losses } = curve;
    const [start, end] = losses.length ? [losses[0].toFixed(2), findEnd(losses).toFixed(2)] : [];
    t(label, losses.length ? "page_train.curve_label" : "page_train.curve_empty", { steps: losses.length, start, end });
  }

  /** Draw at the next frame, once however often it is asked for. */
  function drawSoon() {
    if (!waiting) requestAnimationFrame(draw);
    waiting = true;
  }

  canvas.addEventListener("pointermove", (event) => {
    const at = curve.read(event.offsetX);
    if (!at) t(readout, null);
    else t(readout, "page_train.readout", { step: at.step, loss: shorten(at.loss), median: shorten(at.median) });
  });
  canvas.addEventListener("pointerleave", () => t(readout, null));
  const observer = new ResizeObserver(drawSoon);
  observer.observe(canvas);

  return {
    root,
    /** @param {number} horizon steps @param {number | null} guess the loss of guessing, if there is such a level */
    restart(horizon, guess) {
      curve.guess = guess;
      curve.restart(horizon);
      t(caption, guess ? "page_train.curve_caption" : "page_train.curve_caption_old", { guess: guess?.toFixed(2) });
      drawSoon();
    },
    push(losses) {
      curve.push(losses);
      drawSoon();
    },
    /** A change of the rate, at the present step. */
    mark(rate) {
      curve.mark();
      t(readout, "page_train.rate_changed", { rate: shorten(rate), step: curve.losses.length + 1 });
    },
    /** Say what became of the loss. @param {{verdict: string, cause: string, values: object} | null} judged */
    judge(judged) {
      for (const word of words) {
        if (word.dataset.verdict === judged?.verdict) word.setAttribute("aria-current", "true");
        else word.removeAttribute("aria-current");
      }
      if (judged) t(reason, `reason.${judged.cause}`, judged.values);
      else t(reason, null);
    },
    redraw: drawSoon,
    destroy: () => observer.disconnect(),
  };
}
