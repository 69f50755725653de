// The files of the page, from the server that it came from.

/** A file's bytes. @param {string} name @returns {Promise<ArrayBuffer>} @throws {Error} with its name and the status */
export async function getBytes(name) {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return response.arrayBuffer();
}

/** What a file of JSON says. @param {string} name */
export async function getJson(name) {
  return JSON.parse(new TextDecoder().decode(await getBytes(name)));
}

let address = null;

/** Find the worker that trains; browsers that ask for trusted addresses get one. */
export async function prepareTrainer() {
  const url = new URL("./trainer.worker.mjs", import.meta.url).href;
  address = globalThis.trustedTypes?.createPolicy("lenet", { createScriptURL: (given) => given }).createScriptURL(url) ?? url;
}

/** A worker that trains, after `prepareTrainer`. @returns {Worker} */
export function spawnTrainer() {
  return new Worker(address, { type: "module" });
}
