// The layers between the board and F6: every map, all on one scale.
import { drawCells } from "./cells.mjs";
import { h } from "./h.mjs";
import { t } from "./say.mjs";

// name, maps, side, columns of maps, CSS pixels of a cell
const LAYERS = [
  ["input", 1, 32, 1, 3], ["c1", 6, 28, 2, 3], ["s2", 6, 14, 2, 4], ["c3", 16, 10, 4, 4], ["s4", 16, 5, 4, 6],
];
const C5 = { columns: 10, side: 7 };

/** @returns {{root: HTMLElement, show: (trace: object) => void}} @param {number} amplitude the greatest state */
export function makeLayers(amplitude) {
  const root = h("section", { class: "layers" });
  const canvases = {};
  for (const [name, maps, side, columns] of LAYERS) {
    canvases[name] = Array.from({ length: maps }, () => h("canvas", { "aria-hidden": "true" }));
    const grid = h("div", { class: "maps" }, ...canvases[name]);
    grid.style.gridTemplateColumns = `repeat(${columns}, auto)`;
    const size = t(h("p"), maps > 1 ? "page.maps" : "page.one_map", { maps, side });
    root.append(h("div", { class: "layer" }, h("h2", {}, name === "input" ? t(h("span"), "page.input") : name.toUpperCase()), size, grid));
  }
  canvases.c5 = h("canvas", { "aria-hidden": "true" });
  root.append(h("div", { class: "layer" }, h("h2", {}, "C5"), t(h("p"), "page.units", { units: 120 }), canvases.c5));

  return {
    root,
    show(trace) {
      for (const [name, , side, , cell] of LAYERS)
        canvases[name].forEach((canvas, map) => {
          const states = trace[name].subarray(map * side * side, (map + 1) * side * side);
          drawCells(canvas, states, side, cell, name === "input" ? 1.175 : amplitude);
        });
      drawCells(canvases.c5, trace.c5, C5.columns, C5.side, amplitude);
    },
  };
}
