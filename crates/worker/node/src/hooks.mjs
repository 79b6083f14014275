// Puts the project's modules between Node and the disk: on the spot where Node can do that, else on a thread of its own.
//
// Only what is imported from now on goes through them, so installed packages that are needed anyway are imported before: on the thread
// each of langgraph's seven hundred modules would cost a message there and back.

import * as module from "node:module";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";

import { markedUrl } from "./common_js.mjs";
import { followingHooks } from "./followed_modules.mjs";
import { ProjectModules } from "./project_modules.mjs";
import { Transpiler } from "./transpiler.mjs";

/** @typedef {import("./source.mjs").Source} Source */
/** @typedef {import("./project_modules.mjs").Resolution} Resolution */
/** @typedef {import("./project_modules.mjs").Loaded} Loaded */
/** @typedef {{resolve: (specifier: string, context: object, next: (specifier: string, context: object) => any) => any, load: (url: string, context: object, next: (url: string, context: object) => any) => any}} Hooks */

/**
 * From now on modules of the project are what the server says at this descriptor; without one they are what a loader of the project's own
 * makes of them.
 * @param {number | null} fd
 * @param {Source} source where the files go that are loaded
 */
export function installHooks(fd, source) {
  // Node 22.15 and newer; the types are those of the oldest Node that is supported.
  const registerHooks = /** @type {any} */ (module).registerHooks;
  if (registerHooks) {
    registerHooks(hooksFor(fd, source));
    return;
  }
  const { port1, port2 } = new MessageChannel();
  module.register(new URL("hooks_thread.mjs", import.meta.url), { data: { fd, port: port2 }, transferList: [port2] });
  port1.unref();
  source.drain = () => {
    for (let told = receiveMessageOnPort(port1); told; told = receiveMessageOnPort(port1)) {
      const { file, code, specifier } = told.message;
      if (code !== undefined) source.compiled(file, code);
      else if (file) source.loaded(file);
      else source.imported(specifier);
    }
  };
}

/**
 * @param {number | null} fd
 * @param {import("./project_modules.mjs").Loads} loads
 * @returns {Hooks}
 */
export function hooksFor(fd, loads) {
  return fd === null ? followingHooks(loads) : hooksOf(new ProjectModules(new Transpiler(fd), loads));
}

/**
 * As Node wants them; what is not the project's goes on to the next.
 * @param {ProjectModules} modules
 * @returns {Hooks}
 */
function hooksOf(modules) {
  return {
    resolve(specifier, context, next) {
      const found = modules.resolve(specifier, context);
      if (found) return { ...found, shortCircuit: true };
      const names = modules.namesFromCommonJs(specifier, context);
      if (names === null) return next(specifier, context);
      const between = (/** @type {{url: string}} */ { url }) => ({ url: markedUrl(url, names), format: "module", shortCircuit: true });
      const byNode = next(specifier, context);
      return byNode instanceof Promise ? byNode.then(between) : between(byNode);
    },
    load(url, context, next) {
      const loaded = modules.load(url);
      return loaded ? { ...loaded, shortCircuit: true } : next(url, context);
    },
  };
}
