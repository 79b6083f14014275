// The project's own auth: loads its `Auth` object, authenticates requests, and runs the `on` handlers.

import { STATUS_CODES } from "node:http";

import { filterOf, InvalidFilter } from "./auth_filter.mjs";
import { webRequest } from "./auth_request.mjs";
import { diagnose, messageOf, nameOf } from "./diagnostics.mjs";
import { CallFailed } from "./errors.mjs";
import { kindOf } from "./graphs.mjs";

/** @typedef {import("./calls.mjs").Call} Call */
/** @typedef {import("./connection.mjs").Answer} Answer */
/** @typedef {import("./frames.mjs").Meta} Meta */
/** @typedef {import("./worker.mjs").Worker} Worker */
/** @typedef {{identity: string, display_name: string, is_authenticated: boolean, permissions: string[], [key: string]: unknown}} User */
/** @typedef {(given: object) => unknown} Handler */

const STUDIO = Object.freeze({
  identity: "langgraph-studio-user",
  display_name: "langgraph-studio-user",
  is_authenticated: false,
  permissions: [],
  kind: "StudioUser",
});

/** What the project's `Auth` has registered. */
export class LoadedAuth {
  #authenticate;
  #callbacks;

  /** @param {unknown} auth what langgraph.json names */
  constructor(auth) {
    const registered = /** @type {any} */ (auth)?.["~handlerCache"];
    if (typeof registered !== "object" || registered === null) {
      throw new TypeError(
        `it is ${kindOf(auth)}, not an \`Auth\`. Export one: \`export const auth = new Auth()\` (from "@langchain/langgraph-sdk/auth"), with its handlers`,
      );
    }
    if (typeof registered.authenticate !== "function") {
      throw new TypeError("it has no authenticate handler, so nobody could be let in. Register one with `.authenticate(…)`");
    }
    /** @type {(request: Request) => unknown} */
    this.#authenticate = registered.authenticate;
    /** @type {Record<string, Handler>} */
    this.#callbacks = registered.callbacks ?? {};
  }

