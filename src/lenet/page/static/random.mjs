// What is random in a training, bit for bit as in Python: randomness.py and parameters.py.
import { PARAMETERS, countSources, listShapes } from "./network_file.mjs";

export const PURPOSES = { weights: 1, order: 2, subset: 4, noise: 99 }; // noise: of the page alone
const GAINS = { tanh: 3, relu: 6, logistic: 48 };

/** `count` numbers in (0, 1), odd multiples of 2^-24, for one sample of a purpose. */
export function drawUniform(kernels, seed, purpose, sample, count) {
  const blocks = Math.ceil(count / 4);
  const counters = new Uint32Array(4 * blocks);
  for (let block = 0; block < blocks; block++) counters.set([block, sample, 0, purpose], 4 * block);
  const words = kernels.philox(counters, BigInt(seed)).subarray(0, count);
  return Float64Array.from(words, (word) => ((word >>> 9) + 0.5) * 2 ** -23);
}

/** The fan-in of the unit that each kernel or row of an array belongs to. */
function countInputs(architecture, name, shape) {
  if (name.endsWith(".coefficient")) return shape.map(() => 4);
  if (name !== "c3.weight") return Array(shape[0]).fill(shape.slice(1).reduce((product, side) => product * side, 1));
  return countSources(architecture.connections).flatMap((sources) => Array(sources).fill(25 * sources));
}

/**
 * The weights that a training starts from: `initialize_parameters(architecture, seed, scheme=scheme)`.
 * @param {import("./kernels.mjs").Kernels} kernels
 * @param {object} architecture as in Python
 * @param {number | bigint} seed 0 to 2^64 - 1
 * @param {string} scheme "variance" or "eblearn"
 * @returns {Object<string, Float32Array>}
 */
export function initializeParameters(kernels, architecture, seed, scheme = "variance") {
  const gain = scheme === "eblearn" ? 1 : GAINS[architecture.activation];
  const parameters = {};
  for (const [name, shape] of Object.entries(listShapes(architecture))) {
    const count = shape.reduce((product, side) => product * side, 1);
    if (name.endsWith(".bias")) {
      parameters[name] = new Float32Array(count);
      continue;
    }
    if (scheme === "eblearn" && name.endsWith(".coefficient")) {
      parameters[name] = new Float32Array(count).fill(0.5);
      continue;
    }
    const limits = countInputs(architecture, name, shape).map((inputs) => Math.sqrt(gain / inputs));
    const uniform = drawUniform(kernels, seed, PURPOSES.weights, PARAMETERS.indexOf(name), count);
    const positive = name.endsWith(".coefficient") && architecture.activation === "relu";
    const each = count / limits.length;
    parameters[name] = Float32Array.from(uniform, (number, k) => {
      const drawn = (2 * number - 1) * limits[Math.floor(k / each)];
      return positive ? Math.abs(drawn) : drawn;
    });
  }
  return parameters;
}

/**
 * The order of an epoch: `draw_order(seed, epoch, count)`.
 * @param {import("./kernels.mjs").Kernels} kernels
 * @param {number | bigint} seed
 * @param {number} epoch from 0
 * @param {number} count how many images there are, at most 2^24
 * @param {string} purpose "order", or "subset" to choose some of them
 * @returns {Int32Array} each of 0 to count - 1 once
 */
export function drawOrder(kernels, seed, epoch, count, purpose = "order") {
  const counters = new Uint32Array(4 * count);
  for (let sample = 0; sample < count; sample++) counters.set([0, sample, epoch, PURPOSES[purpose]], 4 * sample);
  const words = kernels.philox(counters, BigInt(seed));
  // the key is 23 bits of a word, not all 32; ties go by index, so key and index are sorted as one number
  const keys = Float64Array.from({ length: count }, (_, sample) => (words[4 * sample] >>> 9) * count + sample).sort();
  return Int32Array.from(keys, (key) => key % count);
}
