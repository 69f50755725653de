// The training that the page shows: what it is set to, what it has come to. No DOM; train.mjs draws it.
import { readDigits } from "./digits.mjs";
import { openSession } from "./session.mjs";
import { judgeLosses, thinLosses } from "./verdict.mjs";

/** The architectures that can be trained here, by the names of their texts. */
export function listNetworks({ architectures }) {
  const { original, modern } = architectures;
  return { original, full: { ...original, connections: "full" }, modern };
}

/**
 * @typedef {object} Host what the page gives a training
 * @property {object} lessons of facts.json
 * @property {() => Promise<ArrayBuffer>} wasm
 * @property {(part: "train" | "new") => Promise<ArrayBuffer>} fetchDigits packed digits
 * @property {() => Worker} spawn
 * @property {() => Promise<{architecture: object, parameters: object}>} bundled the network of 1998
 * @property {() => Uint8Array | null} drawing 28x28 bytes of what is on the board
 */
export class Training {
  /**
   * @param {Host} host
   * @param {(what: string, message?: object) => void} changed called with the worker's messages, "phase" and "setting"
   */
  constructor(host, changed) {
    const { lessons } = host;
    Object.assign(this, { host, changed, phase: "idle", digits: null, session: null, last: null });
    this.choice = { network: "original", method: "momentum", batch: 64, rate: lessons.rate, seed: lessons.seed };
    this.clear();
  }

  clear() {
    Object.assign(this, { losses: [], epochs: [], steps: 0, epoch: 0, act: null });
  }

  /** The settings as the worker takes them. */
  get settings() {
    const { network, method, batch, rate, seed } = this.choice;
    const { lessons } = this.host;
    const momentum = method === "momentum" ? lessons.momentum : 0;
    return { architecture: listNetworks(lessons)[network], seed, batch, rate, momentum, old: method === "old" ? lessons.method1998 : null };
  }

  /** The loss of guessing; null where the loss has no such level. */
  get guess() {
    return this.choice.method === "old" && this.choice.network !== "modern" ? null : Math.log(10);
  }

  enter(phase) {
    this.phase = phase;
    this.changed("phase");
  }

  /** Fetch the digits and start the worker, once. */
  async load() {
    if (this.session) return;
    if (!this.digits) {
      const [train, fresh] = await Promise.all(["train", "new"].map(async (part) => readDigits(await this.host.fetchDigits(part))));
      this.digits = { train, fresh };
    }
    this.session = this.open((message) => this.receive(message));
    this.watch(this.host.drawing());
  }

  /** Another worker on the same digits; for what must not disturb the training. */
  async openBeside(receive) {
    await this.load();
    return this.open(receive);
  }

  open(receive) {
    this.wasm ??= this.host.wasm();
    const queue = [];
    let session = null;
    let closed = false;
    this.wasm.then((wasm) => {
      if (closed) return;
      session = openSession(this.host.spawn, { wasm, ...this.digits, lessons: this.host.lessons }, receive);
      for (const words of queue) session.send(...words);
    });
    return {
      send: (...words) => (session ? session.send(...words) : queue.push(words)),
      close: () => ((closed = true), session?.close()),
    };
  }

  /** How many steps an epoch has. */
  get stepsPerEpoch() {
    return this.digits ? Math.ceil(this.digits.train.count / this.choice.batch) : 1;
  }

  /**
   * Start from step 0.
   * @param {object[]} plan what happens at which step: {at, rate} or {at, stop: true}
   * @param {object} parameters to go on from; null for random ones
   */
  async begin(plan = [], parameters = null) {
    this.enter("loading");
    try {
      await this.load();
    } catch (error) {
      this.enter("idle");
      throw error;
    }
    const act = this.act;
    this.clear();
    this.act = act;
    this.changed("restarted");
    this.session.send("begin", { settings: { ...this.settings, parameters: parameters ?? undefined }, plan });
    this.run();
  }

  run() {
    this.session.send("run", { epochs: this.host.lessons.epochs });
    this.enter("running");
  }

  pause() {
    this.session.send("pause");
    this.enter("paused");
  }

  /**
   * Learn someone's own digits, on top of what was learned; of the bundled network's weights before any training.
   * @param {{image: Uint8Array, label: number}[]} own
   */
  async teach(own) {
    await this.load();
    const images = new Uint8Array(784 * own.length);
    own.forEach(({ image }, k) => images.set(image, 784 * k));
    const digits = { count: own.length, images, labels: Int32Array.from(own, ({ label }) => label) };
    const started = this.steps > 0 || this.last;
    const settings = started ? null : { ...this.settings, ...(await this.host.bundled()) };
    if (this.phase === "running") this.enter("paused");
    this.session.send("teach", { own: digits, settings });
  }

  /** Go on where it was paused or finished; with a new worker if the old one died. */
  async resume() {
    if (!this.session) {
      await this.load();
      this.session.send("begin", { settings: { ...this.settings, parameters: this.last ?? undefined } });
    }
    this.run();
  }

  /** Change the rate, the batch or the method; what cannot change under way needs `begin`. */
  set(changes) {
    const before = this.choice;
    this.choice = { ...before, ...changes };
    const anew = ["network", "seed"].some((name) => this.choice[name] !== before[name]);
    const old = this.choice.method !== before.method && [this.choice.method, before.method].includes("old");
    if (old) {
      const { lessons } = this.host;
      const [rate, batch] = this.choice.method === "old" ? [lessons.method1998.rate, lessons.method1998.batch] : [lessons.rate, 64];
      Object.assign(this.choice, { rate, batch });
    }
    if (!anew && !old && this.session) {
      const { rate, batch, momentum } = this.settings;
      this.session.send("change", { settings: { rate, batch, momentum } });
    }
    this.changed("setting");
    return anew || old;
  }

  /** Look at a digit of 28x28 bytes during the training. */
  watch(image) {
    if (image) this.session?.send("watch", { image });
  }

  receive(message) {
    const { did } = message;
    if (did === "learned") this.last = message.parameters;
    if (did === "advanced") {
      this.losses.push(...message.losses);
      Object.assign(this, { steps: this.losses.length, epoch: message.epoch });
    } else if (did === "measured") {
      this.last = message.parameters;
      this.epochs.push(message);
    } else if (did === "changed") {
      this.choice = { ...this.choice, rate: message.rate };
      this.changed("setting");
    } else if (did === "died" || did === "failed") {
      this.session?.close();
      this.session = null;
      this.enter("paused");
    } else if (did === "diverged") this.enter("paused");
    else if (did === "finished" && this.phase === "running") this.enter("finished");
    this.changed(did, message);
  }

  /** The verdict on the loss so far; null while there is too little of it. */
  judge() {
    const { limits } = this.host.lessons;
    const thinned = thinLosses(this.losses, this.choice.batch, limits);
    return thinned.length < limits.least ? null : judgeLosses(thinned, this.guess ?? thinned[0], limits);
  }

  close() {
    this.session?.close();
    this.session = null;
  }
}
