// The loss of a training as a curve on a canvas: thin each step, thick the running median, dashed what a guess gives.
import { median } from "./verdict.mjs";

const WINDOW = 31; // steps of the running median
const LEAST = 0.02; // the losses at the ends of the axis, at most
const MOST = 300;
const TICKS = [0.03, 0.1, 0.3, 1, 3, 10, 30, 100];
const MARGIN = 4; // pixels above and below

export class Curve {
  /**
   * @param {HTMLCanvasElement} canvas its colour is the ink; it takes the size that CSS gives it
   * @param {number | null} guess the loss of a constant answer; null where there is no such level
   * @param {{low: number, high: number} | null} limits of the axis; null to follow the losses
   */
  constructor(canvas, guess, limits = null) {
    Object.assign(this, { canvas, guess, limits, before: [] });
    this.restart(1);
  }

  /** Empty the curve; the median of the training before stays. @param {number} horizon room for so many steps; it grows */
  restart(horizon) {
    this.before = this.medians?.length > WINDOW ? this.medians : (this.before ?? []);
    Object.assign(this, { horizon, losses: [], medians: [], marks: [], low: 1, high: this.guess ?? 1.1, ...this.limits });
  }

  /** Add the losses of the next steps. @param {ArrayLike<number>} losses */
  push(losses) {
    const half = WINDOW >> 1;
    const known = Math.max(0, this.losses.length - half); // of the last medians, not all losses around were there
    this.losses.push(...losses);
    for (let at = known; at < this.losses.length; at++)
      this.medians[at] = median(this.losses.slice(Math.max(0, at - half), at + half + 1));
    for (const loss of losses) {
      if (this.limits) continue;
      this.low = Math.min(this.low, Math.max(loss / 1.3, LEAST));
      this.high = Math.max(this.high, Math.min(loss * 1.3, MOST));
    }
    this.horizon = Math.max(this.horizon, this.losses.length);
  }

  /** Remember that something changed at this step. */
  mark() {
    if (this.marks[this.marks.length - 1] !== this.losses.length) this.marks.push(this.losses.length);
  }

  /** Where a loss is, in pixels from the top of a canvas of this height. */
  findY(loss, height) {
    const share = Math.log(this.high / Math.max(loss, LEAST)) / Math.log(this.high / this.low);
    return MARGIN + Math.min(Math.max(share, 0), 1) * (height - 2 * MARGIN);
  }

  /** Numbers for the axis of losses, with where they are from the top: 0 to 1. */
  listTicks() {
    const { height } = this.measure();
    const inside = TICKS.filter((loss) => loss >= this.low && loss <= this.high);
    return inside.map((loss) => ({ loss, at: this.findY(loss, height) / height }));
  }

  /** The step under a place of the canvas: {step, loss, median}, `step` from 1; null where there is none. */
  read(x) {
    const at = Math.floor((x / this.measure().width) * this.horizon);
    if (at < 0 || at >= this.losses.length) return null;
    return { step: at + 1, loss: this.losses[at], median: this.medians[at] };
  }

  measure() {
    const { clientWidth, clientHeight } = this.canvas;
    return { width: clientWidth || 1, height: clientHeight || 1 };
  }

  draw() {
    const { width, height } = this.measure();
    const scale = globalThis.devicePixelRatio || 1;
    const { canvas } = this;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale))
      Object.assign(canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
    const paper = canvas.getContext("2d");
    paper.setTransform(scale, 0, 0, scale, 0, 0);
    paper.clearRect(0, 0, width, height);
    paper.strokeStyle = getComputedStyle(canvas).color;
    this.drawLevels(paper, width, height);
    paper.setLineDash([1, 4]);
    this.drawLine(paper, this.before, width, height, 1.5, 0.6);
    paper.setLineDash([]);
    this.drawLine(paper, this.losses, width, height, 1, 0.4);
    this.drawLine(paper, this.medians, width, height, 2.5, 1);
  }

  drawLevels(paper, width, height) {
    const line = (x0, y0, x1, y1, dash, alpha) => {
      Object.assign(paper, { globalAlpha: alpha, lineWidth: 1 });
      paper.setLineDash(dash);
      paper.beginPath();
      paper.moveTo(x0, y0);
      paper.lineTo(x1, y1);
      paper.stroke();
    };
    for (const { at } of this.listTicks()) line(0, at * height, width, at * height, [], 0.12);
    const guess = this.guess && this.findY(this.guess, height);
    if (guess) line(0, guess, width, guess, [6, 4], 0.7);
    for (const step of this.marks) line((step / this.horizon) * width, 0, (step / this.horizon) * width, height, [2, 3], 0.7);
    paper.setLineDash([]);
  }

  /** A line through all steps; where there are more than pixels, the least and the most of each column. */
  drawLine(paper, values, width, height, lineWidth, alpha) {
    Object.assign(paper, { globalAlpha: alpha, lineWidth, lineJoin: "round" });
    const each = Math.max(1, Math.floor(this.horizon / width));
    paper.beginPath();
    for (let from = 0; from < Math.min(values.length, this.horizon); from += each) {
      const x = ((from + each / 2) / this.horizon) * width;
      const column = values.slice(from, from + each);
      paper.lineTo(x, this.findY(Math.max(...column), height));
      if (each > 1) paper.lineTo(x, this.findY(Math.min(...column), height));
    }
    paper.stroke();
    paper.globalAlpha = 1;
  }
}
