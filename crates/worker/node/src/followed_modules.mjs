// The project's modules where a loader of its own makes of them what Node runs: what is loaded is told, and nothing is changed.

import { fileOf, isOfProject, PACKAGE } from "./project_modules.mjs";

/** @typedef {import("./hooks.mjs").Hooks} Hooks */
/** @typedef {import("./project_modules.mjs").Loads} Loads */

/**
 * Hooks that look on.
 * @param {Loads} loads told of what is loaded
 * @returns {Hooks}
 */
export function followingHooks(loads) {
  return {
    resolve(specifier, context, next) {
      const from = fileOf(/** @type {{parentURL?: string}} */ (context).parentURL);
      if (from !== null && isOfProject(from) && PACKAGE.test(specifier)) loads.imported(specifier);
      return next(specifier, context);
    },
    load(url, context, next) {
      const file = fileOf(url);
      if (file === null || !isOfProject(file)) return next(url, context);
      loads.loaded(file);
      /** @param {{source?: unknown}} found */
      const tell = (found) => {
        if (found.source) loads.compiled(file, textOf(found.source));
        return found;
      };
      const found = next(url, context);
      return found instanceof Promise ? found.then(tell) : tell(found);
    },
  };
}

/** @param {unknown} source */
function textOf(source) {
  return typeof source === "string" ? source : new TextDecoder().decode(/** @type {Uint8Array} */ (source));
}
