// Digits as few people write them, to be put on the board with one press. They are drawn for this page.
import { h } from "./h.mjs";
import { t } from "./say.mjs";

const SIDE = 56; // CSS pixels of a picture
const GRID = 10; // the board's side in the numbers below

const pair = (numbers) => numbers.flatMap((x, k) => (k % 2 ? [] : [{ x: x / GRID, y: numbers[k + 1] / GRID }]));
const oval = (x, y, across, down, from = 0, to = 2) =>
  Array.from({ length: 33 }, (_, k) => Math.PI * (from + ((to - from) * k) / 32)).flatMap((turn) => [x + across * Math.sin(turn), y - down * Math.cos(turn)]);
const dots = (numbers) => pair(numbers).map((point) => [point]);

/** What each is, and its strokes as the board takes them. @type {{label: string, strokes: {x: number, y: number}[][]}[]} */
export const STYLES = [
  { label: "7", strokes: [[2.2, 3, 2.4, 1.8, 7.8, 1.8, 4.4, 9], [3, 5.4, 7, 5.2]].map(pair) }, // crossed
  { label: "1", strokes: [[2.6, 4.2, 5.4, 1.2, 5.4, 9], [3.2, 9, 7.6, 9]].map(pair) }, // with flag and foot
  { label: "0", strokes: [oval(5, 5, 2.5, 3.9), [7.6, 1, 2.4, 9]].map(pair) }, // slashed
  { label: "4", strokes: [[3.4, 1.2, 2.4, 5.6, 7.8, 5.6], [6.4, 2.6, 6, 9.2]].map(pair) }, // open
  { label: "2", strokes: [[2.6, 3, 3.6, 1.5, 5.6, 1.2, 7, 2.6, 6.4, 4.6, 4.4, 7.4, 2.8, 8.7, 2.2, 7.9, 3.2, 7.4, 5, 8.6, 7.9, 8.3]].map(pair) }, // with a loop
  { label: "3", strokes: [[2.6, 1.4, 7.2, 1.4, 4.2, 4.6, 6.4, 4.8, 7.4, 6.8, 6.2, 8.7, 3.8, 9, 2.4, 8]].map(pair) }, // with a flat top
  { label: "8", strokes: [oval(5, 2.9, 1.6, 1.6), oval(5, 6.8, 2.2, 2.2)].map(pair) }, // two circles
  { label: "5", strokes: [[7.2, 1.4, 2.8, 1.4, 2.8, 5, 7.2, 5, 7.2, 8.8, 2.8, 8.8]].map(pair) }, // as on a display
  { label: "6", strokes: dots([6.4, 1.2, 5.2, 2, 4.3, 3, 3.6, 4.2, 3.1, 5.5, 3, 6.8, 3.5, 8.1, 4.6, 8.9, 5.9, 8.8, 6.8, 7.9, 6.9, 6.6, 6.2, 5.6, 5, 5.4, 3.9, 5.9]) }, // in dots
  { label: "9", strokes: [[...oval(4.8, 3.4, 2, 2.1, 0.45, -1.55), 7, 6, 6.4, 8.2, 5, 9, 3.4, 8.6, 2.8, 7.6]].map(pair) }, // curled
];

/** The strokes as a picture: black, which the style sheet turns to chalk in the dark. */
function picture(strokes) {
  const side = 2 * SIDE; // pixels of the canvas
  const canvas = h("canvas", { width: side, height: side, "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  Object.assign(pen, { lineWidth: side / 16, lineCap: "round", lineJoin: "round" });
  for (const points of strokes) {
    pen.beginPath();
    for (const { x, y } of points) pen.lineTo(side * x, side * y);
    if (points.length === 1) pen.lineTo(side * points[0].x + 0.01, side * points[0].y);
    pen.stroke();
  }
  return canvas;
}

/**
 * A row of these digits.
 * @param {(strokes: {x: number, y: number}[][]) => void} put on the board
 * @returns {HTMLElement}
 */
export function makeStyles(put) {
  const buttons = STYLES.map(({ label, strokes }) => {
    const name = t(h("span", { class: "unseen" }), "page_see.style", { label });
    return h("button", { type: "button", onclick: () => put(strokes.map((points) => [...points])) }, picture(strokes), name);
  });
  return h("section", { class: "view styles" }, t(h("h2"), "page_see.styles"), t(h("p", { class: "quiet" }), "page_see.styles_note"), h("div", { class: "tools" }, ...buttons));
}
