// C3's table: connections that can be cut and restored, and what that costs on new digits.
import { h } from "./h.mjs";
import { t } from "./say.mjs";

const text = (tag, key, values, attributes = {}) => t(h(tag, attributes), key, values);
const GUESSES = [0, 0.01, 0.05, 0.2, 0.6]; // shares of the new digits
const group = (number) => number.toLocaleString("en-US");

/**
 * The parameters of a network without some connections: their kernels are 0.
 * @param {Object<string, Float32Array>} parameters
 * @param {Set<number>} cut indices of connections, in the order of c3.weight
 */
export function cutKernels(parameters, cut) {
  const weight = parameters["c3.weight"].slice();
  for (const index of cut) weight.fill(0, 25 * index, 25 * index + 25);
  return { ...parameters, "c3.weight": weight };
}

/**
 * @param {number[][]} table the maps of S2 that each map of C3 reads
 * @param {{name: string, fresh: number, sizeNew: string} | null} digits
 * @param {{cut: (cut: Set<number>) => void, count: () => Promise<number>}} actions `count` gives the misread new digits
 * @returns {{root: HTMLElement, get: () => number[], set: (cut: number[]) => void}}
 */
export function makeWires(table, digits, actions) {
  const pairs = table.flatMap((sources, target) => sources.map((source) => ({ source, target })));
  const cut = new Set();
  const rows = Array.from({ length: 6 }, (_, source) => source);
  const buttons = pairs.map(({ source, target }, index) => {
    const name = text("span", "page.wire", { source, target }, { class: "unseen" });
    return h("button", { type: "button", "aria-pressed": "false", onclick: () => toggle([index]) }, name);
  });
  const said = h("p", { class: "wires-said", role: "status" });
  const guesses = h("div", { class: "tools" });
  const count = text("button", "page.wires_count", { size: digits?.sizeNew }, { type: "button", onclick: () => start(), hidden: !digits });
  const heal = text("button", "page.wires_heal", {}, { type: "button", onclick: () => toggle([...cut]) });
  let [before, guess, counting, again] = [null, null, false, false];

  function cell(source, target) {
    const index = pairs.findIndex((pair) => pair.source === source && pair.target === target);
    return h("td", {}, index < 0 ? "" : buttons[index]);
  }
  function head(source) {
    const of = pairs.map((pair, index) => (pair.source === source ? index : -1)).filter((index) => index >= 0);
    const press = () => toggle(of.every((index) => cut.has(index)) ? of : of.filter((index) => !cut.has(index)));
    const name = text("span", "page.wires_map", { source }, { class: "unseen" });
    return h("th", { scope: "row" }, h("button", { type: "button", onclick: press }, String(source), name));
  }
  const columns = table.map((_, target) => h("th", { scope: "col" }, String(target)));
  const body = rows.map((source) => h("tr", {}, head(source), ...table.map((_, target) => cell(source, target))));
  const grid = h("table", { class: "wires" }, text("caption", "page.wires_caption"), h("thead", {}, h("tr", {}, h("td"), ...columns)), h("tbody", {}, ...body));
  const root = h(
    "section", { class: "view" }, text("h2", "page.wires"), text("p", "page.wires_intro", { count: pairs.length, all: 6 * table.length }),
    h("div", { class: "wires-room", tabindex: 0, role: "group", "aria-label": "C3" }, grid), guesses, h("div", { class: "tools" }, count, heal), said,
  );
  heal.disabled = true;

  function toggle(indices) {
    for (const index of indices) {
      if (!cut.delete(index)) cut.add(index);
      buttons[index].setAttribute("aria-pressed", String(cut.has(index)));
    }
    heal.disabled = cut.size === 0;
    actions.cut(cut);
    if (before !== null) recount();
    else if (digits) offer();
  }

  /** Before the first count she may guess. */
  function offer() {
    const choices = GUESSES.map((share) => Math.round(share * digits.fresh));
    const offered = choices.map((one) => h("button", { type: "button", "aria-pressed": String(one === guess) }, group(one)));
    offered.forEach((button, k) =>
      button.addEventListener("click", () => {
        guess = choices[k];
        for (const each of offered) each.setAttribute("aria-pressed", String(each === button));
      }),
    );
    guesses.replaceChildren(text("span", "page.wires_guess", { count: group(digits.fresh) }), ...offered);
  }

  async function start() {
    count.disabled = true;
    try {
      actions.cut(new Set());
      before = await actions.count();
      actions.cut(cut);
      count.hidden = true;
      await recount();
    } catch (error) {
      count.disabled = false;
      actions.cut(cut);
      t(said, error.key ?? "page_file.digits", error.values);
    }
  }

  async function recount() {
    again = true;
    if (counting) return;
    counting = true;
    while (again) {
      again = false;
      const errors = await actions.count();
      if (!again) show(errors);
    }
    counting = false;
  }

  function show(errors) {
    t(said, "page.wires_result", { errors: group(errors), count: group(digits.fresh), before: group(before) });
    if (guess !== null) said.append(" ", text("span", "page.wires_guessed", { guess: group(guess) }));
    guess = null;
    guesses.replaceChildren();
  }

  return {
    root,
    get: () => [...cut],
    set: (wanted) => toggle(buttons.map((_, index) => index).filter((index) => cut.has(index) !== wanted.includes(index))),
  };
}
