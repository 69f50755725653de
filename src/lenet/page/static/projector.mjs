// For the last row: board, F6, answer and codes alone, as large as the screen; and a sheet of paper.
import { h } from "./h.mjs";
import { t } from "./say.mjs";

const WIDTH = 864; // CSS pixels that board, F6 and codes take
const EDGE = 24; // below them
const OWN = ["localhost", "127.0.0.1", "[::1]"]; // names that no other device knows this page by

/**
 * @param {HTMLElement} main what is made larger
 * @param {() => void} redraw draws everything in the colours of now
 * @param {() => void} changed is told when the mode changes
 * @returns {{button: HTMLElement, address: HTMLElement, isOn: () => boolean, set: (on: boolean) => void}}
 */
export function makeProjector(main, redraw, changed) {
  const root = document.documentElement;
  const button = t(h("button", { type: "button", "aria-pressed": "false", onclick: () => set(!isOn()) }), "page_see.projector");
  const shared = location.protocol.startsWith("http") && !OWN.includes(location.hostname);
  const address = t(h("p", { class: "projected", hidden: true }), "page_see.open_here", { url: location.host });
  const isOn = () => root.hasAttribute("data-projector");

  function fit() {
    main.style.zoom = "";
    if (!isOn()) return;
    const bar = main.previousElementSibling?.offsetHeight ?? 0;
    const room = innerHeight - bar - EDGE;
    let zoom = Math.min(innerWidth / WIDTH, room / main.offsetHeight);
    main.style.zoom = zoom;
    // larger letters need more lines
    zoom *= Math.min(1, room / main.getBoundingClientRect().height);
    main.style.zoom = zoom;
  }

  function set(on) {
    root.toggleAttribute("data-projector", on);
    button.setAttribute("aria-pressed", String(on));
    address.hidden = !(on && shared);
    fit();
    if (on) scrollTo(0, 0);
    redraw();
    changed();
  }
  addEventListener("resize", fit);

  // paper is light, whatever the screen is
  let theme = null;
  addEventListener("beforeprint", () => {
    theme ??= root.dataset.theme;
    root.dataset.theme = "light";
    redraw();
  });
  addEventListener("afterprint", () => {
    root.dataset.theme = theme;
    theme = null;
    redraw();
  });
  return { button, address, isOn, set };
}
