// LeNet-5's kernels (lenet.wasm) for JavaScript: the same numbers as in Python. One thread; train in a worker.
// Images are Uint8Array, 28x28 bytes each, or Float32Array, 32x32 numbers each as the network sees them.

export const PARAMETERS = [
  "c1.weight", "c1.bias", "s2.coefficient", "s2.bias", "c3.weight", "c3.bias", "s4.coefficient", "s4.bias",
  "c5.weight", "c5.bias", "f6.weight", "f6.bias", "output.weight", "output.bias",
];
const CHOICES = {
  activation: ["tanh", "logistic", "relu"], pooling: ["trainable", "average", "max"],
  connections: ["table", "full"], output: ["rbf", "linear"],
};
const LOSSES = ["cross-entropy", "mse", "map"];
const LAYERS = { input: 1024, c1: 4704, s2: 1176, c3: 1600, s4: 400, c5: 120, f6: 84, output: 0 };
const SQUASHED = ["c1", "s2", "c3", "s4", "c5", "f6"];
const REFUSALS = [
  "", "no more memory", "memory that was not allocated", "not a network", "a number is out of range",
  "a label is not a class", "an index is not an image", "MSE needs the RBF output", "nothing is drawn",
];

export class KernelError extends Error {
  constructor(code) {
    super(REFUSALS[code] ?? `code ${code}`);
    this.code = code;
  }
}

function check(code) {
  if (code !== 0) throw new KernelError(code);
}

/** Load the module from its bytes, or from a Response. */
export async function loadKernels(source) {
  const bytes = source instanceof Response ? await source.arrayBuffer() : source;
  const { instance } = await WebAssembly.instantiate(bytes);
  return new Kernels(instance.exports);
}

/** The arrays and the description in a network's .safetensors file: its bytes, or an ArrayBuffer. */
export function readNetwork(file) {
  const bytes = new Uint8Array(file);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const { architecture, labels } = JSON.parse(header.__metadata__.lenet);
  const parameters = {};
  for (const name of PARAMETERS.filter((name) => name in header)) {
    const [from, to] = header[name].data_offsets;
    parameters[name] = new Float32Array(bytes.buffer.slice(8 + length + from, 8 + length + to));
  }
  return { architecture, labels, parameters };
}

export class Kernels {
  constructor(wasm) {
    this.wasm = wasm;
  }

  /** Room for an array of a type; gives its address. */
  room(Type, length) {
    const at = this.wasm.allocate(Type.BYTES_PER_ELEMENT * length) >>> 0;
    if (at === 0) throw new KernelError(1);
    return at;
  }

  /** Copy an array in; gives its address. What has one already (see `keep`) is not copied. */
  put(array) {
    if (array.address) return array.address;
    const Type = isBytes(array) ? Uint8Array : array.constructor;
    const at = this.room(Type, array.length);
    new Type(this.wasm.memory.buffer, at, array.length).set(array);
    return at;
  }

  /** Copy an array out. */
  take(Type, at, length) {
    return new Type(this.wasm.memory.buffer, at, length).slice();
  }

  /** Copy images in to stay, so that every stretch of a training need not. */
  keep(images) {
    return { address: this.put(images), length: images.length, BYTES_PER_ELEMENT: images.BYTES_PER_ELEMENT };
  }

  /** Run a function and give back all the memory that it took. */
  scope(run) {
    const mark = this.wasm.mark();
    try {
      return run();
    } finally {
      this.wasm.release(mark);
    }
  }

  /** A drawing (height x width bytes, 0 paper to 255 ink) in MNIST's form: Uint8Array of 28x28. */
  normalize(ink, height, width) {
    return this.scope(() => {
      const digit = this.room(Uint8Array, 784);
      check(this.wasm.normalize(this.put(ink), height, width, digit));
      return this.take(Uint8Array, digit, 784);
    });
  }

  /** Four random words for each counter of four (randomness.py); `seed` is a BigInt. */
  philox(counters, seed) {
    return this.scope(() => {
      const at = this.put(Uint32Array.from(counters));
      check(this.wasm.philox(at, counters.length / 4, Number(seed & 0xffffffffn), Number(seed >> 32n)));
      return this.take(Uint32Array, at, counters.length);
    });
  }

  /** A network: `architecture` as in Python, `parameters` by name. */
  network(architecture, parameters) {
    return new Network(this, architecture, parameters);
  }
}

function isBytes(array) {
  return array.BYTES_PER_ELEMENT === 1;
}

