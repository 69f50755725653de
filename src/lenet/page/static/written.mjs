// What the network writes: F6 as a picture of 7x12, and how far it is from each of the ten codes.
import { crossOut, drawCells } from "./cells.mjs";
import { h } from "./h.mjs";
import { t } from "./say.mjs";

const COLUMNS = 7;
const LARGE = 28;
const SMALL = 6;

/** A picture of 7x12 numbers from -1, paper, to 1, ink. */
export function drawGlyph(canvas, values, side) {
  drawCells(canvas, Float32Array.from(values, (value) => Math.max(value + 1, 0)), COLUMNS, side, 2);
}

/** F6, large. @returns {{root: HTMLElement, show: (states: Float32Array, frozen: boolean[] | null) => void}} */
export function makeF6() {
  const canvas = h("canvas", { role: "img", "aria-labelledby": "f6-label" });
  const root = h("div", { class: "written" }, canvas);
  return {
    root,
    show(states, frozen) {
      drawGlyph(canvas, states, LARGE);
      if (frozen) crossOut(canvas, frozen, COLUMNS, LARGE);
    },
  };
}

/**
 * The ten codes with their distances.
 * @param {number[][]} codes 84 numbers each
 * @param {string[]} labels
 * @returns {{root: HTMLElement, show: (penalties: Float32Array, linear?: boolean) => number, redraw: () => void}} `show` gives the nearest
 */
export function makeCodes(codes, labels) {
  const items = codes.map((_, k) => {
    const parts = { canvas: h("canvas", { "aria-hidden": "true" }), distance: h("span"), nearest: h("span"), bar: h("i") };
    parts.root = h("li", {}, parts.canvas, h("b", {}, labels[k]), parts.distance, parts.nearest, h("div", { class: "far", "aria-hidden": "true" }, parts.bar));
    return parts;
  });
  const root = h(
    "section", { class: "codes" },
    t(h("h2"), "page.codes"), t(h("p", { class: "quiet" }), "page.codes_note"), h("ul", {}, ...items.map((item) => item.root)),
  );
  const write = (node, words) => node.textContent !== words && (node.textContent = words);
  let shown = null; // the nearest that is marked
  const redraw = () => items.forEach((item, k) => drawGlyph(item.canvas, codes[k], SMALL));
  return {
    root,
    redraw,
    show(penalties, linear = false) {
      const nearest = penalties.indexOf(Math.min(...penalties));
      const farthest = Math.max(...penalties, 1e-6);
      items.forEach((item, k) => {
        write(item.distance, Number.isFinite(penalties[k]) && !linear ? penalties[k].toFixed(1) : "–");
        item.bar.style.transform = `scaleX(${linear ? 0 : Math.max(penalties[k], 0) / farthest})`; // unlike a width it moves nothing else
        if (shown === nearest) return;
        t(item.nearest, k === nearest ? "page.nearest" : null);
        if (k === nearest) item.root.setAttribute("aria-current", "true");
        else item.root.removeAttribute("aria-current");
      });
      shown = nearest;
      return nearest;
    },
  };
}
