// The page's texts in the language of now: those of the first screen, and at leisure those of all the rest.
import { getJson } from "./files.mjs";
import { h } from "./h.mjs";
import { setTexts } from "./say.mjs";

const LANGUAGES = { en: "English", zh: "中文" };

/**
 * @param {string | undefined} wanted by the address
 * @param {() => void} changed
 * @returns {{button: HTMLElement, get: () => string, set: (language: string) => Promise<void>, loadRest: () => Promise<void>}}
 */
export function makeLanguage(wanted, changed) {
  const texts = { en: {}, zh: {} };
  const loaded = new Map(); // files by name, on their way or here
  let [language, rest] = [wanted ?? navigator.languages?.find((one) => one.slice(0, 2) in LANGUAGES)?.slice(0, 2) ?? "en", false];
  const button = h("button", { type: "button", onclick: () => set(language === "zh" ? "en" : "zh") });

  function load(part, of) {
    const name = `${part}.${of}.json`;
    if (!loaded.has(name)) loaded.set(name, getJson(name).then((found) => Object.assign(texts[of], found)));
    return loaded.get(name);
  }

  async function set(next) {
    await Promise.all([load("texts", next), rest && load("rest", next)]);
    language = next;
    document.documentElement.lang = language === "zh" ? "zh-CN" : language;
    const other = language === "zh" ? "en" : "zh";
    button.textContent = LANGUAGES[other];
    button.lang = other;
    setTexts(texts[language]);
    changed();
  }

  async function loadRest() {
    rest = true;
    await load("rest", language);
    setTexts(texts[language]);
  }
  return { button, get: () => language, set, loadRest };
}
