// A photograph or a scan on the page: the digit found in it, and the steps on the way there.
import { h } from "./h.mjs";
import { openPhoto } from "./photo.mjs";
import { loadPictures } from "./pictures.mjs";
import { t } from "./say.mjs";

const TILE = 160; // CSS pixels, the longer side of a step

/**
 * @param {() => Promise<ArrayBuffer>} load gives pictures.wasm
 * @returns {Promise<{root: HTMLElement, read: (file: Blob, reader: object) => Promise<object>, hide: () => void}>} `read` gives
 *   the digit's 28x28 as `image`, zeros on a blank page, and `others`, the marks beside it
 */
export async function makePhoto(load) {
  const pictures = await loadPictures(await load());
  const list = h("ol", { class: "steps" });
  const root = h("section", { class: "view", hidden: true }, t(h("h2"), "page_photo.title"), t(h("p", { class: "quiet" }), "page_photo.note"), list);

  /** A step as a small picture. */
  function show(name, pixels, height, width) {
    const canvas = h("canvas", { width, height, "aria-hidden": "true" });
    const scale = TILE / Math.max(width, height);
    Object.assign(canvas.style, { width: `${width * scale}px`, height: `${height * scale}px` });
    const image = new ImageData(width, height);
    pixels.forEach((level, k) => image.data.set([level, level, level, 255], 4 * k));
    canvas.getContext("2d").putImageData(image, 0, 0);
    return h("li", {}, canvas, t(h("p"), `step.${name}`), h("p", { class: "quiet" }, `${width} × ${height}`));
  }

  return {
    root,
    /** Find the digit, and show how. */
    async read(file, reader) {
      root.hidden = true;
      const { luminance, height, width } = await openPhoto(file);
      const finds = pictures.findDigits(luminance, height, width);
      const way = reader.chooseWay(finds);
      const { digit, others } = finds[way];
      const blank = !digit.some(Boolean);
      const place = finds.slice(0, way).filter((find) => find.digit.some(Boolean)).length;
      const steps = blank ? [] : pictures.showSteps(luminance, height, width, place);
      const last = blank ? [] : [["digit", digit, 28, 28]];
      const shown = [["picture", luminance, height, width], ...steps.map((step) => [step.name, step.pixels, step.height, step.width]), ...last];
      list.replaceChildren(...shown.map((step) => show(...step)));
      root.hidden = false;
      return { image: digit, others };
    },
    hide: () => (root.hidden = true),
  };
}
