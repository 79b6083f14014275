// The modules of the project as Node's loader asks for them: what a specifier means, and what code a file is.
//
// Node's own resolution finds installed packages, and knows neither TypeScript nor path aliases nor imports without an extension. So each
// file of the project is loaded through the server, which says with its code where its imports lie.

import { dirname, extname, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { isMarked, markedUrl, moduleBetween } from "./common_js.mjs";

/** @typedef {import("./transpiler.mjs").Transpiler} Transpiler */
/** @typedef {{loaded(file: string): void, compiled(file: string, code: string): void, imported(specifier: string): void}} Loads */
/** @typedef {{url: string}} Resolution */
/** @typedef {{format: "module" | "commonjs", source: string}} Loaded */

const OWN = dirname(fileURLToPath(import.meta.url)) + sep;
const INSTALLED = `${sep}node_modules${sep}`;
const CODE = new Set([".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"]);
/** A specifier of an installed package: no path, no URL, nothing that Node brings along. */
export const PACKAGE = /^(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*(?:\/[\w./~-]+)?$/i;
/** Marks a file of JSON that is imported as a module of its own, which is another one than what Node makes of it. */
const JSON_MODULE = "?module";

/** What is known of the project's modules. */
export class ProjectModules {
  #transpiler;
  #loads;
  /** @type {Map<string, Map<string, string | null>>} By file, what its specifiers mean; null is Node's to find. */
  #imports = new Map();
  /** @type {Map<string, Record<string, string[]>>} By file, the names that it takes from CommonJS, by specifier. */
  #fromCommonJs = new Map();

  /**
   * @param {Transpiler} transpiler
   * @param {Loads} loads told of what is loaded
   */
  constructor(transpiler, loads) {
    this.#transpiler = transpiler;
    this.#loads = loads;
  }

  /**
   * What a specifier means in a module; null if it is for Node to find.
   * @param {string} specifier
   * @param {{parentURL?: string | undefined, conditions?: readonly string[], importAttributes?: Record<string, string>}} context
   * @returns {Resolution | null}
   */
  resolve(specifier, { parentURL, conditions = [], importAttributes = {} }) {
    const from = fileOf(parentURL);
    if (from === null || !isOfProject(from) || isMarked(parentURL)) return null;
    const [bare = specifier, query] = splitQuery(specifier);
    const file = this.#fileOf(from, bare, conditions.includes("require"));
    if ((file === null || !isOfProject(file)) && PACKAGE.test(specifier)) this.#loads.imported(specifier);
    if (file === null) return null;
    const isJson = extname(file) === ".json" && importAttributes["type"] !== "json" && !conditions.includes("require");
    const url = pathToFileURL(file).href + (isJson ? JSON_MODULE : query);
    const names = this.namesFromCommonJs(specifier, { parentURL, conditions });
    return { url: names === null ? url : markedUrl(url, names) };
  }

  /**
   * The names that a module takes from CommonJS as TypeScript's CommonJS would; null where Node's way is meant.
   * @param {string} specifier
   * @param {{parentURL?: string | undefined, conditions?: readonly string[]}} context
   * @returns {string[] | null}
   */
  namesFromCommonJs(specifier, { parentURL, conditions = [] }) {
    const from = fileOf(parentURL);
    if (from === null || isMarked(parentURL) || conditions.includes("require")) return null;
    return this.#fromCommonJs.get(from)?.[specifier] ?? null;
  }

  /**
   * The code of a module; null if it is for Node to load.
   * @param {string} url
   * @returns {Loaded | null}
   */
  load(url) {
    const between = moduleBetween(url);
    if (between !== null) return { format: "module", source: between };
    const file = fileOf(url);
    if (file === null || !isOfProject(file)) return null;
    if (!CODE.has(extname(file)) && !url.endsWith(JSON_MODULE)) return null;
    this.#loads.loaded(file);
    const { format, code, imports, common_js: fromCommonJs } = this.#transpiler.load(file);
    this.#loads.compiled(file, code);
    this.#imports.set(file, new Map(imports.map((one) => [one.specifier, one.file])));
    if (fromCommonJs) this.#fromCommonJs.set(file, fromCommonJs);
    return { format, source: code };
  }

  /**
   * @param {string} from
   * @param {string} specifier
   * @param {boolean} isRequired
   */
  #fileOf(from, specifier, isRequired) {
    const known = this.#imports.get(from)?.get(specifier);
    return known === undefined ? this.#transpiler.resolve(from, specifier, isRequired) : known;
  }
}

/**
 * The file of a URL; null if it is of none.
 * @param {string | undefined} url
 */
export function fileOf(url) {
  return url?.startsWith("file:") ? fileURLToPath(url) : null;
}

/**
 * Whether a file is neither installed nor one of the worker's.
 * @param {string} file
 */
export function isOfProject(file) {
  return !file.includes(INSTALLED) && !file.startsWith(OWN);
}

/** @param {string} specifier */
function splitQuery(specifier) {
  const at = specifier.search(/[?#]/);
  return at < 0 || !specifier.startsWith(".") ? [specifier, ""] : [specifier.slice(0, at), specifier.slice(at)];
}
