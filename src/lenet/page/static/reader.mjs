// The network that reads, with the judge that knows what is no digit.
import { rank } from "./answer.mjs";
import { decide, weigh } from "./doubt.mjs";
import { SIDE } from "./ink.mjs";
import { readNetwork } from "./network_file.mjs";

const JUDGED = 11; // the ten digits and what is none

/**
 * @param {import("./kernels.mjs").Kernels} kernels
 * @param {{architecture: object, parameters: object}} bundled of `readNetwork`
 * @param {{labels: string[], calibration: object | undefined}} facts
 * @returns {object} `missing`: how many wires are cut, which others set
 */
export function makeReader(kernels, bundled, facts) {
  const network = kernels.network(bundled.architecture, bundled.parameters);
  const classes = facts.labels.length;
  let judge = null;
  const reader = {
    network,
    missing: 0,
    linear: bundled.architecture.output === "linear",
    /** The 28x28 of what is on the board; null if it is blank. */
    normalize(board) {
      const image = board.image();
      if (image) return image.some(Boolean) ? image : null;
      return board.ink().some((value) => value > 0) ? kernels.normalize(board.ink(), SIDE, SIDE) : null;
    },
    /** null where a confidence would mean nothing: what a network in pieces answers was never measured. */
    calibration() {
      const ready = !reader.missing && facts.calibration && (judge || facts.calibration.judge === null);
      return ready ? facts.calibration : null;
    },
    /** The judge's penalties; undefined without it. */
    judge: (inputs) => judge?.penalties(inputs),
    /** The answers to several inputs, and whether they are sure. */
    readAll(inputs) {
      const penalties = network.penalties(inputs);
      const calibration = reader.calibration();
      const judged = calibration && judge?.penalties(inputs);
      return Array.from({ length: penalties.length / classes }, (_, n) => {
        const row = penalties.subarray(classes * n, classes * (n + 1));
        const [first] = rank(row);
        const of = judged?.subarray(JUDGED * n, JUDGED * (n + 1));
        const sure = !calibration || decide(weigh(row, of, calibration), first, calibration.sure).verdict === "digit";
        return { label: facts.labels[first], sure };
      });
    },
    /** Which way to read a picture gives the most confident answer; without a calibration the first. @param {{digit: Uint8Array}[]} finds */
    chooseWay(finds) {
      const calibration = reader.calibration();
      if (!calibration) return 0;
      const confidences = finds.map(({ digit }) => {
        const penalties = network.penalties(digit);
        return digit.some(Boolean) ? weigh(penalties, reader.judge(digit), calibration)[rank(penalties)[0]] : 0;
      });
      return confidences.indexOf(Math.max(...confidences));
    },
    /** Take in the judge; `load` gives its file. */
    async bringJudge(load) {
      if (!facts.calibration?.judge) return;
      const { architecture, parameters } = readNetwork(await load(), JUDGED);
      judge = kernels.network(architecture, parameters);
    },
  };
  return reader;
}
