// The board: she draws with mouse, finger, pen or keyboard; or it shows a digit of 28x28.
import { drawDigit, findColours, prepare } from "./cells.mjs";
import { h } from "./h.mjs";
import { drawSegment, drawStrokes, makePaper, SIDE } from "./ink.mjs";
import { t } from "./say.mjs";

const PEN = 20 / SIDE; // of the side
const STEP = 1 / 28; // that an arrow key moves the pen; a quarter with Shift
const MOST = 4000; // points
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {() => void} changed called when the board shows something else
 * @returns {{root: HTMLElement, ink: () => Uint8Array, image: () => Uint8Array | null, show: (image: Uint8Array) => void,
 *   strokes: () => object[][], setStrokes: (strokes: object[][]) => void, undo: () => void, clear: () => void, redraw: () => void}}
 */
export function makeBoard(changed) {
  const canvas = h("canvas", { class: "board", tabindex: 0, role: "application", "aria-describedby": "board-help" });
  const help = t(h("p", { id: "board-help", class: "unseen" }), "page.board_help");
  const label = t(h("span", { id: "board-label", class: "unseen" }), "page.board");
  canvas.setAttribute("aria-labelledby", "board-label");
  const root = h("div", {}, canvas, label, help);
  let [strokes, paper, picture, drawing, side] = [[], makePaper(), null, false, 336];
  const pen = { x: 0.5, y: 0.5, shown: false };

  function draw() {
    side = canvas.clientWidth || side;
    if (picture) drawDigit(canvas, picture, side / 28);
    else {
      const { paper: context, ink, sheet } = prepare(canvas, side, side);
      context.fillStyle = sheet;
      context.fillRect(0, 0, side, side);
      Object.assign(context, { strokeStyle: ink, lineWidth: PEN * side, lineCap: "round", lineJoin: "round" });
      for (const points of strokes) {
        context.beginPath();
        for (const { x, y } of points) context.lineTo(x * side, y * side);
        if (points.length === 1) context.lineTo(points[0].x * side + 0.01, points[0].y * side);
        context.stroke();
      }
    }
    canvas.style.width = canvas.style.height = ""; // CSS says how large it is
    if (pen.shown) {
      const context = canvas.getContext("2d");
      context.strokeStyle = findColours().accent;
      context.lineWidth = 2;
      context.strokeRect((pen.x - PEN / 2) * side, (pen.y - PEN / 2) * side, PEN * side, PEN * side);
    }
  }

  /** Only the last lines of the last stroke, over what is there. */
  function extend(lines) {
    if (pen.shown) return draw();
    const context = canvas.getContext("2d");
    context.beginPath();
    for (const { x, y } of strokes[strokes.length - 1].slice(-1 - lines)) context.lineTo(x * side, y * side);
    return context.stroke();
  }

  function add(point) {
    if (strokes.reduce((sum, points) => sum + points.length, 0) >= MOST) return;
    const points = strokes[strokes.length - 1];
    points.push(point);
    drawSegment(paper, points[Math.max(points.length - 2, 0)], point);
  }

  function begin(point) {
    if (picture) clear(false);
    strokes.push([]);
    add(point);
    refresh();
  }

  function refresh() {
    draw();
    changed();
  }

  function clear(tell = true) {
    [strokes, paper, picture, drawing] = [[], makePaper(), null, false];
    if (tell) refresh();
  }

  const find = (event) => {
    const box = canvas.getBoundingClientRect();
    const share = (value, size) => Math.min(Math.max(value / size, 0), 1);
    return { x: share(event.clientX - box.left, box.width), y: share(event.clientY - box.top, box.height) };
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button > 0) return;
    pen.shown = false;
    canvas.setPointerCapture?.(event.pointerId);
    begin(find(event));
    drawing = true;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing || !event.isPrimary) return;
    const events = event.getCoalescedEvents?.() ?? [];
    const given = events.length ? events : [event];
    for (const one of given) add(find(one));
    extend(given.length);
    changed();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(end, () => (drawing = false));

  // by keyboard: the arrows move the pen, the space bar puts it down and lifts it
  let down = false;
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === " ") {
      event.preventDefault();
      if (event.repeat) return;
      down = !down;
      pen.shown = true;
      if (down) begin({ x: pen.x, y: pen.y });
      else draw();
    } else if (ARROWS[event.key]) {
      event.preventDefault();
      const [dx, dy] = ARROWS[event.key];
      const size = event.shiftKey ? STEP / 4 : STEP;
      pen.x = Math.min(Math.max(pen.x + dx * size, 0), 1);
      pen.y = Math.min(Math.max(pen.y + dy * size, 0), 1);
      pen.shown = true;
      if (down) {
        add({ x: pen.x, y: pen.y });
        refresh();
      } else draw();
    } else if (event.key === "Backspace" || event.key === "Delete") {
      event.preventDefault();
      clear();
    }
  });
  canvas.addEventListener("blur", () => {
    [down, pen.shown] = [false, false];
    draw();
  });
  new ResizeObserver(draw).observe(canvas);

  return {
    root,
    ink: () => paper,
    strokes: () => strokes,
    /** Put strokes on the board, as lists of points. */
    setStrokes(given) {
      clear(false);
      strokes = given;
      paper = drawStrokes(strokes);
      refresh();
    },
    image: () => picture,
    show(image) {
      clear(false);
      picture = image;
      refresh();
    },
    undo() {
      if (picture) return clear();
      drawing = false;
      strokes.pop();
      paper = drawStrokes(strokes);
      return refresh();
    },
    clear: () => clear(),
    redraw: draw,
  };
}
