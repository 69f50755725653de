// The WebAssembly module in V8 on one thread: an MNIST-sized epoch, images a second, one image alone.
//   node benchmarks/wasm.mjs [--module FILE] [--rounds N] [--processor-time] [--json]
// Processor time is what the process itself used: to be told where other work shares the machine.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { loadKernels, readNetwork } from "../src/lenet/page/static/kernels.mjs";

const words = process.argv.slice(2);
const option = (name, fallback) => (words.includes(name) ? words[words.indexOf(name) + 1] : fallback);
const at = (path) => new URL(path, import.meta.url);
const module = readFileSync(option("--module", at("../src/lenet/page/static/lenet.wasm")));
const rounds = Number(option("--rounds", 5));
const IMAGES = 60_000;

const kernels = await loadKernels(module);
const { architecture, parameters } = readNetwork(readFileSync(at("../src/lenet/weights/1998.safetensors")));
const network = kernels.network(architecture, parameters);

// random bytes cost what digits cost
const bytes = kernels.philox(Uint32Array.from({ length: 4 * 4900 }, (_, k) => (k % 4 ? 0 : k / 4)), 1n);
const some = new Uint8Array(bytes.buffer);
const all = new Uint8Array(IMAGES * 784);
for (let k = 0; k < all.length; k += some.length) all.set(some.subarray(0, Math.min(some.length, all.length - k)), k);
const images = kernels.keep(all);
const targets = Int32Array.from({ length: IMAGES }, (_, k) => k % 10);

const used = () => Object.values(process.cpuUsage()).reduce((sum, part) => sum + part) / 1e6;
const now = words.includes("--processor-time") ? used : () => performance.now() / 1000;

function time(run) {
  const start = now();
  run();
  return now() - start;
}

function trainEpoch(batch, samples) {
  const steps = Math.floor(samples / batch);
  const order = Int32Array.from({ length: steps * batch }, (_, k) => (k * 7919) % IMAGES);
  const rates = new Float32Array(steps).fill(1e-6);
  const seconds = time(() => network.train({ images, targets, order, rates, momentum: 0.9 }));
  return (seconds / (steps * batch)) * IMAGES;
}

const ten = all.subarray(0, 10_000 * 784);
const one = all.subarray(0, 784);
const cases = {
  train_64: { unit: "s/epoch", run: () => trainEpoch(64, 15_000) },
  train_256: { unit: "s/epoch", run: () => trainEpoch(256, 15_000) },
  train_1: { unit: "s/epoch", run: () => trainEpoch(1, 3_000) },
  batch_recognition: { unit: "images/s", run: () => 10_000 / time(() => network.penalties(ten)) },
  single_recognition: {
    unit: "us",
    run: () => (time(() => { for (let k = 0; k < 2000; k++) network.penalties(one); }) / 2000) * 1e6,
  },
};

const found = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
for (const { run } of Object.values(cases)) run(); // V8 compiles
for (let round = 0; round < rounds; round++) for (const name in cases) found[name].push(cases[name].run());

const results = {};
for (const [name, values] of Object.entries(found)) {
  values.sort((a, b) => a - b);
  const [median, low, high] = [values[values.length >> 1], values[0], values.at(-1)];
  results[name] = { unit: cases[name].unit, median, low, high, rounds };
}
if (words.includes("--json")) {
  const git = (...args) => execFileSync("git", args, { cwd: at("."), encoding: "utf8" }).trim();
  const report = {
    command: `node benchmarks/wasm.mjs ${words.join(" ")}`.trim(),
    commit: git("rev-parse", "--short", "HEAD"),
    machine: { processor: cpus()[0].model, cores: cpus().length, node: process.version, v8: process.versions.v8 },
    module_bytes: module.length,
    threads: 1,
    load: loadavg()[0],
    results,
  };
  console.log(JSON.stringify(report, null, 2));
} else {
  for (const [name, r] of Object.entries(results))
    console.log(`${name.padEnd(20)} ${r.median.toPrecision(3)} ${r.unit} (${r.low.toPrecision(3)} to ${r.high.toPrecision(3)})`);
}
