// A digit moved, scaled, turned, squeezed, slanted, thickened, met by a second one, buried in noise or covered in part. No DOM.

export const FIELD = 32; // pixels of a side, as the network sees them
const STORED = 28;
const MIDDLE = (STORED - 1) / 2;

/** What can be done to a digit: the range and the step of a number that is 0 where it does nothing. */
export const CHANGES = {
  right: { least: -12, most: 12, step: 0.5 }, // pixels
  down: { least: -12, most: 12, step: 0.5 },
  size: { least: -1, most: 1, step: 0.05 }, // powers of two
  turn: { least: -90, most: 90, step: 3 }, // degrees, clockwise
  squeeze: { least: -1, most: 1, step: 0.05 }, // powers of two: height by width
  slant: { least: -1, most: 1, step: 0.05 }, // pixels to the right for each pixel up
  thickness: { least: -2, most: 3, step: 0.125 }, // pixels at each edge of a stroke
  noise: { least: 0, most: 0.5, step: 0.0125 }, // share of the pixels that are inverted
  cover: { least: 0, most: 20, step: 1 }, // pixels of the side of a square of paper
  second: { least: -26, most: 26, step: 1 }, // pixels that a second digit comes in, from the right; negative: from the left
};

/** No change at all; the cover, of no size, is in the middle; the second digit, outside, is a 5. */
export const makeRest = () => ({ ...Object.fromEntries(Object.keys(CHANGES).map((name) => [name, 0])), x: FIELD / 2, y: FIELD / 2, other: 5 });

/** Whether nothing is changed. */
export const isRest = (change) => Object.keys(CHANGES).every((name) => change[name] === 0);

/** The pixel of a stored digit; paper around it. */
const makeLook = (image) => (row, column) => (row < 0 || column < 0 || row >= STORED || column >= STORED ? 0 : image[row * STORED + column]);

/** The strongest (sign 1) or weakest (-1) of each pixel and the four beside it. */
function spread(image, sign) {
  const take = sign > 0 ? Math.max : Math.min;
  const at = makeLook(image);
  return Float32Array.from(image, (value, k) => {
    const [row, column] = [Math.floor(k / STORED), k % STORED];
    return take(value, at(row - 1, column), at(row + 1, column), at(row, column - 1), at(row, column + 1));
  });
}

/** Strokes thicker by some pixels at each edge, or thinner; parts of a pixel are a mixture. */
export function thicken(image, amount) {
  let found = Float32Array.from(image);
  for (let left = Math.abs(amount); left > 0; left--) {
    const next = spread(found, Math.sign(amount));
    const share = Math.min(left, 1);
    found = found.map((value, k) => value + share * (next[k] - value));
  }
  return found;
}

/**
 * A digit moved, scaled, turned, squeezed, slanted and thickened on the network's whole field, between pixels
 * bilinearly.
 * @param {ArrayLike<number>} image 28x28, ink 255 on 0
 * @param {Object<string, number>} change a number for each of `CHANGES`
 * @returns {Float32Array} 32x32, ink 255 on 0
 */
export function deform(image, change) {
  const at = makeLook(change.thickness ? thicken(image, change.thickness) : image);
  const [wide, high] = [change.size - change.squeeze / 2, change.size + change.squeeze / 2].map((power) => 2 ** power);
  const angle = (change.turn * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  // a pixel of a smaller digit is a mean, or thin strokes would be missed
  const apart = Math.max(0, 1 - Math.min(wide, high)) / 2;
  const places = apart ? [-apart, apart] : [0];
  const look = (x, y) => {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const [right, low] = [x - column, y - row];
    const [upper, lower] = [row, row + 1].map((one) => (1 - right) * at(one, column) + right * at(one, column + 1));
    return (1 - low) * upper + low * lower;
  };
  return Float32Array.from({ length: FIELD * FIELD }, (_, k) => {
    let sum = 0;
    for (const dy of places)
      for (const dx of places) {
        // from the place on the field back to the place in the digit
        const x = (k % FIELD) + 0.5 - FIELD / 2 - change.right + dx;
        const y = Math.floor(k / FIELD) + 0.5 - FIELD / 2 - change.down + dy;
        const [turnedX, turnedY] = [cos * x + sin * y, cos * y - sin * x];
        sum += look((turnedX + change.slant * turnedY) / wide + MIDDLE, turnedY / high + MIDDLE);
      }
    return sum / places.length ** 2;
  });
}

/** A second digit on the same field, whose ink lies over the first one's: right of the middle by 26 pixels, less what it comes in. */
export function addDigit(field, image, second) {
  const right = Math.sign(second) * (CHANGES.second.most - Math.abs(second));
  const beside = deform(image, { ...makeRest(), right });
  return field.map((value, k) => Math.max(value, beside[k]));
}

/** Invert a share of the pixels: always the same ones, and more of them for a larger share. */
export const bury = (field, share, grain) => field.map((value, k) => (grain[k] < share ? 255 - value : value));

/** A field with a square of paper on it, whose middle is at a place. */
export function cover(field, side, x, y) {
  const [left, top] = [x, y].map((middle) => Math.round(middle - side / 2));
  return field.map((value, k) => {
    const [column, row] = [(k % FIELD) - left, Math.floor(k / FIELD) - top];
    return column >= 0 && column < side && row >= 0 && row < side ? 0 : value;
  });
}

/**
 * A digit with all changes, as the network sees it.
 * @param {ArrayLike<number>} image 28x28, ink 255 on 0
 * @param {Object<string, number>} change a number for each of `CHANGES`, x and y of the cover, `other` of the samples
 * @param {ArrayLike<number>} grain 32x32 numbers from 0 to 1: which pixels the noise inverts first
 * @param {{scale: number, offset: number}} input of facts.json
 * @param {Uint8Array} [samples] 28x28 each, one of which is the second digit
 * @returns {Float32Array} 32x32
 */
export function makeInput(image, change, grain, { scale, offset }, samples) {
  let field = deform(image, change);
  if (change.second) field = addDigit(field, samples.subarray(784 * change.other, 784 * (change.other + 1)), change.second);
  if (change.noise) field = bury(field, change.noise, grain);
  if (change.cover) field = cover(field, change.cover, change.x, change.y);
  return field.map((value) => value * scale + offset);
}

/** All values of a change, from the least to the most. @returns {number[]} */
export function listSteps(name) {
  const { least, most, step } = CHANGES[name];
  return Array.from({ length: Math.round((most - least) / step) + 1 }, (_, k) => Math.round((least + k * step) * 1e4) / 1e4);
}

/**
 * The longest run of true in a list.
 * @param {boolean[]} holds
 * @returns {[number, number] | null} its first and its last index
 */
export function findRun(holds) {
  let [best, from] = [null, 0];
  holds.forEach((each, k) => {
    if (!each) from = k + 1;
    else if (!best || k - from > best[1] - best[0]) best = [from, k];
  });
  return best;
}
