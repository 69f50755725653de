// The address of the page: it follows the view, and "Copy link" writes everything into it.
import { h } from "./h.mjs";
import { readLink, writeLink } from "./link.mjs";
import { t } from "./say.mjs";

const REST = 1000; // ms; browsers refuse an address that changes too often

/**
 * @param {{collect: (all: boolean) => object, open: (state: object) => void}} host `collect` gives what `writeLink`
 *   takes, with her drawing only if `all`; `open` is given what `readLink` found
 * @returns {{button: HTMLElement, said: HTMLElement, note: () => void, open: () => void}}
 */
export function makeAddress(host) {
  const button = t(h("button", { type: "button", onclick: () => copy() }), "page_see.copy_link");
  const words = h("span", { role: "status" });
  const field = h("input", { readonly: true, hidden: true, class: "link", "aria-labelledby": "link-said" });
  words.id = "link-said";
  const said = h("p", { class: "link-said" }, words, " ", field);
  let [timer, shown] = [0, location.hash];

  /** Her drawing stays out of the address, and so out of the browser's history. */
  function note() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (location.hash !== shown) return; // she has just gone elsewhere, and the event is on its way
      try {
        history.replaceState(null, "", writeLink(host.collect(false)));
        shown = location.hash;
      } catch {
        // a browser that forbids it shows the older address
      }
    }, REST);
  }

  async function copy() {
    const url = location.href.split("#")[0] + writeLink(host.collect(true));
    field.value = url;
    const own = location.protocol === "file:";
    try {
      await navigator.clipboard.writeText(url);
      field.hidden = true;
      t(words, own ? "page_see.link_copied_file" : "page_see.link_copied");
    } catch {
      field.hidden = false;
      field.select();
      t(words, own ? "page_see.link_here_file" : "page_see.link_here");
    }
  }

  function open() {
    shown = location.hash;
    const state = readLink(shown);
    field.hidden = true;
    t(words, state.dropped ? "page_see.link_partly" : null);
    host.open(state);
  }
  addEventListener("hashchange", open);
  return { button, said, note, open };
}
