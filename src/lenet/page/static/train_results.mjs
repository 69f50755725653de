// What a training has come to: errors of each epoch, misread digits, the confusion matrix.
import { drawDigit } from "./cells.mjs";
import { h } from "./h.mjs";
import { t } from "./say.mjs";
import { group } from "./verdict.mjs";

const text = (tag, key, values, attributes = {}) => t(h(tag, attributes), key, values);
const KEPT = 4; // trainings in the table, to compare them
const CELL = 2; // CSS pixels of a digit's pixel

/** A count of errors as a sentence's values. */
export const describeErrors = ({ errors, count }) => ({ errors: group(errors), count: group(count), percent: ((100 * errors) / count).toFixed(2) });

/**
 * The results below the curve.
 * @param {(image: Uint8Array) => void} putDigit puts a digit on the board
 * @returns {{root: HTMLElement, restart: (name: Node[]) => void, show: (measured: object, fresh: object, loss: number) => void}}
 */
export function makeResults(putDigit) {
  const sentence = h("p", { class: "train-result" });
  let rows = h("tbody");
  const heads = [
    "page_train.epoch_column", "page_train.step_column", "page_train.loss_column", "page_train.errors_column",
    "page_train.frozen_column",
  ];
  const history = h(
    "table", {},
    text("caption", "page_train.history", {}, { id: "train-history" }),
    h("thead", {}, h("tr", {}, heads.map((key) => text("th", key, {}, { scope: "col" })))),
  );
  const misreadHead = text("h3", "page_train.misread");
  const misread = h("ul", { class: "train-misread" });
  const confusion = h("table", { class: "train-confusion" });
  const details = h("div", { class: "train-details", hidden: true }, misreadHead, misread, h("div", { class: "train-tables", tabindex: 0, role: "group", "aria-labelledby": "train-history" }, history, confusion));
  const root = h("section", {}, sentence, details);

  function showMisread(found, fresh) {
    t(misreadHead, found.length ? "page_train.misread" : "page_train.nothing_misread");
    misread.replaceChildren(
      ...found.map(({ index, label, answer }) => {
        const image = fresh.images.slice(index * 784, (index + 1) * 784);
        const canvas = h("canvas", { "aria-hidden": "true" });
        const caption = text("span", "page_train.misread_one", { label, answer: answer < 0 ? "–" : answer });
        const one = h("li", {}, h("button", { type: "button", onclick: () => putDigit(image, label) }, canvas, caption));
        requestAnimationFrame(() => drawDigit(canvas, image, CELL));
        return one;
      }),
    );
  }

  function showConfusion(counts) {
    const digits = Array.from({ length: 10 }, (_, digit) => digit);
    const row = (label) => {
      const cells = digits.map((answer) => {
        const count = counts[10 * label + answer];
        return h("td", { class: answer === label ? "right" : count ? "wrong" : "none" }, String(count));
      });
      return h("tr", {}, h("th", { scope: "row" }, String(label)), ...cells);
    };
    confusion.replaceChildren(
      text("caption", "page_train.confusion"),
      h("thead", {}, h("tr", {}, h("td"), ...digits.map((digit) => h("th", { scope: "col" }, String(digit))))),
      h("tbody", {}, ...digits.map(row)),
    );
  }

  return {
    root,
    /** Another training begins. @param {Node[]} name of what it is */
    restart(name) {
      rows = h("tbody", {}, h("tr", {}, h("th", { colspan: heads.length, scope: "rowgroup", class: "train-run" }, ...name)));
      t(sentence, null);
      details.hidden = true;
    },
    show(measured, fresh, loss) {
      const { epoch, steps, frozen } = measured;
      const values = describeErrors(measured);
      const whole = rows.dataset.epoch !== String(epoch) && epoch > 0;
      rows.dataset.epoch = epoch;
      t(sentence, whole ? "page_train.result" : "page_train.result_step", { ...values, epoch, step: steps });
      const cells = [epoch, steps, loss.toFixed(3), `${values.errors} (${values.percent}%)`, frozen.filter(Boolean).length];
      history.append(rows); // at its first row
      while (history.tBodies.length > KEPT) history.tBodies[0].remove();
      rows.append(h("tr", {}, ...cells.map((cell) => h("td", {}, String(cell)))));
      details.hidden = false;
      showMisread(measured.misread, fresh);
      showConfusion(measured.confusion);
    },
  };
}
