// The layers between the board and F6: every map, all on one scale.
import { drawCells, drawOver, findColours } from "./cells.mjs";
import { h } from "./h.mjs";
import { t } from "./say.mjs";

// name, maps, side, columns of maps, CSS pixels of a cell
const LAYERS = [
  ["input", 1, 32, 1, 3], ["c1", 6, 28, 2, 3], ["s2", 6, 14, 2, 4], ["c3", 16, 10, 4, 4], ["s4", 16, 5, 4, 6],
];
const C5 = { columns: 10, side: 7 };

/**
 * @param {number} amplitude the greatest state
 * @param {(unit: object) => void} open is told which unit was pressed
 * @returns {{root: HTMLElement, show: (trace: object) => void, light: (unit: object | null, terms: object[]) => void}}
 */
export function makeLayers(amplitude, open) {
  const root = h("section", { class: "layers" });
  const canvases = {};
  let [marks, last] = [[], null];

  /** A window on a map: a line of ink with a rim of paper. */
  function mark({ layer, map, row, column, size }) {
    const found = LAYERS.find(([name]) => name === layer);
    const canvas = canvases[layer]?.[map];
    if (!found || !canvas) return;
    const cell = found[4];
    const over = drawOver(canvas);
    const { paper, ink } = findColours();
    for (const [strokeStyle, lineWidth] of [[paper, 4], [ink, 2]]) {
      Object.assign(over, { strokeStyle, lineWidth });
      over.strokeRect(column * cell, row * cell, size * cell, size * cell);
    }
  }

  function draw() {
    if (!last) return;
    for (const [name, , side, , cell] of LAYERS)
      canvases[name].forEach((canvas, map) => {
        const states = last[name].subarray(map * side * side, (map + 1) * side * side);
        drawCells(canvas, states, side, cell, name === "input" ? 1.175 : amplitude);
      });
    drawCells(canvases.c5, last.c5, C5.columns, C5.side, amplitude);
    marks.forEach(mark);
  }
  for (const [name, maps, side, columns] of LAYERS) {
    const press = (map) => (event) => {
      const [column, row] = [event.offsetX, event.offsetY].map((at) => Math.min(Math.max(Math.floor(at / LAYERS.find(([one]) => one === name)[4]), 0), side - 1));
      if (name !== "input") open({ layer: name, map, row, column });
    };
    canvases[name] = Array.from({ length: maps }, (_, map) => h("canvas", { "aria-hidden": "true", onclick: press(map) }));
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
      last = trace;
      draw();
    },
    /** Mark a unit and the windows that it reads. */
    light(unit, terms) {
      marks = unit ? [...terms, { ...unit, size: 1 }] : [];
      draw();
    },
  };
}