  /** The (resource, action) pairs that have a handler, `*` for all. */
  get handlers() {
    return Object.keys(this.#callbacks).map((event) => {
      const [resource = "*", action = "*"] = event.split(":");
      return [resource, action];
    });
  }

  /**
   * Who makes a request.
   * @param {Request} request
   * @returns {Promise<User>}
   */
  async authenticate(request) {
    const user = userOf(await this.#authenticate(request));
    // Somebody without an identity would share what they own with everybody else without one.
    if (!user.is_authenticated || user.identity === "") throw new CallFailed("Unauthorized", { status: 401, type: "Unauthorized" });
    return user;
  }

  /**
   * The one handler that decides about `action` on `resource`: the most specific.
   * @param {string} resource
   * @param {string} action
   * @returns {Handler | undefined}
   */
  handler(resource, action) {
    const events = [`${resource}:${action}`, resource, `*:${action}`, "*"];
    return events.map((event) => this.#callbacks[event]).find((handler) => handler !== undefined);
  }
}

/**
 * The call `auth`: says who the caller is, then runs the handler of each check; the first refusal ends it.
 * @param {Worker} worker
 * @param {Call} _call
 * @param {Meta} params
 * @returns {Promise<Answer>}
 */
export async function authorize(worker, _call, params) {
  const { auth } = worker;
  if (!auth) throw new CallFailed("This project has no auth.", { type: "NoAuth" });
  const user = await callerOf(auth, worker, params);
  const checks = [];
  for (const check of params["checks"] ?? []) checks.push(await checked(auth, worker, user, check));
  return { meta: { user, checks } };
}

/**
 * @param {LoadedAuth} auth
 * @param {Worker} worker
 * @param {Meta} params
 * @returns {Promise<User>}
 */
async function callerOf(auth, worker, params) {
  if (params["authenticate"]) {
    return refusing("authenticate handler", worker, () => auth.authenticate(webRequest(params["request"], params["body"])));
  }
  const user = params["studio"] ? STUDIO : params["user"];
  if (!user) throw new CallFailed("Unauthorized", { status: 401, type: "Unauthorized" });
  return user;
}

/**
 * @param {LoadedAuth} auth
 * @param {Worker} worker
 * @param {User} user
 * @param {{resource: string, action: string, value?: any}} check
 */
async function checked(auth, worker, user, { resource, action, value: given = null }) {
  const handler = auth.handler(resource, action);
  if (!handler) return { filter: null, value: given };
  const value = given ?? {};
  addUser(user, resource, action, value);
  const what = `\`on\` handler for ${resource}:${action}`;
  const event = `${resource}:${action}`;
  const result = await refusing(what, worker, () => handler({ event, resource, action, value, user, permissions: user.permissions }));
  if (result === false) throw new CallFailed("Forbidden", { status: 403, type: "Forbidden" });
  try {
    return { filter: filterOf(result), value };
  } catch (error) {
    if (!(error instanceof InvalidFilter)) throw error;
    const message = `The ${what} returned ${error.message}.`;
    throw new CallFailed(message, { status: 500, type: "InvalidFilter" });
  }
}

/**
 * What a handler answers; what it throws is an answer too.
 * @template T
 * @param {string} what
 * @param {Worker} worker
 * @param {() => T} handle
 * @returns {Promise<Awaited<T>>}
 */
async function refusing(what, worker, handle) {
  try {
    return await handle();
  } catch (error) {
    throw error instanceof CallFailed ? error : refusal(error, what, worker);
  }
}

/**
 * What a handler's exception means to the client.
 * @param {unknown} error
 * @param {string} what
 * @param {Worker} worker
 */
function refusal(error, what, worker) {
  const { status, headers } = /** @type {any} */ (error ?? {});
  if (Number.isInteger(status) && status >= 400 && status <= 599) {
    const message = messageOf(error) || STATUS_CODES[status] || `Status ${status}`;
    return new CallFailed(message, { status, type: nameOf(error), headers: headersOf(headers) });
  }
  // The text of an unforeseen exception may hold a secret: the log gets it, the client gets the class.
  return new CallFailed(`The ${what} threw ${nameOf(error)}. The server's log has the stack.`, {
    status: 500,
    type: nameOf(error),
    diagnostic: diagnose(error, worker.root),
  });
}

/** @param {unknown} headers */
function headersOf(headers) {
  if (typeof headers !== "object" || headers === null) return null;
  const all = headers instanceof Headers ? [...headers] : Object.entries(headers);
  return all.length > 0 ? Object.fromEntries(all.map(([name, value]) => [name, String(value)])) : null;
}

/**
 * The user that an authenticate handler's result means: an identity, or an object that has one.
 * @param {unknown} result
 * @returns {User}
 */
function userOf(result) {
  const given = typeof result === "string" ? { identity: result } : result;
  if (typeof given !== "object" || given === null || typeof (/** @type {any} */ (given).identity) !== "string") {
    throw new CallFailed(
      "The authenticate handler must return a user with an `identity` (an object, or just the identity as a text), and returned something else.",
      { status: 500, type: "NotAUser" },
    );
  }
  // A worker in Python unpickles what is in `__source__`, and only what another one has put there may be.
  const { identity, display_name = identity, is_authenticated = true, permissions = [], __source__: _, ...rest } = /** @type {any} */ (given);
  return { ...rest, identity, display_name, is_authenticated, permissions };
}

/**
 * Puts the user where handlers look for them in what is to be made; the server asked before it knew who it is.
 * @param {User} user
 * @param {string} resource
 * @param {string} action
 * @param {any} value
 */
function addUser(user, resource, action, value) {
  if (resource === "crons" && action === "create") value.user_id = user.identity;
  if (resource !== "threads" || action !== "create_run" || typeof value.kwargs !== "object" || value.kwargs === null) return;
  value.kwargs.config ??= {};
  value.kwargs.config.configurable ??= {};
  Object.assign(value.kwargs.config.configurable, {
    langgraph_auth_user: user,
    langgraph_auth_user_id: user.identity,
    langgraph_auth_permissions: [...user.permissions],
  });
}
