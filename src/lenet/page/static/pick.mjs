// A picture from outside: chosen from a computer or a phone (which offers its camera), pasted, or dropped on the page.
import { getBytes } from "./files.mjs";
import { h } from "./h.mjs";
import { t } from "./say.mjs";

const TYPES = "image/png,image/jpeg,image/webp,image/gif,image/bmp"; // a list without HEIC makes Safari hand over a JPEG

/**
 * @param {object} board shows the digit that is found
 * @param {{loadRest: () => Promise<void>}} language
 * @param {() => object} getReader the reader, which comes later
 * @returns {{root: HTMLElement, said: HTMLElement, below: HTMLElement, load: () => Promise<object>, countOthers: () => number}}
 *   the button; where it is said what became of the picture; where its steps are shown
 */
export function makePick(board, language, getReader) {
  const input = h("input", { type: "file", accept: TYPES, id: "photo-file", class: "unseen", onchange: choose });
  const said = h("p", { class: "quiet photo-said", role: "status" });
  const root = h("span", { class: "photo-open" }, input, t(h("label", { for: "photo-file", class: "button" }), "page.photo"));
  const below = h("div", {});
  let [coming, photo, shown] = [null, null, null]; // `shown`: what is on the board since something was said of a picture

  function load() {
    coming ??= Promise.all([import("./photo_view.mjs"), language.loadRest()])
      .then(([{ makePhoto }]) => makePhoto(() => getBytes("pictures.wasm")))
      .then((made) => {
        photo = made;
        below.append(photo.root);
      });
    return coming;
  }

  /** Say something, until the board shows something else. */
  function keep(key, values = {}, others = 0) {
    t(said, key, values);
    shown = { image: board.image(), strokes: board.strokes(), others };
  }

  /** Read the digit in a picture; what is no picture is said. @param {Blob} file */
  async function open(file) {
    keep("page.photo_opening");
    try {
      await load();
      const { image, others } = await photo.read(file, getReader());
      board.show(image);
      keep(image.some(Boolean) ? "page.photo_read" : "page.photo_blank", {}, others);
    } catch (error) {
      keep(error.key ?? "page.photo_failed", error.values ?? { reason: error.message });
    }
  }

  function choose() {
    const [file] = input.files;
    if (file) open(file);
    input.value = ""; // so that the same file can be chosen again
  }

  function take(event, given) {
    const [file] = given?.files ?? [];
    if (!file) return;
    event.preventDefault();
    open(file);
  }
  document.addEventListener("paste", (event) => take(event, event.clipboardData));
  document.addEventListener("drop", (event) => take(event, event.dataTransfer));
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); // else the browser leaves the page for the file
  });

  return {
    root, said, below, load,
    /** How many marks were in the picture on the board beside the one that was read; what was said of another is gone. */
    countOthers() {
      if (shown && shown.image === board.image() && shown.strokes === board.strokes()) return shown.others;
      if (shown) t(said, null);
      if (shown) photo?.hide();
      shown = null;
      return 0;
    },
  };
}
