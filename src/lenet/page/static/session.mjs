// A worker that trains, as the page talks to it.

/**
 * Start a worker and give it the kernels and the digits.
 * @param {() => Worker} spawn makes the worker of trainer.worker.mjs
 * @param {{wasm: ArrayBuffer, train: object, fresh: object, lessons: object}} load the module, digits of
 *   `readDigits`, and `lessons` of facts.json
 * @param {(message: object) => void} receive is given what the worker says: {did: ...}; {did: "died"} if it broke
 * @returns {{send: (what: string, values?: object) => void, close: () => void}}
 */
export function openSession(spawn, load, receive) {
  const worker = spawn();
  worker.onmessage = ({ data }) => receive(data);
  worker.onerror = (event) => {
    event.preventDefault();
    worker.terminate();
    receive({ did: "died" });
  };
  const send = (what, values = {}) => worker.postMessage({ do: what, ...values });
  const { wasm, train, fresh, lessons } = load;
  const plain = ({ images, labels, count }) => ({ images, labels, count });
  send("load", { wasm, train: plain(train), fresh: plain(fresh), lessons });
  return { send, close: () => worker.terminate() };
}
