// The sentences of the texts: filled, and filled anew when the language changes.

let texts = {};
const filled = new WeakMap(); // what each node says: [key, values]
const nodes = new Set(); // of WeakRefs, so that nodes which are gone take no memory

/** Choose the sentences of a language; everything that `t` wrote is written anew. @param {Object<string, string>} found */
export function setTexts(found) {
  texts = found;
  for (const reference of nodes) {
    const node = reference.deref();
    if (!node) nodes.delete(reference);
    else if (filled.has(node)) write(node);
  }
}

/**
 * A sentence, with its braces filled.
 * @param {string} key
 * @param {Object<string, string | number | [string, object]>} values a pair is a sentence itself: key, values
 * @returns {string}
 */
export function say(key, values = {}) {
  const fill = (value) => (Array.isArray(value) ? say(...value) : value);
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (brace, name) => fill(values[name]) ?? brace);
}

function write(node) {
  const words = say(...filled.get(node));
  if (node.textContent !== words) node.textContent = words;
}

/**
 * Let a node say a sentence, in whatever language is chosen later, too.
 * @param {T} node @param {string | null} key null to empty it @param {Object<string, string | number>} values
 * @returns {T} the node
 * @template {Node} T
 */
export function t(node, key, values = {}) {
  if (key === null) {
    filled.delete(node);
    node.textContent = "";
    return node;
  }
  if (!filled.has(node)) nodes.add(new WeakRef(node));
  filled.set(node, [key, values]);
  write(node);
  return node;
}
