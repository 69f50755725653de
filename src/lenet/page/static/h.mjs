// Elements of the document in one expression.

/**
 * An element with its attributes and children: h("p", { class: "quiet" }, "words").
 * @param {string} tag
 * @param {Object<string, any>} attributes `onclick` and the like are listeners; true is an attribute without a value;
 *   false, null and undefined leave it out
 * @param {...(Node | string | (Node | string)[])} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat());
  return node;
}
