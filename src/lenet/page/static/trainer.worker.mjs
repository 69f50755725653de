// The thread that trains. It is told what to do by messages {do: ...} and answers by messages {did: ...}.
import { loadKernels } from "./kernels.mjs";
import { holdOut, runTrial } from "./rate_trial.mjs";
import { Trainer, countErrors } from "./trainer.mjs";

const STRETCH = 30; // milliseconds of training between two looks at the messages
const LOOK = 60; // milliseconds between two pictures

let kernels, trainer, facts, watched;
let running = 0; // the number of the run that goes on; 0 for none
let runs = 0;
let length = 1; // of the next stretch, in steps
let plan = []; // what happens at which step: {at, rate} or {at, stop: true}
let looked = 0;

const post = (did, values = {}) => postMessage({ did, ...values });

// messages are looked at between two stretches; setTimeout would wait 4 ms each time
const { port1, port2 } = new MessageChannel();
const rest = () => new Promise((resolve) => {
  port1.onmessage = resolve;
  port2.postMessage(null);
});

/** What the page draws of a network in training: C1's kernels, S2's coefficients, the states for the watched digit. */
function look() {
  const { network } = trainer;
  const parameters = network.parameters();
  const kept = { c1: parameters["c1.weight"], s2: parameters["s2.coefficient"] ?? null };
  return { ...kept, trace: watched && network.trace(watched), steps: trainer.steps };
}

function measure() {
  const frozen = trainer.findFrozen(facts.frozen);
  const { epoch, steps, network } = trainer;
  post("measured", { ...trainer.measure(), frozen, epoch, steps, parameters: network.parameters(), look: look() });
}

/** Make a stretch; gives whether the training goes on. */
function advance(epochs) {
  const next = plan[0] ? plan[0].at - trainer.steps : Infinity;
  const began = performance.now();
  const { ended, diverged, ...stretch } = trainer.advance(Math.max(1, Math.min(length, next)));
  const now = performance.now();
  length = Math.max(1, Math.min(2 * length, Math.floor((stretch.losses.length * STRETCH) / Math.max(now - began, 0.1))));
  const { rate, batch } = trainer.settings;
  const picture = now - looked > LOOK ? look() : null;
  if (picture) looked = now;
  post("advanced", { ...stretch, rate, batch, milliseconds: now - began, epoch: trainer.epoch + Number(!ended), look: picture });
  if (diverged) {
    post("diverged", { step: diverged, rate, look: look() });
    return false;
  }
  const planned = plan[0] && trainer.steps >= plan[0].at ? plan.shift() : null;
  if (ended || planned) measure();
  if (planned?.rate) {
    trainer.change({ rate: planned.rate });
    post("changed", { rate: planned.rate, steps: trainer.steps });
  }
  if (plan.some(({ stop }) => stop)) return true; // a lesson counts steps, however many epochs they are
  return !planned?.stop && !(ended && trainer.epoch % epochs === 0);
}

async function run({ epochs }) {
  if (running) return;
  const run = (running = ++runs);
  while (running === run) {
    if (!advance(epochs)) {
      running = 0;
      post("finished", { steps: trainer.steps });
    }
    await rest();
  }
}

/** One training of the comparison of rates, from beginning to end. */
async function compare({ settings }) {
  const [train, held] = holdOut(trainer.train, settings);
  const trial = runTrial(kernels, train, settings);
  let [losses, frozen, sent] = [[], [], performance.now()];
  const send = (steps) => {
    post("tried", { losses, frozen, steps });
    [losses, frozen, sent] = [[], [], performance.now()];
  };
  for (let next = trial.next(); ; next = trial.next()) {
    if (next.done) {
      if (losses.length) send(null);
      post("compared", countErrors(next.value, held));
      next.value.free();
      return;
    }
    losses.push(next.value.loss);
    frozen.push(next.value.frozen);
    if (performance.now() - sent < STRETCH) continue;
    send(next.value.steps);
    await rest();
  }
}

/** The same story from several starts: which of them freeze? */
async function tryStarts({ settings, seeds, steps, calm }) {
  for (const seed of seeds) {
    trainer.begin({ ...settings, seed });
    for (const [end, rate] of [[steps, settings.rate], [2 * steps, calm]]) {
      trainer.change({ rate });
      while (trainer.steps < end) {
        trainer.advance(Math.min(10, end - trainer.steps));
        await rest();
      }
    }
    const frozen = trainer.findFrozen(facts.frozen);
    post("started", { seed, ...trainer.measure(), frozen, look: look() });
  }
  post("finished", { steps: trainer.steps });
}

/** Learn her own digits; says how many digits were misread before and after, hers and the new ones. */
async function teach({ own, settings }) {
  running = 0;
  if (settings) trainer.begin(settings);
  const { steps, batch, distortion } = facts.hand;
  const count = () => ({ fresh: countErrors(trainer.network, trainer.fresh), own: countErrors(trainer.network, own) });
  const before = count();
  const shown = kernels.show(own.images, Int32Array.from({ length: batch }, (_, k) => k), { ...distortion, seed: 0n });
  post("distorted", { shown, count: batch });
  for (let from = 0; from < steps; from += 10) {
    trainer.teach(own, { ...facts.hand, steps: Math.min(10, steps - from), from });
    post("taught", { done: Math.min(from + 10, steps), steps, look: look() });
    await rest();
  }
  post("learned", { before, after: count(), parameters: trainer.network.parameters(), look: look() });
}

const actions = {
  async load({ wasm, train, fresh, lessons }) {
    kernels = await loadKernels(wasm);
    facts = lessons;
    trainer = new Trainer(kernels, train, fresh);
    post("loaded");
  },
  begin({ settings, plan: planned = [] }) {
    running = 0;
    plan = [...planned];
    length = 1;
    trainer.begin(settings);
    post("begun", { look: look() });
  },
  change: ({ settings }) => trainer.change(settings),
  /** She moves the rate herself: it no longer falls by plan. */
  forgetRates: () => (plan = plan.filter(({ stop }) => stop)),
  run,
  pause() {
    running = 0;
    post("paused", { steps: trainer.steps });
  },
  watch({ image }) {
    watched = image;
    if (trainer?.network && !running) post("looked", { look: look() });
  },
  save: () => post("saved", { parameters: trainer.network.parameters(), architecture: trainer.settings.architecture }),
  compare,
  tryStarts,
  teach,
};

// one message after the other, and none before the kernels are there; a training that runs is not waited for
let loaded = Promise.resolve();
onmessage = ({ data }) => {
  if (data.do === "load") loaded = actions.load(data).catch((error) => post("failed", { message: String(error) }));
  else loaded.then(() => actions[data.do](data)).catch((error) => post("failed", { message: String(error) }));
};
