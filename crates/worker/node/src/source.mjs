// What the project's code was loaded from: its own files, and the packages that these import.

/** What of the project has been loaded. */
export class Source {
  /** @type {Set<string>} */
  #files = new Set();
  /** @type {Map<string, string>} */
  #code = new Map();
  /** @type {Set<string>} */
  #packages = new Set();
  /** Takes what is known elsewhere. */
  drain = () => {};

  /** @param {string} file */
  loaded(file) {
    this.#files.add(file);
  }

  /**
   * @param {string} file
   * @param {string} code what Node runs of it
   */
  compiled(file, code) {
    this.#code.set(file, code);
  }

  /** @param {string} specifier of an installed package */
  imported(specifier) {
    this.#packages.add(specifier);
  }

  /** What was imported of installed packages, in order. */
  get packages() {
    this.drain();
    return [...this.#packages];
  }

  /** What Node runs, by file. */
  get code() {
    this.drain();
    return this.#code;
  }

  get files() {
    this.drain();
    return [...this.#files].toSorted();
  }
}
