// Digits in the page's own format, as page/digits.py packs them.
import { Refusal } from "./refusal.mjs";

const MAGIC = "LNDG";
const SIDE = 28;
const MOST = 100_000;
const HEAD = 8; // bytes: magic, count

/** The bytes that gzip made smaller. */
async function unzip(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The two halves of each byte, the high one first: `count` numbers of 4 bits. */
function split(bytes, count, factor = 1) {
  return Uint8Array.from({ length: count }, (_, k) => factor * (k % 2 ? bytes[k >> 1] & 15 : bytes[k >> 1] >> 4));
}

/**
 * Digits and their labels.
 * @param {ArrayBuffer | Uint8Array} file gzip of "LNDG", their number, labels of 4 bits, pixels of 4 bits
 * @returns {Promise<{count: number, images: Uint8Array, labels: Int32Array}>} images 28x28 bytes each, ink 255
 * @throws {Refusal} not such a file
 */
export async function readDigits(file) {
  let bytes;
  try {
    bytes = await unzip(new Uint8Array(file));
  } catch {
    throw new Refusal("page_file.digits");
  }
  const count = bytes.length < HEAD ? 0 : new DataView(bytes.buffer).getUint32(4, true);
  const [labelled, drawn] = [Math.ceil(count / 2), (count * SIDE * SIDE) / 2];
  const named = String.fromCharCode(...bytes.subarray(0, 4)) === MAGIC;
  if (!named || count < 1 || count > MOST || bytes.length !== HEAD + labelled + drawn) throw new Refusal("page_file.digits");
  const labels = Int32Array.from(split(bytes.subarray(HEAD), count));
  if (labels.some((label) => label > 9)) throw new Refusal("page_file.digits");
  return { count, labels, images: split(bytes.subarray(HEAD + labelled), count * SIDE * SIDE, 17) };
}
