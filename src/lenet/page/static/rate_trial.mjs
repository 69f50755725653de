// One training of `lenet rates`: plain descent at one rate, with the loss of the next batch before each update.
import { drawOrder, initializeParameters } from "./random.mjs";

const SIDE = 28 * 28;

/** Indices of whole batches only, in a new order every epoch: `cut_batches` of rates/comparison.py. */
export function cutBatches(kernels, count, batch, epochs, seed) {
  const whole = Math.floor(count / batch) * batch;
  const orders = Array.from({ length: epochs }, (_, epoch) => drawOrder(kernels, seed, epoch, count).subarray(0, whole));
  const all = new Int32Array(epochs * whole);
  orders.forEach((order, epoch) => all.set(order, epoch * whole));
  return all;
}

/**
 * The digits to train on, and new ones: the last of the training digits, `hold_out` of rates/comparison.py.
 * @param {import("./trainer.mjs").Digits} train
 * @param {{held: number, heldShare: number}} settings of facts.json
 * @returns {import("./trainer.mjs").Digits[]}
 */
export function holdOut({ images, labels, count }, { held, heldShare }) {
  const rest = count - Math.max(1, Math.min(held, Math.floor(count / heldShare)));
  const take = (from, to) => ({ images: images.subarray(from * SIDE, to * SIDE), labels: labels.subarray(from, to), count: to - from });
  return [take(0, rest), take(rest, count)];
}

/**
 * Train at one rate, step by step.
 * @param {import("./kernels.mjs").Kernels} kernels
 * @param {import("./trainer.mjs").Digits} train
 * @param {{architecture: object, seed: number, rate: number, batch: number, epochs: number, limit: number}} settings
 * @yields {{step: number, steps: number, loss: number, frozen: number}} `frozen`: the loss of the next batch before
 *   this step's update; NaN after the last. It ends early at a loss that is no number.
 * @returns {import("./network.mjs").Network} to be freed
 */
export function* runTrial(kernels, train, { architecture, seed, rate, batch, epochs, limit }) {
  const order = cutBatches(kernels, Math.min(limit, train.count), batch, epochs, seed);
  const network = kernels.network(architecture, initializeParameters(kernels, architecture, seed));
  const loss = { scale: architecture.output === "rbf" ? 0.1 : 1 };
  const steps = order.length / batch;
  const take = (step) => {
    const images = new Uint8Array(batch * SIDE);
    const chosen = order.subarray(step * batch, (step + 1) * batch);
    chosen.forEach((index, k) => images.set(train.images.subarray(index * SIDE, (index + 1) * SIDE), k * SIDE));
    return { images, targets: chosen.map((index) => train.labels[index]) };
  };
  const all = Int32Array.from({ length: batch }, (_, k) => k);
  for (let step = 0, now = take(0); step < steps; step++) {
    const next = step + 1 < steps ? take(step + 1) : null;
    const frozen = next ? network.loss(next.images, next.targets, loss) : NaN;
    const [value] = network.train({ ...now, order: all, rates: [rate], loss });
    yield { step, steps, loss: value, frozen };
    if (!Number.isFinite(value)) break;
    now = next;
  }
  return network;
}
