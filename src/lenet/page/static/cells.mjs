// Numbers as cells on a canvas: positive is solid ink, negative a dot in the accent's red, strength is opacity.

const EDGE = 0.2; // of a cell, on each side of a dot
const STRENGTHS = 255;
const NAMES = ["paper", "ink", "accent", "sheet"];
const themes = new Map(); // by name: their colours, and a pixel for each strength
const drawn = new WeakMap(); // by canvas: what `drawCells` drew on it

/** Pixels from one colour, strength 0, to another one. */
function mix(from, to) {
  const pen = document.createElement("canvas").getContext("2d");
  const [start, end] = [from, to].map((colour) => {
    pen.fillStyle = colour; // reads back as #rrggbb
    return [1, 3, 5].map((at) => parseInt(pen.fillStyle.slice(at, at + 2), 16));
  });
  const pixels = new Uint8ClampedArray(4 * (STRENGTHS + 1)).fill(255);
  for (let k = 0; k <= STRENGTHS; k++) start.forEach((value, channel) => (pixels[4 * k + channel] = value + ((end[channel] - value) * k) / STRENGTHS));
  return new Uint32Array(pixels.buffer);
}

/** The colours of the page in the theme of now: paper, ink, accent, sheet. @returns {Object<string, any>} */
export function findColours() {
  const { theme } = document.documentElement.dataset;
  if (themes.has(theme)) return themes.get(theme);
  const style = getComputedStyle(document.documentElement);
  const found = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  Object.assign(found, { theme, positive: mix(found.sheet, found.ink), negative: mix(found.sheet, found.accent) });
  themes.set(theme, found);
  return found;
}

/** Give a canvas the pixels of this size in CSS, and a context in CSS pixels with the colours of the page. */
export function prepare(canvas, width, height) {
  const scale = globalThis.devicePixelRatio || 1;
  const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
  for (const [name, value] of Object.entries(size)) if (canvas[name] !== value) canvas[name] = value; // which clears it
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  drawn.delete(canvas);
  const paper = canvas.getContext("2d", { willReadFrequently: true }); // pixels are written more often than lines are drawn
  paper.setTransform(scale, 0, 0, scale, 0, 0);
  return { ...findColours(), paper };
}

/** For each pixel along a side: its cell, and the share of it that a dot covers. */
function divide(pixels, cells) {
  const side = pixels / cells;
  const cell = Uint16Array.from({ length: pixels }, (_, at) => Math.floor((at + 0.5) / side));
  const dot = Float32Array.from(cell, (one, at) => Math.max(Math.min(at + 1, (one + 1 - EDGE) * side) - Math.max(at, (one + EDGE) * side), 0));
  return { cell, dot };
}

function layOut(canvas, key, count, columns, side) {
  const rows = count / columns;
  const { paper } = prepare(canvas, columns * side, rows * side);
  const image = paper.createImageData(canvas.width, canvas.height);
  const [across, down] = [divide(canvas.width, columns), divide(canvas.height, rows)];
  const found = { key, paper, image, across, down, pixels: new Uint32Array(image.data.buffer), levels: new Int16Array(count), stale: new Uint8Array(rows).fill(1) };
  drawn.set(canvas, found);
  return found;
}

/**
 * Draw numbers row by row, if they are not there already.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {number} columns
 * @param {number} side of a cell, in CSS pixels
 * @param {number} largest the number that is drawn at full strength
 */
export function drawCells(canvas, values, columns, side, largest) {
  const { theme, positive, negative } = findColours();
  const key = [theme, values.length, columns, side, globalThis.devicePixelRatio].join();
  let last = drawn.get(canvas);
  if (last?.key !== key) last = layOut(canvas, key, values.length, columns, side);
  const { paper, image, across, down, pixels, levels, stale } = last;
  for (let k = 0; k < levels.length; k++) {
    const level = Math.round(STRENGTHS * Math.min(Math.max(values[k] / largest, -1), 1));
    if (level === levels[k]) continue;
    levels[k] = level;
    stale[Math.floor(k / columns)] = 1;
  }
  if (!stale.includes(1)) return;
  const { width, height } = image;
  for (let y = 0; y < height; y++) {
    const row = down.cell[y];
    if (!stale[row]) continue;
    let at = y * width;
    if (y && row === down.cell[y - 1] && down.dot[y] === down.dot[y - 1]) pixels.copyWithin(at, at - width, at);
    else
      for (let x = 0; x < width; x++) {
        const level = levels[row * columns + across.cell[x]];
        pixels[at++] = level < 0 ? negative[Math.round(-level * down.dot[y] * across.dot[x])] : positive[level];
      }
  }
  paper.putImageData(image, 0, 0);
  stale.fill(0);
}

/** A context to draw over the cells of a canvas, which are drawn anew the next time. @param {HTMLCanvasElement} canvas */
export function drawOver(canvas) {
  drawn.get(canvas)?.stale.fill(1);
  return canvas.getContext("2d");
}

/** Cross out some cells of a picture that `drawCells` drew. @param {boolean[]} crossed */
export function crossOut(canvas, crossed, columns, side) {
  const paper = drawOver(canvas);
  Object.assign(paper, { strokeStyle: findColours().ink, lineWidth: Math.max(1, side / 14) });
  crossed.forEach((is, at) => {
    if (!is) return;
    const [x, y, rim] = [(at % columns) * side, Math.floor(at / columns) * side, side * 0.2];
    paper.beginPath();
    for (const [x0, x1] of [[x + rim, x + side - rim], [x + side - rim, x + rim]]) {
      paper.moveTo(x0, y + rim);
      paper.lineTo(x1, y + side - rim);
    }
    paper.stroke();
  });
}

/** Draw a digit of 28x28 bytes, ink on the sheet, without smoothing. */
export function drawDigit(canvas, image, side) {
  drawCells(canvas, image, 28, side, 255);
}
