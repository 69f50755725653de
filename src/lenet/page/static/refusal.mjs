// What the page does not take from a file, said by the key of a sentence.

/** A file that is refused: `key` names its sentence in the texts, `values` fill its braces. */
export class Refusal extends Error {
  /**
   * @param {string} key such as "page_file.header"
   * @param {Object<string, string | number>} values
   */
  constructor(key, values = {}) {
    super(`${key} ${JSON.stringify(values)}`);
    this.name = "Refusal";
    this.key = key;
    this.values = values;
  }
}
