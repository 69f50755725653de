// A network's .safetensors file, read with suspicion and written as Python writes it (storage.py, network.py).
import { Refusal } from "./refusal.mjs";

export const PARAMETERS = [
  "c1.weight", "c1.bias", "s2.coefficient", "s2.bias", "c3.weight", "c3.bias", "s4.coefficient", "s4.bias",
  "c5.weight", "c5.bias", "f6.weight", "f6.bias", "output.weight", "output.bias",
];
export const CHOICES = {
  activation: ["tanh", "logistic", "relu"], pooling: ["trainable", "average", "max"],
  connections: ["table", "full"], output: ["rbf", "linear"],
};
const CLASSES = 10; // the page draws ten codes
const LABEL = 8; // characters
const LIMIT = 1 << 20; // bytes; a network has about 240 kB
const HEADER = 1 << 16;

/**
 * How many maps of S2 each map of C3 is connected to.
 * @param {string} connections "table" or "full"
 */
export function countSources(connections) {
  return Array.from({ length: 16 }, (_, map) => (connections === "full" || map > 14 ? 6 : map < 6 ? 3 : 4));
}

/**
 * The shape of each parameter of an architecture, by name, in the order of `PARAMETERS`.
 * @param {object} architecture as in Python
 * @returns {Object<string, number[]>}
 */
export function listShapes({ pooling, connections, output, classes }) {
  const kernels = countSources(connections).reduce((sum, count) => sum + count, 0);
  const shapes = { "c1.weight": [6, 1, 5, 5], "c1.bias": [6] };
  if (pooling === "trainable") Object.assign(shapes, { "s2.coefficient": [6], "s2.bias": [6] });
  Object.assign(shapes, { "c3.weight": [kernels, 5, 5], "c3.bias": [16] });
  if (pooling === "trainable") Object.assign(shapes, { "s4.coefficient": [16], "s4.bias": [16] });
  Object.assign(shapes, { "c5.weight": [120, 16, 5, 5], "c5.bias": [120], "f6.weight": [84, 120], "f6.bias": [84] });
  if (output === "linear") Object.assign(shapes, { "output.weight": [classes, 84], "output.bias": [classes] });
  return shapes;
}

const measure = (shape) => shape.reduce((product, side) => product * side, 1);

/**
 * The network in a .safetensors file.
 * @param {ArrayBuffer | Uint8Array} file
 * @param {number} classes that it must have; the judge has one more than the page draws codes
 * @returns {{architecture: object, labels: string[], card: object, parameters: Object<string, Float32Array>}}
 * @throws {Refusal} anything in it that `lenet` would not have written, or that the page cannot show
 */
export function readNetwork(file, classes = CLASSES) {
  const bytes = new Uint8Array(file); // a copy where it is an array, so that it begins at 0
  if (bytes.length > LIMIT) throw new Refusal("page_file.large", { size: bytes.length, limit: LIMIT });
  const { header, start } = readHeader(bytes);
  const { architecture, labels, card } = readMetadata(header.get("__metadata__"), classes);
  header.delete("__metadata__");
  const shapes = listShapes(architecture);
  const known = Object.keys(shapes);
  for (const name of header.keys()) if (!known.includes(name)) throw new Refusal("page_file.unknown", { name: crop(name) });
  const parameters = {};
  let end = 0;
  const places = [];
  for (const [name, shape] of Object.entries(shapes)) {
    const [from, to] = findArray(header.get(name), name, shape);
    if (start + to > bytes.length) throw new Refusal("page_file.offsets", { name });
    parameters[name] = new Float32Array(bytes.buffer.slice(start + from, start + to));
    const count = parameters[name].reduce((sum, value) => sum + Number(!Number.isFinite(value)), 0);
    if (count) throw new Refusal("page_file.not_finite", { name, count });
    places.push([from, to, name]);
  }
  for (const [from, to, name] of places.sort((a, b) => a[0] - b[0])) {
    if (from !== end) throw new Refusal("page_file.offsets", { name });
    end = to;
  }
  if (start + end !== bytes.length) throw new Refusal("page_file.header");
  return { architecture, labels, card, parameters };
}

const crop = (name) => (name.length > 24 ? `${name.slice(0, 24)}…` : name);

function isTable(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The entries of the header, and where the arrays begin. */
function readHeader(bytes) {
  const length = bytes.length < 8 ? Infinity : Number(new DataView(bytes.buffer).getBigUint64(0, true));
  if (length > HEADER || 8 + length > bytes.length) throw new Refusal("page_file.header");
  try {
    const header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length)));
    if (isTable(header)) return { header: new Map(Object.entries(header)), start: 8 + length };
  } catch {
    // said below
  }
  throw new Refusal("page_file.header");
}

function readMetadata(metadata, classes) {
  let found;
  try {
    found = JSON.parse(metadata.lenet);
  } catch {
    throw new Refusal("page_file.foreign");
  }
  if (!isTable(found) || !isTable(found.architecture)) throw new Refusal("page_file.foreign");
  const { architecture, labels, card = {} } = found;
  for (const [field, values] of Object.entries(CHOICES))
    if (!values.includes(architecture[field])) throw new Refusal("page_file.architecture", { field });
  if (architecture.classes !== classes) throw new Refusal("page_file.architecture", { field: "classes" });
  const fits = (label) => typeof label === "string" && label.length > 0 && label.length <= LABEL;
  if (!Array.isArray(labels) || labels.length !== classes || !labels.every(fits) || new Set(labels).size < classes)
    throw new Refusal("page_file.labels", { count: classes, length: LABEL });
  const { activation, pooling, connections, output } = architecture;
  const known = { activation, pooling, connections, output, classes };
  return { architecture: known, labels, card: isTable(card) ? card : {} };
}

/** Where the header says that an array is: offsets from the first array's first byte. */
function findArray(entry, name, shape) {
  if (!isTable(entry)) throw new Refusal("page_file.missing", { name });
  const right = Array.isArray(entry.shape) && String(entry.shape) === String(shape);
  if (entry.dtype !== "F32" || !right) throw new Refusal("page_file.shape", { name, shape: shape.join(" x ") });
  const [from, to] = Array.isArray(entry.data_offsets) ? entry.data_offsets : [];
  if (!Number.isInteger(from) || from < 0 || to !== from + 4 * measure(shape)) throw new Refusal("page_file.offsets", { name });
  return [from, to];
}

/** Like `json.dumps(value, sort_keys=True, ensure_ascii=False)` without spaces. */
function writeSorted(value) {
  const sort = (_, part) => (isTable(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part);
  return JSON.stringify(value, sort);
}

/**
 * A network as a .safetensors file that `lenet recognize --network` takes: the bytes that Python would write.
 * @returns {Uint8Array}
 */
export function writeNetwork({ architecture, labels, card = {}, parameters }) {
  const shapes = Object.entries(listShapes(architecture)).sort(([a], [b]) => (a < b ? -1 : 1));
  const header = { __metadata__: { lenet: writeSorted({ architecture, labels, card }) } };
  let end = 0;
  for (const [name, shape] of shapes) {
    header[name] = { dtype: "F32", shape, data_offsets: [end, end + 4 * measure(shape)] };
    end += 4 * measure(shape);
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + Math.ceil(text.length / 8) * 8; // safetensors fills up with spaces
  const file = new Uint8Array(start + end).fill(32, 0, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - 8), true);
  file.set(text, 8);
  const numbers = new Float32Array(file.buffer, start);
  for (const [name] of shapes) numbers.set(parameters[name], header[name].data_offsets[0] / 4);
  return file;
}
