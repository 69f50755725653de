// LeNet-5's kernels (lenet.wasm) for JavaScript: the same numbers as in Python. One thread; train in a worker.
// Images are Uint8Array, 28x28 bytes each, or Float32Array, 32x32 numbers each as the network sees them.
import { FIELD_PIXELS, KernelError, Kept, Memory, check, findType, view } from "./memory.mjs";
import { Network } from "./network.mjs";
import { PARAMETERS, readNetwork } from "./network_file.mjs";

export { KernelError, Network, PARAMETERS, readNetwork };

/** Load the module from its bytes, or from a Response. */
export async function loadKernels(source) {
  const bytes = source instanceof Response ? await source.arrayBuffer() : source;
  const { instance } = await WebAssembly.instantiate(bytes);
  return new Kernels(instance.exports);
}

export class Kernels extends Memory {
  constructor(wasm) {
    super(wasm);
    this.spare = new Map(); // by architecture: places that `Network.free` gave back
  }

  /** The same for an order, which may be any list of numbers. */
  putOrder(order) {
    return this.put(order instanceof Kept ? order : Int32Array.from(order));
  }

  /** Copy an array in to stay: images, targets or an order, so that every stretch of a training need not. */
  keep(array) {
    return new Kept(this.put(array), findType(array), array.length);
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

  /**
   * Images as the network sees them, 32x32 numbers each: those that an epoch shows at `patterns` (their indices,
   * and beyond the last image their copies), distorted as `train` distorts them.
   */
  show(images, patterns, distortion = null) {
    const { stored, count } = view(images);
    return this.scope(() => {
      const fields = this.room(Float32Array, patterns.length * FIELD_PIXELS);
      const [at, list] = [this.put(images), this.put(Int32Array.from(patterns))];
      check(this.wasm.show(at, stored, count, list, patterns.length, distortion && this.putDistortion(distortion), fields));
      return this.take(Float32Array, fields, patterns.length * FIELD_PIXELS);
    });
  }

  putDistortion({
    scale = 0, squeeze = 0, shear = 0, shift = 0, elastic = 0, elasticWidth = 4, rotation = 0, seed = 0n, epoch = 0, plain = 0,
  }) {
    const bytes = new DataView(new ArrayBuffer(72));
    [scale, squeeze, shear, shift, elastic, elasticWidth, rotation].forEach((amount, k) => bytes.setFloat64(8 * k, amount, true));
    bytes.setBigUint64(56, seed, true);
    bytes.setUint32(64, epoch, true);
    bytes.setInt32(68, plain, true);
    return this.put(new Uint8Array(bytes.buffer));
  }

  /** A network: `architecture` as in Python, `parameters` by name. Not inside `scope`; `free` it after use. */
  network(architecture, parameters) {
    return new Network(this, architecture, parameters);
  }
}
