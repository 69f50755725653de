let texts = {};
const known = new Map();
export function setTexts(found) { texts = found; for (const [node, [key, values]] of known) fill(node, key, values); }
export function say(key, values = {}) { return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name]); }
function fill(node, key, values) { node.textContent = say(key, values); }
export function t(node, key, values = {}) { known.set(node, [key, values]); fill(node, key, values); return node; }
