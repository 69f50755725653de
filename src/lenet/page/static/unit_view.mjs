// A unit opened: its windows, weights and products, and how they become its state.
import { drawCells } from "./cells.mjs";
import { h } from "./h.mjs";
import { t } from "./say.mjs";
import { LAYERS, explainUnit, nameUnit } from "./unit.mjs";

const text = (tag, key, values, attributes = {}) => t(h(tag, attributes), key, values);
const CELL = 12;
const COLUMNS = { c5: 12, f6: 7 }; // of a whole layer, as a picture
const REST = 150; // ms until the tables follow a drawing
const format = (number) => number.toFixed(3).replace("-", "−");

/** Numbers as cells, and as a table for those who cannot see them. */
function showGrid(name, numbers, columns, largest) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  requestAnimationFrame(() => drawCells(canvas, numbers, columns, CELL, largest));
  const rows = Array.from({ length: numbers.length / columns }, (_, row) => numbers.slice(row * columns, (row + 1) * columns));
  const cells = (row) => row.map((number) => h("td", {}, format(number)));
  const table = h("table", { class: "unseen" }, text("caption", name), h("tbody", {}, ...rows.map((row) => h("tr", {}, ...cells(row)))));
  return h("div", { class: "unit-grid" }, text("span", name, {}, { "aria-hidden": "true" }), canvas, table);
}

/**
 * @param {object} network see `explainUnit`
 * @param {(unit: object, terms: object[]) => void} opened is told what to light below
 * @returns {{root: HTMLElement, open: (unit: object) => void, show: (trace: object) => void, get: () => object | null, close: () => void}}
 */
export function makeUnit(network, opened) {
  const layer = h("select", { id: "unit-layer", onchange: () => choose() }, ...Object.keys(LAYERS).map((name) => h("option", { value: name }, name.toUpperCase())));
  const fields = Object.fromEntries(["map", "row", "column"].map((name) => [name, h("input", { type: "number", id: `unit-${name}`, min: 0, value: 0, onchange: () => choose() })]));
  const labels = { layer: "page.unit_layer", map: "page.unit_map", row: "page.unit_row", column: "page.unit_column" };
  const inputs = Object.entries({ layer, ...fields }).map(([name, input]) => h("span", { class: "unit-field" }, text("label", labels[name], {}, { for: `unit-${name}` }), input));
  const command = h("code");
  const terms = h("div", { class: "unit-terms" });
  const sum = h("p", { class: "unit-sum" });
  const closing = text("button", "page.unit_close", {}, { type: "button", onclick: () => close() });
  const root = h("section", { class: "view unit" }, text("h2", "page.unit"), text("p", "page.unit_intro"), h("div", { class: "tools" }, ...inputs, closing), terms, sum, command);
  let [unit, trace, timer] = [null, null, 0];

  function choose() {
    const { maps, side } = LAYERS[layer.value];
    const clip = (input, most) => Math.min(Math.max(Math.round(Number(input.value)) || 0, 0), most);
    const chosen = { layer: layer.value, map: clip(fields.map, maps - 1), row: clip(fields.row, side - 1), column: clip(fields.column, side - 1) };
    open(chosen);
  }

  function open(chosen) {
    unit = chosen;
    const { maps, side } = LAYERS[unit.layer];
    layer.value = unit.layer;
    for (const [name, input] of Object.entries(fields)) {
      Object.assign(input, { value: unit[name], max: name === "map" ? maps - 1 : side - 1 });
      input.parentNode.hidden = name !== "map" && side === 1;
    }
    draw();
  }

  function close() {
    unit = null;
    draw();
  }

  function draw() {
    closing.disabled = !unit;
    command.textContent = unit ? `lenet explain --unit ${nameUnit(unit)}` : "";
    if (!unit || !trace) {
      terms.replaceChildren();
      t(sum, null);
      opened(null, []);
      return;
    }
    const found = explainUnit(network, trace, unit);
    terms.replaceChildren(...found.terms.map((term) => showTerm(term, found.kind)));
    const numbers = Object.fromEntries(["sum", "state"].map((name) => [name, format(found[name])]));
    const total = format(found.terms.reduce((all, term) => all + term.total, 0));
    const bias = found.bias === null ? "" : format(found.bias);
    const count = found.terms.reduce((all, term) => all + term.products.length, 0);
    if (found.kind === "pooled") t(sum, "page.unit_pooled", numbers);
    else if (found.kind === "distance") t(sum, "page.unit_distance", { count, ...numbers });
    else if (found.kind === "linear") t(sum, "page.unit_linear", { count, total, bias, ...numbers });
    else if (found.factor !== null) t(sum, "page.unit_subsampled", { total, factor: format(found.factor), bias, ...numbers });
    else t(sum, "page.unit_weighted", { count, total, bias, ...numbers });
    opened(unit, found.terms);
  }

  function showTerm(term, kind) {
    const columns = term.size || COLUMNS[term.layer];
    const head = term.map === null
      ? text("h3", "page.unit_all", { layer: term.layer.toUpperCase() })
      : text("h3", "page.unit_from", { layer: term.layer === "input" ? "" : term.layer.toUpperCase(), map: term.map });
    if (term.layer === "input") t(head, "page.unit_input");
    const grids = [showGrid("page.unit_states", term.states, columns, 1.7)];
    if (kind === "distance") grids.push(showGrid("page.unit_code", term.weights, columns, 1), showGrid("page.unit_gaps", term.products, columns, 4));
    else if (term.size !== 2) grids.push(showGrid("page.unit_weights", term.weights, columns, 0.6), showGrid("page.unit_products", term.products, columns, 0.6));
    return h("div", { class: "unit-term" }, head, h("div", { class: "unit-grids" }, ...grids), text("p", "page.unit_total", { total: format(term.total) }));
  }

  open({ layer: "c1", map: 0, row: 14, column: 14 });
  close();
  return {
    root,
    network,
    open,
    get: () => unit,
    close,
    show(found) {
      trace = found;
      clearTimeout(timer);
      if (unit) timer = setTimeout(draw, REST);
    },
  };
}
