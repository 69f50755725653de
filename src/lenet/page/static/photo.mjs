// A picture file as luminance. Its size is read from its header before anything is decoded; a large one is reduced, as
// images/read.py reduces it. No SVG: it is a program, not a picture.
import { h } from "./h.mjs";
import { toLuminance } from "./pictures.mjs";
import { Refusal } from "./refusal.mjs";

const LIMIT = 40e6; // pixels
const WORKING_SIDE = 1024; // larger pictures are reduced while the shorter side keeps at least this many pixels
const BAND = 2 ** 20; // pixels of a canvas at a time
const HEAD = 2 ** 26; // bytes in which a JPEG says its size, behind whatever its camera wrote
const FLAT = 16; // levels: as little as this is nothing

/** How large a picture says that it is; null for what is no PNG, JPEG, WebP, GIF or BMP. @param {ArrayBuffer} content */
export function readSize(content) {
  const view = new DataView(content);
  const says = (text, at = 0) => at + text.length <= view.byteLength && [...text].every((letter, k) => view.getUint8(at + k) === letter.charCodeAt(0));
  try {
    if (says("\x89PNG\r\n\x1a\n")) return [view.getUint32(16), view.getUint32(20)];
    if (says("GIF8")) return [view.getUint16(6, true), view.getUint16(8, true)];
    if (says("BM")) return [view.getInt32(18, true), Math.abs(view.getInt32(22, true))];
    if (says("RIFF") && says("WEBPVP8 ", 8)) return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
    if (says("RIFF") && says("WEBPVP8L", 8)) {
      const bits = view.getUint32(21, true);
      return [(bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1];
    }
    const three = (at) => (view.getUint32(at, true) & 0xffffff) + 1;
    if (says("RIFF") && says("WEBPVP8X", 8)) return [three(24), three(27)];
    if (!says("\xff\xd8\xff")) return null;
    for (let at = 2; ; at += 2 + view.getUint16(at + 2)) {
      while (view.getUint8(at) === 0xff && view.getUint8(at + 1) === 0xff) at += 1;
      const marker = view.getUint8(at + 1);
      // the frame headers, of which C4, C8 and CC are none
      if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return [view.getUint16(at + 7), view.getUint16(at + 5)];
    }
  } catch {
    return null; // the file ends before it says
  }
}

/**
 * Decode a picture.
 * @param {Blob} file
 * @returns {Promise<{luminance: Uint8Array, height: number, width: number}>} upright, on white paper
 * @throws {Refusal} what is no picture, or too large
 */
export async function openPhoto(file) {
  const size = readSize(await file.slice(0, HEAD).arrayBuffer());
  const { name = "" } = file;
  if (!size) throw new Refusal("page_photo.unknown", { name });
  const [wide, high] = size;
  if (wide * high > LIMIT) throw new Refusal("page_photo.large", { name, width: wide, height: high, limit: LIMIT / 1e6 });
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" }).catch(() => null);
  if (!bitmap || bitmap.width * bitmap.height > LIMIT) throw new Refusal("page_photo.damaged", { name });
  const onWhite = await reduce(bitmap, 255);
  if (!isFlat(onWhite.luminance)) return onWhite;
  // white ink on nothing would vanish on white paper
  const onBlack = await reduce(bitmap, 0);
  return isFlat(onBlack.luminance) ? onWhite : onBlack;
}

function isFlat(luminance) {
  let [least, most] = [255, 0];
  for (const level of luminance) {
    if (level < least) least = level;
    if (level > most) most = level;
  }
  return most - least < FLAT;
}

/** The means of squares of pixels, a band at a time: the page stays awake, and no second copy of the picture is made. */
async function reduce(bitmap, paper) {
  const factor = Math.max(Math.floor(Math.min(bitmap.width, bitmap.height) / WORKING_SIDE), 1);
  const [width, height] = [Math.ceil(bitmap.width / factor), Math.ceil(bitmap.height / factor)];
  const rows = Math.max(Math.floor(BAND / bitmap.width / factor), 1) * factor;
  const canvas = h("canvas", { width: bitmap.width, height: Math.min(rows, bitmap.height) });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const reduced = new Uint8Array(width * height);
  for (let top = 0; top < bitmap.height; top += rows) {
    const count = Math.min(rows, bitmap.height - top);
    context.clearRect(0, 0, bitmap.width, count);
    context.drawImage(bitmap, 0, top, bitmap.width, count, 0, 0, bitmap.width, count);
    const band = toLuminance(context.getImageData(0, 0, bitmap.width, count).data, paper);
    reduced.set(shrink(band, bitmap.width, count, factor), (top / factor) * width);
    if (top + rows < bitmap.height) await new Promise((resolve) => setTimeout(resolve));
  }
  return { luminance: reduced, height, width };
}

/** As Pillow's `Image.reduce`; at the right and lower edges the squares are what is left of them. */
export function shrink(pixels, width, height, factor) {
  if (factor === 1) return pixels;
  const across = Math.ceil(width / factor);
  const shrunk = new Uint8Array(across * Math.ceil(height / factor));
  const sums = new Float64Array(across);
  for (let top = 0; top < height; top += factor) {
    const bottom = Math.min(top + factor, height);
    sums.fill(0);
    for (let y = top; y < bottom; y++) for (let x = 0; x < width; x++) sums[Math.floor(x / factor)] += pixels[y * width + x];
    const row = (top / factor) * across;
    sums.forEach((sum, x) => (shrunk[row + x] = Math.floor(sum / ((bottom - top) * Math.min(factor, width - x * factor)) + 0.5)));
  }
  return shrunk;
}
