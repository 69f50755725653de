// A network in the kernels' memory: recognize, trace, differentiate, train.
import { FIELD_PIXELS, KernelError, check, findType, view } from "./memory.mjs";
import { CHOICES, PARAMETERS } from "./network_file.mjs";

const LOSSES = ["cross-entropy", "mse", "map"];
const LAYERS = { input: FIELD_PIXELS, c1: 4704, s2: 1176, c3: 1600, s4: 400, c5: 120, f6: 84, output: 0 };
const ACTIVATED = ["c1", "s2", "c3", "s4", "c5", "f6"];

/** Whether targets are shares of all classes rather than labels. */
function isSoft(targets, count, classes) {
  const soft = findType(targets) === Float32Array;
  if (!soft && findType(targets) !== Int32Array) throw new TypeError("targets: expected an Int32Array or a Float32Array");
  const expected = soft ? count * classes : count;
  if (targets.length !== expected) throw new RangeError(`targets: ${targets.length} numbers, expected ${expected}`);
  return Number(soft);
}

/** log(exp(a) + exp(b) + ...) of all numbers in two lists. */
function logSum(numbers, more) {
  const all = [...numbers, ...more];
  const highest = Math.max(...all);
  return highest + Math.log(all.reduce((sum, number) => sum + Math.exp(number - highest), 0));
}

export class Network {
  constructor(kernels, architecture, parameters) {
    this.kernels = kernels;
    this.architecture = architecture;
    const choices = Object.entries(CHOICES).map(([field, values]) => values.indexOf(architecture[field]));
    this.key = String(choices) + architecture.classes;
    this.place = kernels.spare.get(this.key)?.pop() ?? this.reserve(choices);
    Object.assign(this, this.place);
    try {
      this.restart(parameters);
    } catch (error) {
      this.free();
      throw error;
    }
  }

  /** Memory for a network; without `free` it is taken for good, since the kernels' memory is a stack. */
  reserve(choices) {
    const { kernels, architecture } = this;
    const handle = kernels.wasm.describe(...choices, architecture.classes);
    if (handle === 0) throw new KernelError(4);
    const length = kernels.wasm.find_array(handle, PARAMETERS.length);
    const [weights, velocity] = [kernels.room(Float32Array, length), kernels.room(Float32Array, length)];
    return { handle, length, weights, velocity };
  }

  /** Set all parameters, by name, and forget the velocity of what was trained before. */
  restart(parameters) {
    this.fill(this.weights, parameters);
    new Float32Array(this.kernels.wasm.memory.buffer, this.velocity, this.length).fill(0);
  }

  /** Give the memory to the next network of the same architecture; this one can do nothing more. */
  free() {
    if (!this.handle) return;
    const { spare } = this.kernels;
    spare.set(this.key, [...(spare.get(this.key) ?? []), this.place]);
    this.handle = 0;
  }

  fill(at, arrays) {
    const { wasm } = this.kernels;
    const buffer = new Float32Array(wasm.memory.buffer, at, this.length);
    for (const [k, name] of PARAMETERS.entries()) {
      const size = wasm.measure_array(this.handle, k);
      if ((arrays[name]?.length ?? 0) !== size) throw new RangeError(`${name}: expected ${size} numbers`);
      if (size > 0) buffer.set(arrays[name], wasm.find_array(this.handle, k));
    }
    return at;
  }

  unpack(at) {
    const { wasm } = this.kernels;
    const arrays = {};
    for (const [k, name] of PARAMETERS.entries()) {
      const size = wasm.measure_array(this.handle, k);
      if (size > 0) arrays[name] = this.kernels.take(Float32Array, at + 4 * wasm.find_array(this.handle, k), size);
    }
    return arrays;
  }

  /** The present parameters, by name. */
  parameters() {
    return this.unpack(this.weights);
  }

  /** The penalty of each class for each image, (N, classes); the smallest wins. */
  penalties(images) {
    const { kernels } = this;
    const { stored, count } = view(images);
    return kernels.scope(() => {
      const out = kernels.room(Float32Array, count * this.architecture.classes);
      check(kernels.wasm.recognize(this.handle, this.weights, kernels.put(images), stored, count, out));
      return kernels.take(Float32Array, out, count * this.architecture.classes);
    });
  }

