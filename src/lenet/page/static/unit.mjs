// One unit of the network: its inputs, its weights, every product, the sum and the state. No DOM.
import { countSources } from "./network_file.mjs";

/** Name: maps, side of a map. */
export const LAYERS = {
  c1: { maps: 6, side: 28 }, s2: { maps: 6, side: 14 }, c3: { maps: 16, side: 10 }, s4: { maps: 16, side: 5 },
  c5: { maps: 120, side: 1 }, f6: { maps: 84, side: 1 }, output: { maps: 10, side: 1 },
};
const BELOW = { c1: "input", s2: "c1", c3: "s2", s4: "c3", c5: "s4", f6: "c5", output: "f6" };
const SIDES = { input: 32, c1: 28, s2: 14, c3: 10, s4: 5 };
const KERNEL = 5;

/** The activation function, as engines/reference/forward.py has it. */
export function activate(sum, activation, { amplitude, slope }) {
  if (activation === "tanh") return amplitude * Math.tanh(slope * sum);
  return activation === "relu" ? Math.max(sum, 0) : 1 / (1 + Math.exp(-sum));
}

/** A window of one map of a layer, as plain numbers. */
function cutWindow(states, side, map, row, column, size) {
  return Array.from({ length: size * size }, (_, at) => states[(map * side + row + Math.floor(at / size)) * side + column + (at % size)]);
}

function makeTerm(layer, map, row, column, size, states, weights) {
  const products = states.map((state, k) => state * weights[k]);
  const total = products.reduce((sum, product) => sum + product, 0);
  return { layer, map, row, column, size, states, weights, products, total };
}

function listKernels({ parameters, architecture, table }, layer, map) {
  if (layer === "c1") return [{ source: 0, weights: parameters["c1.weight"].subarray(25 * map, 25 * map + 25) }];
  const sources = layer === "c5" ? 16 : countSources(architecture.connections)[map];
  const before = layer === "c5" ? 16 * map : countSources(architecture.connections).slice(0, map).reduce((sum, count) => sum + count, 0);
  const maps = layer === "c3" && architecture.connections === "table" ? table[map] : Array.from({ length: sources }, (_, k) => k);
  const all = parameters[`${layer}.weight`];
  return maps.map((source, k) => ({ source, weights: all.subarray(25 * (before + k), 25 * (before + k + 1)) }));
}

/**
 * How a unit is computed.
 * @param {{architecture: object, parameters: object, table: number[][], codes: number[][], activation: object}} network
 *   `activation`: {amplitude, slope} of facts.json
 * @param {Object<string, Float32Array>} trace
 * @param {{layer: string, map: number, row: number, column: number}} unit
 * @returns {{terms: object[], factor: number | null, bias: number | null, sum: number, state: number, kind: string}}
 *   `kind`: "weighted", "pooled" (average or greatest), "distance" or "linear"
 */
export function explainUnit(network, trace, { layer, map, row, column }) {
  const { architecture, parameters, activation } = network;
  const below = BELOW[layer];
  const done = (terms, sum, more) => {
    const state = activate(sum, architecture.activation, activation);
    return { terms, factor: null, bias: null, sum, state, kind: "weighted", ...more };
  };
  if (layer === "s2" || layer === "s4") {
    const states = cutWindow(trace[below], SIDES[below], map, 2 * row, 2 * column, 2);
    const term = makeTerm(below, map, 2 * row, 2 * column, 2, states, [1, 1, 1, 1]);
    if (architecture.pooling !== "trainable") {
      const state = architecture.pooling === "max" ? Math.max(...states) : term.total / 4;
      return done([term], state, { state, kind: "pooled" });
    }
    const [factor, bias] = [parameters[`${layer}.coefficient`][map], parameters[`${layer}.bias`][map]];
    return done([term], term.total * factor + bias, { factor, bias });
  }
  if (layer === "f6" || layer === "output") {
    const states = Array.from(trace[below]);
    if (layer === "output" && architecture.output === "rbf") {
      const term = makeTerm(below, null, 0, 0, 0, states, network.codes[map]);
      term.products = states.map((state, k) => (state - network.codes[map][k]) ** 2);
      term.total = term.products.reduce((sum, product) => sum + product, 0);
      return done([term], term.total, { state: term.total, kind: "distance" });
    }
    const all = parameters[`${layer}.weight`];
    const weights = Array.from(all.subarray(states.length * map, states.length * (map + 1)));
    const term = makeTerm(below, null, 0, 0, 0, states, weights);
    const bias = parameters[`${layer}.bias`][map];
    const sum = term.total + bias;
    return layer === "output" ? done([term], sum, { bias, state: -sum, kind: "linear" }) : done([term], sum, { bias });
  }
  const terms = listKernels(network, layer, map).map(({ source, weights }) => {
    const states = cutWindow(trace[below], SIDES[below], source, row, column, KERNEL);
    return makeTerm(below, source, row, column, KERNEL, states, Array.from(weights));
  });
  const bias = parameters[`${layer}.bias`][map];
  return done(terms, terms.reduce((sum, term) => sum + term.total, 0) + bias, { bias });
}

/** The unit's name as `lenet explain --unit` takes it. */
export function nameUnit({ layer, map, row, column }) {
  return LAYERS[layer].side > 1 ? `${layer}:${map}:${row},${column}` : `${layer}:${map}`;
}
