// The files of the page, from the page itself: one_file.py puts this in the place of files.mjs.

/** The text of a data block of this document. */
function find(name) {
  const block = document.getElementById(`file:${name}`);
  if (!block) throw new Error(`${name}: 404`);
  return block.textContent;
}

/** A file's bytes. */
export async function getBytes(name) {
  const packed = Uint8Array.from(atob(find(name)), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** What a file of JSON says. */
export async function getJson(name) {
  return JSON.parse(new TextDecoder().decode(await getBytes(name)));
}

let address = null;

/** Make the worker that trains: a classic one, since a module's imports do not start from a file. */
export async function prepareTrainer() {
  const url = URL.createObjectURL(new Blob([await getBytes("trainer.worker.js")], { type: "text/javascript" }));
  address = globalThis.trustedTypes?.createPolicy("lenet", { createScriptURL: (given) => given }).createScriptURL(url) ?? url;
}

export function spawnTrainer() {
  return new Worker(address);
}
