// The kernels' memory as JavaScript sees it: refusals, kept arrays, and what an array of images is.

export const FIELD_PIXELS = 1024; // numbers of an image as the network sees it: 32x32
const STORED = 784; // bytes of an image as MNIST stores it: 28x28
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

/** Throw what a code of the module says; 0 is none. */
export function check(code) {
  if (code !== 0) throw new KernelError(code);
}

/** An array that stays in the kernels' memory, or a part of it; see `Kernels.keep`. */
export class Kept {
  constructor(address, Type, length) {
    this.address = address;
    this.Type = Type;
    this.length = length;
    this.BYTES_PER_ELEMENT = Type.BYTES_PER_ELEMENT;
  }

  subarray(from, to) {
    return new Kept(this.address + from * this.BYTES_PER_ELEMENT, this.Type, to - from);
  }
}

function isBytes(array) {
  return array.BYTES_PER_ELEMENT === 1;
}

/** The type of an array's numbers, for arrays that are kept, too. */
export function findType(array) {
  return array.Type ?? (isBytes(array) ? Uint8Array : array.constructor);
}

/** The memory of a module, which `allocate` gives and `release` takes back. */
export class Memory {
  constructor(wasm) {
    this.wasm = wasm;
  }

  /** Room for an array of a type; gives its address. */
  room(Type, length) {
    const at = this.wasm.allocate(Type.BYTES_PER_ELEMENT * length) >>> 0;
    if (at === 0) throw new KernelError(1);
    return at;
  }

  /** Copy an array in; gives its address. What is kept there already (see `keep`) is not copied. */
  put(array) {
    if (array instanceof Kept) return array.address;
    const Type = findType(array);
    const at = this.room(Type, array.length);
    new Type(this.wasm.memory.buffer, at, array.length).set(array);
    return at;
  }

  /** Copy an array out. */
  take(Type, at, length) {
    return new Type(this.wasm.memory.buffer, at, length).slice();
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
}

/** Whether images are bytes as stored, and how many there are. */
export function view(images) {
  const size = isBytes(images) ? STORED : FIELD_PIXELS;
  if (images.length % size !== 0) throw new RangeError(`images: ${images.length} numbers, expected a multiple of ${size}`);
  return { stored: Number(isBytes(images)), count: images.length / size };
}

