// Which files of the project are read while its code is loaded, so that an edit of one of them is an edit of the code: prompts, templates,
// settings. Node tells nobody of them, so what reads files is wrapped meanwhile.

import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { extname, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

import { isOfProject } from "./diagnostics.mjs";

/** @typedef {(...parameters: any[]) => any} AnyFunction */

const READ = ["readFileSync", "readFile", "createReadStream"];
const OPEN = ["openSync", "open"];
const WRITE = ["writeFileSync", "writeFile", "appendFileSync", "appendFile", "createWriteStream"];
const LIST = ["readdirSync", "readdir", "opendirSync", "opendir"];

/** Collects files and directories below some directories of the project, while it is told to. */
export class FilesRead {
  #below;
  #suffixes;
  /** @type {Set<string>} */
  #read = new Set();
  /** @type {Set<string>} */
  #written = new Set();
  /** @type {Set<string>} */
  #listed = new Set();
  #collects = false;
  /** @type {{holder: any, name: string, own: AnyFunction, wrapper: AnyFunction}[]} */
  #wrapped = [];

  /**
   * @param {readonly string[]} directories
   * @param {readonly string[]} suffixes
   */
  constructor(directories, suffixes) {
    this.#below = directories.map((directory) => resolve(directory));
    this.#suffixes = new Set(suffixes.map((suffix) => `.${suffix}`));
  }

  /**
   * Collects while code of the project is loaded.
   * @template T
   * @param {() => Promise<T>} load
   * @returns {Promise<T>}
   */
  async during(load) {
    if (this.#suffixes.size === 0) return load();
    for (const holder of [fs, fs.promises]) {
      this.#wrap(holder, READ, (path) => this.#note(this.#read, path));
      this.#wrap(holder, OPEN, (path, flags) => this.#note(isReading(flags) ? this.#read : this.#written, path));
      this.#wrap(holder, WRITE, (path) => this.#note(this.#written, path));
      this.#wrap(holder, LIST, (path) => this.#noteListed(path));
    }
    syncBuiltinESMExports();
    this.#collects = true;
    try {
      return await load();
    } finally {
      this.#collects = false;
      this.#unwrap();
    }
  }

  /** What was read, or looked for without being there. What was written too is code's own business. */
  get files() {
    return [...this.#read].filter((file) => !this.#written.has(file)).toSorted();
  }

  /** The directories that were listed. */
  get listed() {
    return [...this.#listed].toSorted();
  }

  /**
   * @param {any} holder
   * @param {string[]} names
   * @param {(path: unknown, flags: unknown) => void} note
   */
  #wrap(holder, names, note) {
    for (const name of names) {
      const own = holder[name];
      if (typeof own !== "function") continue;
      const heed = (/** @type {unknown} */ path, /** @type {unknown} */ flags) => this.#collects && note(path, flags);
      /**
       * @this {unknown}
       * @param {unknown[]} parameters
       */
      const wrapper = function (...parameters) {
        heed(parameters[0], parameters[1]);
        return Reflect.apply(own, this, parameters);
      };
      // Such as the form of `readFile` for `promisify`.
      Object.defineProperties(wrapper, Object.getOwnPropertyDescriptors(own));
      holder[name] = wrapper;
      this.#wrapped.push({ holder, name, own, wrapper });
    }
  }

  /** What somebody else has wrapped meanwhile stays as it is. */
  #unwrap() {
    for (const { holder, name, own, wrapper } of this.#wrapped) if (holder[name] === wrapper) holder[name] = own;
    this.#wrapped = [];
    syncBuiltinESMExports();
  }

  /**
   * @param {Set<string>} notes
   * @param {unknown} path
   */
  #note(notes, path) {
    const file = this.#inside(path);
    if (file !== null && this.#suffixes.has(extname(file).toLowerCase())) notes.add(file);
  }

  /** @param {unknown} path */
  #noteListed(path) {
    const directory = this.#inside(path);
    if (directory !== null) this.#listed.add(directory);
  }

  /**
   * The absolute path, if it is one of the project.
   * @param {unknown} path
   * @returns {string | null}
   */
  #inside(path) {
    const text = textOf(path);
    const found = text === null ? null : resolve(text);
    if (found === null) return null;
    const isInside = this.#below.some((directory) => found === directory || (found.startsWith(directory + sep) && isOfProject(found, directory)));
    return isInside ? found : null;
  }
}

/**
 * @param {unknown} path
 * @returns {string | null}
 */
function textOf(path) {
  if (typeof path === "string") return path;
  if (path instanceof Uint8Array) return Buffer.from(path).toString();
  return path instanceof URL && path.protocol === "file:" ? fileURLToPath(path) : null;
}

/** @param {unknown} flags */
function isReading(flags) {
  return typeof flags === "string" ? /^rs?$/.test(flags) : typeof flags !== "number" || (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) === 0;
}
