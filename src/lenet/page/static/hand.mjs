// "Teach it your hand": ten digits of her own, distorted, and what that costs on everybody else's.
import { drawDigit } from "./cells.mjs";
import { h } from "./h.mjs";
import { t } from "./say.mjs";
import { group } from "./verdict.mjs";

const text = (tag, key, values, attributes = {}) => t(h(tag, attributes), key, values);
const SIDE = 28 * 28;
const FIELD = 32;

/** The middle 28x28 of a field as the network sees it, as bytes. */
function cutField(fields, index, { scale, offset }) {
  const field = fields.subarray(index * FIELD * FIELD, (index + 1) * FIELD * FIELD);
  return Uint8Array.from({ length: SIDE }, (_, at) => {
    const value = field[(2 + Math.floor(at / 28)) * FIELD + 2 + (at % 28)];
    return Math.round((value - offset) / scale);
  });
}

/**
 * @param {import("./training.mjs").Training} training
 * @returns {{root: HTMLElement, hear: (did: string, message: object) => void}}
 */
export function makeHand(training) {
  const { host } = training;
  const { digits: least, steps } = host.lessons.hand;
  const own = []; // {image, label, item}
  const said = h("p", { class: "train-taught", role: "status" });
  const list = h("ul", { class: "train-misread" });
  const shown = h("ul", { class: "train-misread", "aria-hidden": "true" });
  const add = Array.from({ length: 10 }, (_, label) => h("button", { type: "button", onclick: () => keep(label) }, String(label)));
  const train = text("button", "page_train.hand_train", { steps }, { type: "button", onclick: () => teach() });
  const root = h(
    "section", { class: "train-hand" },
    text("h3", "page_train.hand"), text("p", "page_train.hand_intro", { count: least }),
    h("div", { class: "train-buttons" }, text("span", "page_train.hand_label"), ...add), list,
    h("div", { class: "train-buttons" }, train), said, shown,
  );
  train.disabled = true;

  function picture(image, side) {
    const canvas = h("canvas", { "aria-hidden": "true" });
    requestAnimationFrame(() => drawDigit(canvas, image, side));
    return canvas;
  }

  function update() {
    train.disabled = own.length < least;
    t(said, "page_train.hand_count", { count: own.length, least });
  }

  function keep(label) {
    const image = host.drawing();
    if (!image?.some((value) => value > 0)) {
      t(said, "page_train.hand_blank");
      return;
    }
    const one = { image: image.slice(), label };
    const remove = () => {
      own.splice(own.indexOf(one), 1);
      one.item.remove();
      update();
    };
    const caption = text("span", "page_train.hand_remove", { label });
    one.item = h("li", {}, h("button", { type: "button", onclick: remove }, picture(one.image, 2), caption));
    own.push(one);
    list.append(one.item);
    update();
  }

  async function teach() {
    train.disabled = true;
    try {
      await training.teach(own);
    } catch (error) {
      t(said, error.key ?? "page_file.digits", error.values);
      train.disabled = false;
    }
  }

  return {
    root,
    hear(did, message) {
      if (did === "distorted") {
        const images = Array.from({ length: message.count }, (_, k) => cutField(message.shown, k, host.lessons.input));
        shown.replaceChildren(...images.map((image) => h("li", {}, picture(image, 1))));
      } else if (did === "taught") t(said, "page_train.hand_running", { done: message.done, steps: message.steps });
      else if (did === "learned") {
        const { before, after } = message;
        const values = { before: group(before.fresh.errors), after: group(after.fresh.errors), count: group(after.fresh.count) };
        const mine = { own_before: before.own.errors, own_after: after.own.errors, own: after.own.count };
        t(said, "page_train.hand_result", { ...values, ...mine });
        train.disabled = false;
      }
    },
  };
}
