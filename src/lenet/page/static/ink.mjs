// The ink of a drawing: a round pen along lines, as distances to segments, so that it is the same in every browser.

export const SIDE = 280; // pixels of the drawing that is read
const PEN = 20; // their width

/** Paper without ink: SIDE x SIDE bytes. */
export const makePaper = () => new Uint8Array(SIDE * SIDE);

/**
 * Draw a segment on paper.
 * @param {Uint8Array} paper changed in place; 255 is ink
 * @param {{x: number, y: number}} from shares of the side, 0 to 1
 * @param {{x: number, y: number}} to
 */
export function drawSegment(paper, from, to) {
  const [x0, y0, x1, y1] = [from.x, from.y, to.x, to.y].map((share) => share * SIDE);
  const reach = PEN / 2 + 1;
  const clip = (value) => Math.min(Math.max(value, 0), SIDE - 1);
  const [left, right] = [clip(Math.floor(Math.min(x0, x1) - reach)), clip(Math.ceil(Math.max(x0, x1) + reach))];
  const [top, bottom] = [clip(Math.floor(Math.min(y0, y1) - reach)), clip(Math.ceil(Math.max(y0, y1) + reach))];
  const length = Math.max((x1 - x0) ** 2 + (y1 - y0) ** 2, 1e-9);
  for (let y = top; y <= bottom; y++)
    for (let x = left; x <= right; x++) {
      const [px, py] = [x + 0.5 - x0, y + 0.5 - y0];
      const along = Math.min(Math.max((px * (x1 - x0) + py * (y1 - y0)) / length, 0), 1);
      const distance = Math.hypot(px - along * (x1 - x0), py - along * (y1 - y0));
      const ink = Math.round(255 * Math.min(Math.max(PEN / 2 - distance + 0.5, 0), 1));
      const at = y * SIDE + x;
      if (ink > paper[at]) paper[at] = ink;
    }
}

/** The ink of some strokes, each a list of points. */
export function drawStrokes(strokes) {
  const paper = makePaper();
  for (const points of strokes)
    points.forEach((point, k) => drawSegment(paper, points[Math.max(k - 1, 0)], point));
  return paper;
}

/** How far the middle of the ink is from the middle of the paper, as a share of the side. @param {Uint8Array} paper */
export function measureOff(paper) {
  let [sum, x, y] = [0, 0, 0];
  paper.forEach((ink, at) => {
    sum += ink;
    x += ink * (at % SIDE);
    y += ink * Math.floor(at / SIDE);
  });
  return sum ? Math.hypot(x / sum / SIDE - 0.5, y / sum / SIDE - 0.5) : 0;
}