  /** The states of all layers, by name; with `sums` also those before the activation function, as "c1.sum" and so on. */
  trace(images, sums = false) {
    const { kernels } = this;
    const { stored, count } = view(images);
    const sizes = { ...LAYERS, output: this.architecture.classes };
    const wanted = ACTIVATED.filter((name) => sums && (name[0] !== "s" || this.architecture.pooling === "trainable"));
    for (const name of wanted) sizes[`${name}.sum`] = sizes[name];
    return kernels.scope(() => {
      const names = [...Object.keys(LAYERS), ...ACTIVATED.map((name) => `${name}.sum`)];
      const out = names.map((name) => (name in sizes ? kernels.room(Float32Array, count * sizes[name]) : 0));
      const list = kernels.put(Uint32Array.from(out));
      check(kernels.wasm.trace(this.handle, this.weights, kernels.put(images), stored, count, list));
      const found = names.map((name, k) => [name, out[k] && kernels.take(Float32Array, out[k], count * sizes[name])]);
      return Object.fromEntries(found.filter(([, array]) => array));
    });
  }

  /** The loss of each image; targets: Int32Array of labels, or Float32Array of shares. */
  losses(images, targets, { kind = "cross-entropy", scale = 0.1, j = 0.1 } = {}) {
    const { count } = view(images);
    const { classes } = this.architecture;
    const soft = isSoft(targets, count, classes);
    const penalties = this.penalties(images);
    const list = targets.address ? this.kernels.take(targets.Type, targets.address, targets.length) : targets;
    return Float64Array.from({ length: count }, (_, n) => {
      const row = penalties.subarray(n * classes, (n + 1) * classes);
      const share = (k) => (soft ? list[n * classes + k] : Number(list[n] === k));
      const softness = kind === "cross-entropy" ? scale : 1;
      const cost = softness * row.reduce((sum, penalty, k) => sum + share(k) * penalty, 0);
      return kind === "mse" ? cost : cost + logSum(Array.from(row, (y) => -softness * y), kind === "map" ? [-j] : []);
    });
  }

  /** The mean loss over some images, as `losses` has it for each. */
  loss(images, targets, loss = {}) {
    const each = this.losses(images, targets, loss);
    return each.reduce((sum, value) => sum + value, 0) / each.length;
  }

  /**
   * The gradient of the mean loss by each parameter, and that loss; with `second` the curvature instead of the
   * gradient. Targets as for `losses`.
   * @returns {{loss: number, gradient: Object<string, Float32Array>}}
   */
  differentiate(images, targets, { kind = "cross-entropy", scale = 0.1, j = 0.1 } = {}, second = false) {
    const { kernels } = this;
    const { stored, count } = view(images);
    const soft = isSoft(targets, count, this.architecture.classes);
    return kernels.scope(() => {
      const [out, losses] = [kernels.room(Float32Array, this.length), kernels.room(Float64Array, count)];
      const seen = [kernels.put(images), stored, count, kernels.put(targets), soft];
      const loss = [LOSSES.indexOf(kind), scale, j, Number(second)];
      check(kernels.wasm.differentiate(this.handle, this.weights, ...seen, ...loss, out, losses));
      const sum = kernels.take(Float64Array, losses, count).reduce((total, each) => total + each, 0);
      return { loss: sum / count, gradient: this.unpack(out) };
    });
  }

  /**
   * Train for some steps; gives the loss of each. `order`: Int32Array of steps x batch images; `rates`: one a step;
   * `scales`: a factor for the rate of each parameter, by name; `distortion`: {scale, squeeze, shear, shift,
   * elastic, elasticWidth, rotation, seed (BigInt), epoch, plain}, see images/distort.py.
   */
  train({ images, targets, order, rates, momentum = 0, weightDecay = 0, loss = {}, scales = null, distortion = null }) {
    const { kernels } = this;
    const { stored, count } = view(images);
    const { kind = "cross-entropy", scale = 0.1, j = 0.1 } = loss;
    const soft = isSoft(targets, count, this.architecture.classes);
    const steps = rates.length;
    if (steps ? order.length % steps : order.length) throw new RangeError(`order: ${order.length} images in ${steps} steps`);
    return kernels.scope(() => {
      const losses = kernels.room(Float64Array, steps);
      const factors = scales && this.fill(kernels.room(Float32Array, this.length), scales);
      const [at, to, list] = [kernels.put(images), kernels.put(targets), kernels.putOrder(order)];
      check(
        kernels.wasm.train(
          this.handle, this.weights, this.velocity, factors, at, stored, count, to, soft, list,
          kernels.put(Float32Array.from(rates)), steps, steps ? order.length / steps : 1, momentum, weightDecay,
          LOSSES.indexOf(kind), scale, j, distortion && kernels.putDistortion(distortion), losses,
        ),
      );
      return kernels.take(Float64Array, losses, steps);
    });
  }
}
