// The clean-up of a picture (pictures.wasm) for JavaScript: the digit that `lenet recognize` reads in it.
// Pictures are Uint8Array: height x width bytes of luminance, whichever of ink and paper is dark.
import { Memory, check } from "./memory.mjs";

export const STEPS = ["polarity", "closeup", "light", "rules", "ink", "width"]; // as in images/normalize.py
const DIGIT = 784; // bytes: 28x28
const WAYS = 2; // to read a picture, at most

/** Load the module from its bytes, or from a Response. */
export async function loadPictures(source) {
  const bytes = source instanceof Response ? await source.arrayBuffer() : source;
  const { instance } = await WebAssembly.instantiate(bytes);
  return new Pictures(instance.exports);
}

export class Pictures extends Memory {
  /**
   * The digit of a picture in each way that it can be read, the likeliest first; a network tells which is right.
   * @returns {{digit: Uint8Array, others: number}[]} 28x28 bytes in MNIST's form, zeros on a blank page; and how
   *   many marks beside it could have been read as well
   */
  findDigits(picture, height, width) {
    return this.scope(() => {
      const digits = this.room(Uint8Array, WAYS * DIGIT);
      const [others, ways] = [this.room(Int32Array, WAYS), this.room(Int32Array, 1)];
      check(this.wasm.find_digits(this.put(picture), height, width, digits, others, ways));
      const [count] = this.take(Int32Array, ways, 1);
      const beside = this.take(Int32Array, others, count);
      return Array.from(beside, (number, way) => ({ digit: this.take(Uint8Array, digits + way * DIGIT, DIGIT), others: number }));
    });
  }

  /**
   * What the steps of one way look like, as far as they were reached; none where a picture has MNIST's form already.
   * @param {number} way its place in what `findDigits` returns, where no way was blank
   * @returns {{name: string, height: number, width: number, pixels: Uint8Array}[]}
   */
  showSteps(picture, height, width, way = 0) {
    return this.scope(() => {
      const found = this.room(Uint32Array, 3 * STEPS.length);
      check(this.wasm.show_steps(this.put(picture), height, width, way, found));
      const places = this.take(Uint32Array, found, 3 * STEPS.length);
      return STEPS.map((name, k) => {
        const [high, wide, at] = places.subarray(3 * k);
        return { name, height: high, width: wide, pixels: this.take(Uint8Array, at, high * wide) };
      }).filter((step) => step.height);
    });
  }
}

/**
 * Luminance of a canvas's pixels, by ITU-R 601 as Pillow rounds it.
 * @param {Uint8ClampedArray} rgba `ImageData.data`
 * @param {number} paper the level on which lies what is transparent
 */
export function toLuminance(rgba, paper = 255) {
  const luminance = new Uint8Array(rgba.length / 4);
  for (let k = 0, at = 0; k < luminance.length; k++, at += 4) {
    const alpha = rgba[at + 3];
    const light = (19595 * rgba[at] + 38470 * rgba[at + 1] + 7471 * rgba[at + 2] + 32768) >> 16;
    luminance[k] = alpha === 255 ? light : Math.round((light * alpha + paper * (255 - alpha)) / 255);
  }
  return luminance;
}
