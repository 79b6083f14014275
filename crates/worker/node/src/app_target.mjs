// What `http.app` of langgraph.json names: makes sure that it is an app, and finds the Hono that it was made with.

import { basename } from "node:path";
import { pathToFileURL } from "node:url";

import { AppRoutes } from "./app_routes.mjs";
import { FetchStack, HonoStack } from "./app_stack.mjs";
import { diagnose } from "./diagnostics.mjs";
import { CallFailed } from "./errors.mjs";
import { kindOf } from "./graphs.mjs";

/** @typedef {import("./app_stack.mjs").Options} Options */
/** @typedef {import("./app_stack.mjs").Stack} Stack */
/** @typedef {{file: string, attribute: string}} Target */

const USE = "`http.app` names an app of Hono's, such as `export const app = new Hono()`, or an object with `fetch(request)` that returns a Response";

/**
 * The app, around the server's own routes. The server must not run without it: what goes wrong is an `AppLoadError`.
 * @param {Target} target
 * @param {(target: Target) => Promise<unknown>} named imports what a target names
 * @param {string} root
 * @param {Options} options
 * @returns {Promise<Stack>}
 */
export async function stackOf(target, named, root, options) {
  try {
    const app = /** @type {any} */ (await named(target));
    if (!isHono(app)) return new FetchStack(fetchApp(app), options);
    const Hono = await honoOf(app, target.file);
    return new HonoStack(Hono, app, await AppRoutes.of(Hono, app, options.prefix), options);
  } catch (error) {
    const found = diagnose(error, root);
    const diagnostic = found.file === null ? { ...found, file: target.file } : found;
    const name = `The HTTP app ${basename(target.file)}:${target.attribute || "default"}`;
    throw new CallFailed(`${name} could not be loaded: ${diagnostic.message}`, { type: "AppLoadError", diagnostic });
  }
}

/**
 * Told by its properties, as the project may have several copies of it.
 * @param {any} app
 */
function isHono(app) {
  return typeof app === "object" && app !== null && Array.isArray(app.routes) && ["fetch", "route", "getPath"].every((name) => typeof app[name] === "function");
}

/** @param {any} app */
function fetchApp(app) {
  if (typeof app?.fetch === "function") return app;
  if (typeof app?.listen === "function") {
    throw new TypeError(`it answers requests of Node's \`http\`, as Express and Fastify do, and not Web requests. ${USE}`);
  }
  if (typeof app === "function") throw new TypeError(`it is a function. ${USE}: \`export const app = { fetch: handler }\``);
  throw new TypeError(`it is ${kindOf(app)}, not an app. ${USE}`);
}

/**
 * The class to mount an app in: as its file imports it, else the one that it is itself of.
 * @param {object} app
 * @param {string} file
 */
async function honoOf(app, file) {
  try {
    const url = import.meta.resolve("hono", pathToFileURL(file).href); // the second argument is why Node is started with a flag
    return (await import(url)).Hono;
  } catch {
    return app.constructor;
  }
}
