// A training, step by step, as training/trainer.py does it; it shows nothing. Used by trainer.worker.mjs.
import { findFrozen } from "./frozen.mjs";
import { drawOrder, initializeParameters } from "./random.mjs";

const SHOWN = 24; // misread digits
const SIDE = 28 * 28;

/** The labels of the smallest penalties; -1 where one is no number. */
export function findAnswers(penalties, classes) {
  return Int32Array.from({ length: penalties.length / classes }, (_, n) => {
    const row = penalties.subarray(n * classes, (n + 1) * classes);
    return row.some(Number.isNaN) ? -1 : row.indexOf(Math.min(...row));
  });
}

/**
 * The errors of a network on some digits.
 * @returns {{count: number, errors: number, misread: {index: number, label: number, answer: number}[],
 *   confusion: number[]}} the first misread digits; confusion[10 * label + answer]
 */
export function countErrors(network, { images, labels, count }) {
  const answers = findAnswers(network.penalties(images), network.architecture.classes);
  const confusion = Array(100).fill(0);
  const misread = [];
  answers.forEach((answer, index) => {
    if (answer >= 0) confusion[10 * labels[index] + answer]++;
    if (answer !== labels[index]) misread.push({ index, label: labels[index], answer });
  });
  return { count, errors: misread.length, misread: misread.slice(0, SHOWN), confusion };
}

/**
 * One training after the other on the same digits.
 * @typedef {{count: number, images: Uint8Array, labels: Int32Array}} Digits
 * @typedef {{seed: number, architecture: object, batch: number, rate: number, momentum: number,
 *   old: object | null, parameters?: object}} Settings `old`: facts.json's `method1998`, to train by it
 */
export class Trainer {
  /**
   * @param {import("./kernels.mjs").Kernels} kernels
   * @param {Digits} train
   * @param {Digits} fresh new digits, to count errors on
   */
  constructor(kernels, train, fresh) {
    Object.assign(this, { kernels, train, fresh });
    this.images = kernels.keep(train.images);
    this.targets = kernels.keep(train.labels);
    this.network = null;
  }

  /** Begin at step 0, from random weights or from given ones. @param {Settings} settings */
  begin(settings) {
    const { architecture, seed, old } = (this.settings = { ...settings });
    const start = settings.parameters ?? initializeParameters(this.kernels, architecture, seed, old?.scheme);
    this.network?.free();
    this.network = this.kernels.network(architecture, start);
    Object.assign(this, { steps: 0, epoch: 0, done: 0, order: null, scales: null });
  }

  /** Change the rate, the batch or the momentum from the next step on. */
  change(settings) {
    Object.assign(this.settings, settings);
  }

  get loss() {
    const { architecture, old } = this.settings;
    const linear = architecture.output === "linear";
    return old && !linear ? { kind: old.loss } : { kind: "cross-entropy", scale: linear ? 1 : 0.1 };
  }

  beginEpoch() {
    const { seed, old } = this.settings;
    this.order = drawOrder(this.kernels, seed, old ? 0 : this.epoch, this.train.count);
    this.scales = old && this.measureScales();
  }

  /** 1 / (mu + h) for each parameter, h being the curvature on some of the digits (LeCun et al. 1998, appendix C). */
  measureScales() {
    const { seed, old, architecture } = this.settings;
    const chosen = drawOrder(this.kernels, seed, this.epoch, this.train.count, "subset").subarray(0, old.samples);
    const images = new Uint8Array(chosen.length * SIDE);
    chosen.forEach((index, k) => images.set(this.train.images.subarray(index * SIDE, (index + 1) * SIDE), k * SIDE));
    const targets = chosen.map((index) => this.train.labels[index]);
    const loss = architecture.output === "linear" ? this.loss : { kind: old.curvature };
    const { gradient } = this.network.differentiate(images, targets, loss, true);
    const scale = (array) => array.map((h) => 1 / (old.mu + h));
    return Object.fromEntries(Object.entries(gradient).map(([name, array]) => [name, scale(array)]));
  }

  /**
   * Make at most some steps, all in one epoch; the incomplete last batch of an epoch is a stretch of its own.
   * @param {number} most
   * @returns {{first: number, losses: Float64Array, images: number, ended: boolean, diverged: number | null}}
   *   `first`: number of the first step, from 0; `ended`: whether the epoch is over; `diverged`: the number of the
   *   step, from 1, whose loss was no number; the weights are then those before this stretch
   */
  advance(most) {
    if (!this.order) this.beginEpoch();
    const { batch, rate, momentum } = this.settings;
    const left = this.order.length - this.done;
    const steps = Math.min(most, Math.floor(left / batch)) || 1;
    const images = Math.min(steps * batch, left);
    const before = this.network.parameters();
    const losses = this.network.train({
      images: this.images, targets: this.targets, order: this.order.subarray(this.done, this.done + images),
      rates: new Float32Array(steps).fill(rate), momentum, loss: this.loss, scales: this.scales,
    });
    const [first, bad] = [this.steps, losses.findIndex((loss) => !Number.isFinite(loss))];
    if (bad >= 0) {
      this.network.restart(before);
      return { first, losses: losses.slice(0, bad), images: 0, ended: false, diverged: first + bad + 1 };
    }
    this.steps += steps;
    this.done += images;
    const ended = this.done === this.order.length;
    if (ended) Object.assign(this, { epoch: this.epoch + 1, done: 0, order: null });
    return { first, losses, images, ended, diverged: null };
  }

  /**
   * Learn someone's own digits, each time distorted in another way; every other step shows a batch of the others,
   * so that those are not forgotten.
   * @param {Digits} own
   * @param {{steps: number, rate: number, batch: number, distortion: object, from: number}} lesson `from`: number of
   *   the first step
   * @returns {Float64Array} the loss of each step on the own digits
   */
  teach(own, { steps, rate, batch, distortion, from }) {
    const { kernels, network, loss } = this;
    const { seed } = this.settings;
    const others = drawOrder(kernels, seed, 0, this.train.count);
    const kept = { images: this.images, targets: this.targets };
    const losses = new Float64Array(steps);
    for (let k = 0; k < steps; k++) {
      const first = (from + k) * batch;
      const order = Int32Array.from({ length: batch }, (_, at) => first + at);
      const mine = { images: own.images, targets: own.labels, order, distortion: { ...distortion, seed: BigInt(seed) } };
      [losses[k]] = network.train({ ...mine, rates: [rate], loss });
      network.train({ ...kept, order: order.map((at) => others[at % others.length]), rates: [rate], loss });
    }
    return losses;
  }

  /** Errors on the new digits, by `countErrors`. */
  measure() {
    return countErrors(this.network, this.fresh);
  }

  /** Which pixels of F6 answer to no new digit any more. @param {{digits: number}} limits facts.json's `frozen` */
  findFrozen(limits) {
    return findFrozen(this.network, this.fresh.images.subarray(0, limits.digits * SIDE), "f6", limits);
  }
}
