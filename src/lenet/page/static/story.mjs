// "My loss jumps" in two acts: a rate that is too high for a while, and one that is too high for good.
import { crossOut, drawCells } from "./cells.mjs";
import { h } from "./h.mjs";
import { t } from "./say.mjs";
import { group, shorten } from "./verdict.mjs";

const text = (tag, key, values, attributes = {}) => t(h(tag, attributes), key, values);
const CELL = 6; // CSS pixels of a pixel of F6

/** How many are frozen. */
const count = (frozen) => frozen.filter(Boolean).length;

/**
 * What the end of an act says: the key of its sentence, and its values.
 * @param {{errors: number, count: number, frozen: boolean[]}} measured
 * @param {number} healed the share of errors below which nothing was lost
 */
export function judgeAct({ errors, count: all, frozen }, healed = 0.15) {
  if (frozen.includes(true))
    return { key: "page_train.act_scarred", values: { frozen: count(frozen), all: frozen.length, errors: group(errors), count: group(all) } };
  return { key: errors < healed * all ? "page_train.act_healed" : "page_train.act_worse", values: { errors: group(errors), count: group(all) } };
}

/**
 * @param {import("./training.mjs").Training} training
 * @param {(act: number) => void} begin starts act 1 or 2
 * @returns {{root: HTMLElement, hear: (did: string, message: object) => void, close: () => void}}
 */
export function makeStory(training, begin) {
  const { story, rate: calm } = training.host.lessons;
  const said = h("p", { class: "train-said", role: "status" });
  const starts = h("ul", { class: "train-starts" });
  const acts = story.rates.map((rate, act) =>
    text("button", act ? "page_train.act_two" : "page_train.act_one", { rate }, { type: "button", onclick: () => begin(act + 1) }),
  );
  const eight = text("button", "page_train.starts", { count: story.starts }, { type: "button", onclick: tryStarts });
  const root = h(
    "section", { class: "train-story" },
    text("h3", "page_train.story"), text("p", "page_train.story_intro"), h("div", { class: "train-buttons" }, ...acts, eight), said, starts,
  );
  const say = (key, values) => t(said, key, values);
  let beside = null;

  async function tryStarts() {
    const found = [];
    starts.replaceChildren();
    t(said, null);
    eight.disabled = true;
    const settings = { ...training.settings, batch: story.batch, momentum: 0, old: null, rate: story.rates[1] };
    const image = training.host.drawing();
    beside = await training.openBeside((message) => {
      if (message.did === "started") found.push(message);
      if (message.did === "started") showStart(message);
      if (!["finished", "died", "failed"].includes(message.did)) return;
      const survived = found.filter(({ frozen }) => !frozen.includes(true)).length;
      say("page_train.starts_result", { count: found.length, rate: story.rates[1], survived });
      stop();
    });
    if (image) beside.send("watch", { image });
    const seeds = Array.from({ length: story.starts }, (_, seed) => seed);
    beside.send("tryStarts", { settings, seeds, steps: story.steps, calm });
  }

  function stop() {
    beside?.close();
    beside = null;
    eight.disabled = false;
  }

  function showStart({ seed, errors, frozen, look }) {
    const canvas = h("canvas", { "aria-hidden": "true" });
    const caption = text("span", "page_train.start_result", { seed, errors: group(errors), frozen: count(frozen) });
    starts.append(h("li", {}, canvas, caption));
    drawCells(canvas, look.trace?.f6 ?? new Float32Array(84), 7, CELL, 1.2);
    crossOut(canvas, frozen, 7, CELL);
  }

  return {
    root,
    /** Follow the training while an act is on. */
    hear(did, message) {
      const { act } = training;
      if (!act) return;
      const rate = story.rates[act - 1];
      if (did === "restarted") say("page_train.act_running", { rate, step: story.steps, calm });
      if (did === "changed") say("page_train.act_calm", { calm: shorten(message.rate) });
      if (did === "measured" && message.steps === 2 * story.steps) {
        const { key, values } = judgeAct(message);
        say(key, values);
      }
      if (did === "diverged") t(said, null);
    },
    close: stop,
  };
}
