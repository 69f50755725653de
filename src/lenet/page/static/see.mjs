// What See has below the codes: the demos, a unit opened, C3's table. It comes when the first answer is there.
import { makeChange } from "./change_view.mjs";
import { readDigits } from "./digits.mjs";
import { getBytes } from "./files.mjs";
import { makeStyles } from "./styles.mjs";
import { makeUnit } from "./unit_view.mjs";
import { cutKernels, makeWires } from "./wires.mjs";

const PIECE = 250; // digits between two looks at what she does

/**
 * @param {HTMLElement} root
 * @param {object} page `facts`, `bundled` of `readNetwork`, `kernels`, `network`, and what it does: `light` a unit's windows,
 *   `samples` of 28x28, `read` the digit again now or `soon`, `draw` strokes, `readAll` inputs, `cut(how many wires)`, `counted()`; `answer`: an element
 * @returns {{unit: object, change: object, wires: object | null}}
 */
export function mountSee(root, page) {
  const { facts, bundled, network } = page;
  const known = { table: facts.table, codes: facts.targets, activation: facts.activation };
  const unit = makeUnit({ ...bundled, ...known }, page.light);
  const change = makeChange(facts.lessons.input, page.kernels, { answer: page.answer, samples: page.samples, changed: page.soon, read: page.readAll });
  root.append(makeStyles(page.draw), change.root, unit.root);
  let [wires, fresh] = [null, null];

  function cut(missing) {
    unit.network.parameters = cutKernels(bundled.parameters, missing);
    network.restart(unit.network.parameters);
    page.cut(missing.size);
    page.read();
  }

  /** How many new digits are misread, in pieces so that the page stays awake. */
  async function countErrors() {
    fresh ??= await readDigits(await getBytes("digits-new.bin"));
    let errors = 0;
    for (let from = 0; from < fresh.count; from += PIECE) {
      const penalties = network.penalties(fresh.images.subarray(784 * from, 784 * (from + PIECE)));
      for (let k = 0; k < penalties.length / 10; k++) {
        const row = penalties.subarray(10 * k, 10 * k + 10);
        errors += Number(row.indexOf(Math.min(...row)) !== fresh.labels[from + k]);
      }
      await new Promise((resolve) => setTimeout(resolve));
    }
    page.counted();
    return errors;
  }

  if (bundled.architecture.connections === "table") {
    wires = makeWires(facts.table, facts.digits ?? null, { cut, count: countErrors });
    root.append(wires.root);
  }
  return { unit, change, wires };
}
