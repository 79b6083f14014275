// The packages as the project sees them: langgraph from the project, and what langgraph stands on from langgraph's own place.
//
// Package managers put packages in different places (npm and yarn side by side, pnpm each beside what it needs), and a project may
// have several versions of one. What the worker shares with the project's graphs (messages, commands, the checkpointer's base class)
// has to come from the copies that the graphs themselves are made of.

import { readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

import { packageFiles } from "./project_files.mjs";

export const LANGGRAPH = "@langchain/langgraph";
const CHECKPOINT = "@langchain/langgraph-checkpoint";
const CORE = "@langchain/core";
const SDK = "@langchain/langgraph-sdk";

/** Which entry of `exports` a module that is imported is. */
const CONDITIONS = new Set(["node", "import", "module-sync", "default"]);

/** An installed package. */
class Package {
  /** @type {{name: string, version: string, exports?: unknown, main?: string, module?: string}} */
  #manifest;

  /** @param {string} directory */
  constructor(directory) {
    this.directory = directory;
    this.#manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  }

  get version() {
    return this.#manifest.version;
  }

  /**
   * The package of this name, as code in this directory would import it; null if there is none.
   * @param {string} name
   * @param {string} from
   */
  static find(name, from) {
    for (let directory = from; ; directory = dirname(directory)) {
      const candidate = join(directory, "node_modules", name);
      try {
        return new Package(realpathSync(candidate));
      } catch {
        if (directory === dirname(directory)) return Package.#resolved(name, from);
      }
    }
  }

  /**
   * Where packages are not in folders of that name (Yarn's Plug'n'Play), the resolver knows.
   * @param {string} name
   * @param {string} from
   */
  static #resolved(name, from) {
    try {
      const entry = createRequire(join(from, "package.json")).resolve(name);
      const marker = join("/", name, "/");
      const at = entry.lastIndexOf(marker);
      return at < 0 ? null : new Package(entry.slice(0, at + marker.length - 1));
    } catch {
      return null;
    }
  }

  /**
   * Imports one of its entries.
   * @param {string} [entry]
   * @returns {Promise<any>}
   */
  import(entry = ".") {
    return import(pathToFileURL(join(this.directory, this.#entry(entry))).href);
  }

  /** @param {string} entry */
  #entry(entry) {
    const { exports, module, main } = this.#manifest;
    const found = typeof exports === "object" && exports !== null ? target(/** @type {any} */ (exports)[entry]) : exports;
    return typeof found === "string" ? found : (module ?? main ?? "index.js");
  }
}

/**
 * The file that an entry of `exports` means to who imports it.
 * @param {unknown} entry
 * @returns {string | undefined}
 */
function target(entry) {
  if (typeof entry === "string" || entry === undefined || entry === null) return entry ?? undefined;
  for (const [condition, inner] of Object.entries(entry)) {
    const found = CONDITIONS.has(condition) ? target(inner) : undefined;
    if (found !== undefined) return found;
  }
}

/** What is installed for the project. */
export class Project {
  /** @type {any} langgraph, once it is imported. */
  #langgraph = null;

  /** @param {string} root the directory of langgraph.json */
  constructor(root) {
    this.root = root;
    this.langgraph = Package.find(LANGGRAPH, root);
  }

  /** Required packages that are not there, looked for without importing them. */
  get missing() {
    return this.langgraph ? [] : [LANGGRAPH];
  }

  /** @returns {Promise<typeof import("@langchain/langgraph")>} */
  async importLanggraph() {
    // Every run asks, and Node takes a fifth of a millisecond to say that it is there.
    this.#langgraph ??= await this.#require(this.langgraph, LANGGRAPH).import();
    return this.#langgraph;
  }

  /** @returns {Promise<typeof import("@langchain/langgraph-checkpoint")>} */
  async importCheckpoint() {
    return this.#require(this.#beside(CHECKPOINT), CHECKPOINT).import();
  }

  /**
   * What langgraph can say of schemas that describe themselves; nothing, in versions that cannot.
   * @returns {Promise<Record<string, (graph: object) => object | undefined> | null>}
   */
  async importSchemas() {
    return this.#require(this.langgraph, LANGGRAPH)
      .import("./zod/schema")
      .catch(() => null);
  }

  /** The directory that langgraph is installed in. */
  get packages() {
    return this.langgraph ? dirname(dirname(this.langgraph.directory)) : null;
  }

  /**
   * Imports a package as a module in the project's directory would.
   * @param {string} specifier
   * @returns {Promise<unknown>}
   */
  async importFromRoot(specifier) {
    // The second argument is why Node is started with a flag.
    return import(import.meta.resolve(specifier, pathToFileURL(join(this.root, "langgraph.json")).href));
  }

  /** The files that say what is installed. */
  get manifests() {
    const packages = [this.langgraph, this.#beside(CORE), this.#beside(CHECKPOINT)];
    const own = packages.flatMap((one) => (one ? [join(one.directory, "package.json")] : []));
    return [...own, ...packageFiles(this.root)];
  }

  /** The versions of what decides how graphs behave. */
  get versions() {
    const packages = [
      [LANGGRAPH, this.langgraph],
      [CORE, this.#beside(CORE)],
      [SDK, this.#beside(SDK)],
    ];
    const versions = packages.flatMap(([name, found]) => (found instanceof Package ? [[name, found.version]] : []));
    return Object.fromEntries(versions);
  }

  /**
   * The package that langgraph itself imports by this name.
   * @param {string} name
   */
  #beside(name) {
    return this.langgraph && Package.find(name, this.langgraph.directory);
  }

  /**
   * @param {Package | null} found
   * @param {string} name
   */
  #require(found, name) {
    if (!found) throw new Error(`${name} is not installed.`);
    return found;
  }
}