function view(images) {
  const size = isBytes(images) ? 784 : 1024;
  if (images.length % size !== 0) throw new RangeError(`images: ${images.length} numbers, expected a multiple of ${size}`);
  return { stored: Number(isBytes(images)), count: images.length / size };
}

/** Whether targets are shares of all classes rather than labels. */
function isSoft(targets, count, classes) {
  const soft = targets instanceof Float32Array;
  if (!soft && !(targets instanceof Int32Array)) throw new TypeError("targets: expected an Int32Array or a Float32Array");
  const expected = soft ? count * classes : count;
  if (targets.length !== expected) throw new RangeError(`targets: ${targets.length} numbers, expected ${expected}`);
  return Number(soft);
}

export class Network {
  constructor(kernels, architecture, parameters) {
    this.kernels = kernels;
    this.architecture = architecture;
    const choices = Object.entries(CHOICES).map(([field, values]) => values.indexOf(architecture[field]));
    this.handle = kernels.wasm.describe(...choices, architecture.classes);
    if (this.handle === 0) throw new KernelError(4);
    this.length = kernels.wasm.find_array(this.handle, PARAMETERS.length);
    this.weights = kernels.room(Float32Array, this.length);
    this.velocity = kernels.room(Float32Array, this.length);
    this.fill(this.weights, parameters);
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

  /** The states of all layers, by name; with `sums` also those before squashing, as "c1.sum" and so on. */
  trace(images, sums = false) {
    const { kernels } = this;
    const { stored, count } = view(images);
    const sizes = { ...LAYERS, output: this.architecture.classes };
    const wanted = SQUASHED.filter((name) => sums && (name[0] !== "s" || this.architecture.pooling === "trainable"));
    for (const name of wanted) sizes[`${name}.sum`] = sizes[name];
    return kernels.scope(() => {
      const names = [...Object.keys(LAYERS), ...SQUASHED.map((name) => `${name}.sum`)];
      const out = names.map((name) => (name in sizes ? kernels.room(Float32Array, count * sizes[name]) : 0));
      const list = kernels.put(Uint32Array.from(out));
      check(kernels.wasm.trace(this.handle, this.weights, kernels.put(images), stored, count, list));
      const found = names.map((name, k) => [name, out[k] && kernels.take(Float32Array, out[k], count * sizes[name])]);
      return Object.fromEntries(found.filter(([, array]) => array));
    });
  }

  /** The gradient of the mean loss by each parameter; `second` for the curvature. Targets: Int32Array or shares. */
  gradient(images, targets, { kind = "cross-entropy", scale = 0.1, j = 0.1 } = {}, second = false) {
    const { kernels } = this;
    const { stored, count } = view(images);
    const soft = isSoft(targets, count, this.architecture.classes);
    return kernels.scope(() => {
      const out = kernels.room(Float32Array, this.length);
      const [at, to] = [kernels.put(images), kernels.put(targets)];
      const loss = [LOSSES.indexOf(kind), scale, j];
      check(kernels.wasm.differentiate(this.handle, this.weights, at, stored, count, to, soft, ...loss, Number(second), out));
      return this.unpack(out);
    });
  }

  /**
   * Train for some steps; gives the loss of each. `order`: Int32Array of steps x batch images; `rates`: one a step;
   * `scales`: a factor for the rate of each parameter, by name; `distortion`: {scale, squeeze, shear, shift,
   * elastic, elasticWidth, seed (BigInt), epoch, plain}, see images/distort.py.
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
      const [at, to, list] = [kernels.put(images), kernels.put(targets), kernels.put(Int32Array.from(order))];
      check(
        kernels.wasm.train(
          this.handle, this.weights, this.velocity, factors, at, stored, count, to, soft, list,
          kernels.put(Float32Array.from(rates)), steps, steps ? order.length / steps : 1, momentum, weightDecay,
          LOSSES.indexOf(kind), scale, j, distortion && this.putDistortion(distortion), losses,
        ),
      );
      return kernels.take(Float64Array, losses, steps);
    });
  }

  putDistortion({
    scale = 0, squeeze = 0, shear = 0, shift = 0, elastic = 0, elasticWidth = 4, seed = 0n, epoch = 0, plain = 0,
  }) {
    const bytes = new DataView(new ArrayBuffer(64));
    [scale, squeeze, shear, shift, elastic, elasticWidth].forEach((amount, k) => bytes.setFloat64(8 * k, amount, true));
    bytes.setBigUint64(48, seed, true);
    bytes.setUint32(56, epoch, true);
    bytes.setInt32(60, plain, true);
    return this.kernels.put(new Uint8Array(bytes.buffer));
  }
}
