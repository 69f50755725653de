// A state of the page as an address, and back: #see/c3:5:2,7?lang=zh&turn=24&digit=3. No DOM.
import { CHANGES, FIELD } from "./deform.mjs";
import { LAYERS, nameUnit } from "./unit.mjs";

export const VIEWS = ["see", "train", "tour"];
const STOPS = 12; // of the tour
const LANGUAGES = ["en", "zh"];
const THEMES = ["light", "dark"];
const GRID = 1000; // places along a side that a point of a stroke can have
const DIGITS = 36; // two of them for each coordinate
const [STROKES, POINTS] = [64, 500]; // at most, so that a link has at most 2 kB
const WIRES = 60;

/** How far a point is from the line between two others. */
function measure(point, from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  if (length === 0) return Math.hypot(point.x - from.x, point.y - from.y);
  return Math.abs((point.x - from.x) * dy - (point.y - from.y) * dx) / length;
}

/** A stroke without the points that are nearer to it than `most` without them (Douglas and Peucker). */
function simplify(points, most) {
  if (points.length < 3) return points;
  const last = points.length - 1;
  const far = points.map((point, k) => (k === 0 || k === last ? 0 : measure(point, points[0], points[last])));
  const farthest = far.indexOf(Math.max(...far));
  if (far[farthest] <= most) return [points[0], points[last]];
  return [...simplify(points.slice(0, farthest + 1), most).slice(0, -1), ...simplify(points.slice(farthest), most)];
}

/** Strokes as text: two digits to the base 36 for each coordinate. @param {{x: number, y: number}[][]} strokes */
export function writeStrokes(strokes) {
  let [kept, most] = [strokes, 0.5 / GRID];
  do {
    kept = strokes.slice(0, STROKES).map((points) => simplify(points, most));
    most *= 2;
  } while (kept.flat().length > POINTS);
  const write = (share) => Math.round(share * GRID).toString(DIGITS).padStart(2, "0");
  return kept.map((points) => points.map(({ x, y }) => write(x) + write(y)).join("")).join("-");
}

/** The strokes that `writeStrokes` wrote. @returns {{x: number, y: number}[][] | null} null if it did not */
export function readStrokes(text) {
  if (text.length > 4 * POINTS + STROKES || !/^(?:[0-9a-z]{4})+(?:-(?:[0-9a-z]{4})+)*$/.test(text)) return null;
  const strokes = text.split("-").map((part) =>
    part.match(/.{4}/g).map((point) => {
      const [x, y] = [point.slice(0, 2), point.slice(2)].map((digits) => parseInt(digits, DIGITS) / GRID);
      return { x, y };
    }),
  );
  return strokes.length <= STROKES && strokes.flat().every(({ x, y }) => x <= 1 && y <= 1) ? strokes : null;
}

const whole = (most) => (text) => (/^\d{1,3}$/.test(text) && Number(text) <= most ? Number(text) : null);
const oneOf = (list) => (text) => (list.includes(text) ? text : null);
const between = ({ least, most }) => (text) => (/^-?\d{1,2}(?:\.\d{1,4})?$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : null);

function readCut(text) {
  const cut = text.split(".").map(whole(WIRES - 1));
  return cut.includes(null) || new Set(cut).size < cut.length ? null : cut;
}

const READ = new Map([
  ["lang", oneOf(LANGUAGES)],
  ["theme", oneOf(THEMES)],
  ["show", oneOf(["projector"])],
  ["digit", whole(9)],
  ["ink", readStrokes],
  ["cut", readCut],
  ["other", whole(9)],
  ...Object.entries(CHANGES).map(([name, range]) => [name, between(range)]),
  ...["x", "y"].map((name) => [name, between({ least: 0, most: FIELD })]),
]);

function readUnit(text) {
  const found = /^([a-z]\w{1,5}):(\d{1,3})(?::(\d{1,2}),(\d{1,2}))?$/.exec(text);
  const layer = found && Object.hasOwn(LAYERS, found[1]) ? LAYERS[found[1]] : null;
  if (!layer || (layer.side > 1) !== (found[3] !== undefined)) return null;
  const [map, row, column] = [found[2], found[3] ?? 0, found[4] ?? 0].map(Number);
  return map < layer.maps && row < layer.side && column < layer.side ? { layer: found[1], map, row, column } : null;
}

/**
 * What an address says; what it says wrongly is left out.
 * @param {string} hash with its #
 * @returns {{view: string, unit: object | null, stop: number | null, given: Object<string, any>, dropped: boolean}}
 */
export function readLink(hash) {
  const [path, query = ""] = hash.slice(1).split(/\?(.*)/s);
  const [view, part] = path.split(/\/(.*)/s);
  const known = VIEWS.includes(view);
  const unit = view === "see" && part ? readUnit(part) : null;
  const stop = view === "tour" && part && part !== "0" ? whole(STOPS)(part) : null;
  let dropped = (view !== "" && !known) || (Boolean(part) && !unit && stop === null);
  const given = {};
  for (const [name, text] of new URLSearchParams(query)) {
    const value = READ.get(name)?.(text) ?? null;
    if (value === null) dropped = true;
    else given[name] = value;
  }
  return { view: known ? view : "see", unit, stop, given, dropped };
}

/**
 * An address.
 * @param {{view: string, unit?: object | null, stop?: number | null, given?: Object<string, any>}} state
 * @returns {string} with its #
 */
export function writeLink({ view, unit = null, stop = null, given = {} }) {
  const place = unit ? `/${nameUnit(unit)}` : stop === null ? "" : `/${stop}`;
  const written = Object.entries(given).map(([name, value]) => `${name}=${name === "ink" ? writeStrokes(value) : name === "cut" ? value.join(".") : value}`);
  return `#${view}${place}${written.length ? "?" : ""}${written.join("&")}`;
}
