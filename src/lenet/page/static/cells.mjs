// Numbers as cells on a canvas: positive is solid ink, negative a dot in the accent's red, strength is opacity.

const DOT = 0.6; // of a cell

/** Give a canvas the pixels of this size in CSS, and a context in CSS pixels with the colours of the page. */
export function prepare(canvas, width, height) {
  const scale = globalThis.devicePixelRatio || 1;
  Object.assign(canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  const paper = canvas.getContext("2d");
  paper.setTransform(scale, 0, 0, scale, 0, 0);
  const style = getComputedStyle(canvas);
  const colour = (name, other) => style.getPropertyValue(name).trim() || other;
  return { paper, ink: colour("--ink", style.color), accent: colour("--accent", style.color), sheet: colour("--sheet", "transparent") };
}

/**
 * Draw numbers row by row.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {number} columns
 * @param {number} side of a cell, in CSS pixels
 * @param {number} largest the number that is drawn at full strength
 */
export function drawCells(canvas, values, columns, side, largest) {
  const rows = values.length / columns;
  const { paper, ink, accent, sheet } = prepare(canvas, columns * side, rows * side);
  paper.fillStyle = sheet;
  paper.fillRect(0, 0, columns * side, rows * side);
  for (let at = 0; at < values.length; at++) {
    const [x, y] = [(at % columns) * side, Math.floor(at / columns) * side];
    const size = values[at] < 0 ? side * DOT : side;
    const edge = (side - size) / 2;
    paper.globalAlpha = Math.min(Math.abs(values[at]) / largest, 1);
    paper.fillStyle = values[at] < 0 ? accent : ink;
    paper.fillRect(x + edge, y + edge, size, size);
  }
  paper.globalAlpha = 1;
}

/** Cross out some cells of a picture that `drawCells` drew. @param {boolean[]} crossed */
export function crossOut(canvas, crossed, columns, side) {
  const paper = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  Object.assign(paper, { strokeStyle: style.getPropertyValue("--ink").trim() || style.color, lineWidth: Math.max(1, side / 14) });
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
  drawCells(canvas, Array.from(image), 28, side, 255);
}
