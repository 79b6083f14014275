// Which files of the project its code was loaded from.

/** The files of the project that have been loaded. */
export class Source {
  /** @type {Set<string>} */
  #files = new Set();
  /** Takes what is known elsewhere. */
  drain = () => {};

  /** @param {string} file */
  loaded(file) {
    this.#files.add(file);
  }

  get files() {
    this.drain();
    return [...this.#files].toSorted();
  }
}
