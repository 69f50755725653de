// Maps and units that answer alike to every digit, so that they learn no more: `find_stuck` of training/diagnosis.py.

const MAPS = { c1: 6, s2: 6, c3: 16, s4: 16, c5: 120, f6: 84 };
const PART = 20; // images a trace: mostly the first shows that nothing is frozen

/** The slope of the activation function at a state, as a share of its greatest. */
function measureSlope(state, activation, amplitude) {
  if (activation === "relu") return Number(state > 0);
  if (activation === "logistic") return 4 * state * (1 - state);
  return 1 - (state / amplitude) ** 2;
}

/**
 * Which maps of a layer (in C5 and F6: units) have next to no slope, everywhere and for every image.
 * @param {import("./network.mjs").Network} network
 * @param {Uint8Array} images 28x28 bytes each
 * @param {string} layer "c1" to "f6"
 * @param {{flat: number, amplitude: number}} limits of facts.json
 * @returns {boolean[]} one for each map
 */
export function findFrozen(network, images, layer, { flat, amplitude }) {
  const { activation } = network.architecture;
  const maps = MAPS[layer];
  const frozen = Array(maps).fill(true);
  for (let from = 0; from < images.length && frozen.includes(true); from += PART * 784) {
    const states = network.trace(images.subarray(from, from + PART * 784))[layer];
    const count = Math.min(PART, (images.length - from) / 784);
    const size = states.length / count / maps;
    for (let at = 0; at < states.length; at++) {
      const map = Math.floor(at / size) % maps;
      if (frozen[map] && !(measureSlope(states[at], activation, amplitude) < flat)) frozen[map] = false;
    }
  }
  return frozen;
}
