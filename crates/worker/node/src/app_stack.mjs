// The app as it is called for each request: its own middleware around its own routes, and around the server's.
//
// An app of Hono's is mounted in another one, in front of a last route that asks the server; so its middleware, which runs for all that
// follows it, runs for the server's routes too. What else has a `fetch` is asked first, and the server when that finds nothing.

import { AppRoutes, asksAuthFor, isForApp, isOfApp, isOwnRoute, seenOf } from "./app_routes.mjs";
import { serve, serveIfKnown } from "./app_serve.mjs";
import { serveSocket } from "./app_socket.mjs";

/** @typedef {import("./app_exchange.mjs").Exchange} Exchange */
/** @typedef {import("./app_request.mjs").RequestBody} RequestBody */
/** @typedef {import("./app_routes.mjs").Route} Route */
/** @typedef {{exchange: Exchange, body: RequestBody, request: Request}} Asked */
/** @typedef {{waitUntil(promise: Promise<unknown>): void, passThroughOnException(): void, props: object}} ExecutionContext */
/** @typedef {{fetch(request: Request, env: object, context: ExecutionContext): Response | Promise<Response>}} FetchApp */
/** @typedef {any} HonoApp what is used of it is public, and the same in all versions from 4 on */
/** @typedef {any} HonoContext */
/** @typedef {{prefix: string, asksAuth: boolean}} Options */
/**
 * @typedef {object} Stack
 * @property {AppRoutes} routes
 * @property {(asked: Asked, env: object, context: ExecutionContext) => Promise<Response>} answer
 */

/** Where the environment of a request has what it is. */
const ASKED = Symbol("lgx.asked");
const FALLS_THROUGH = new Set([404, 405]);

/**
 * An app of Hono's.
 * @implements {Stack}
 */
export class HonoStack {
  #outer;
  #options;

  /**
   * @param {import("./app_routes.mjs").HonoClass} Hono
   * @param {HonoApp} app
   * @param {AppRoutes} routes
   * @param {Options} options
   */
  constructor(Hono, app, routes, options) {
    this.#options = options;
    this.routes = routes;
    const { prefix } = options;
    this.#outer = new Hono({ getPath: app.getPath });
    const mounted = prefix === "" ? this.#outer : this.#outer.basePath(prefix);
    mounted.use("*", (/** @type {HonoContext} */ c, /** @type {() => Promise<void>} */ next) => {
      putUser(c);
      return next();
    });
    // What is mounted of an app are its routes, and how it answers errors.
    const mountedRoutes = app.routes.map((/** @type {Route} */ route) => this.#mounted(route));
    mounted.route("/", Object.create(app, { routes: { value: mountedRoutes } }));
    this.#outer.all("*", (/** @type {HonoContext} */ c) => inward(c));
    this.#outer.onError((/** @type {unknown} */ error, /** @type {HonoContext} */ c) => answerTo(error, c));
  }

  /** @type {Stack["answer"]} */
  async answer(asked, env, context) {
    return this.#outer.fetch(asked.request, { ...env, [ASKED]: asked }, context);
  }

  /** @param {Route} route */
  #mounted(route) {
    const isGuarded = isOwnRoute(route) || (this.#options.asksAuth && asksAuthFor(route));
    return isGuarded ? { ...route, handler: this.#guarded(route) } : route;
  }

  /**
   * One of its own routes, or what may be one: it comes behind auth if that is wanted, and is told as what answers.
   * @param {Route} route
   */
  #guarded(route) {
    const { asksAuth, prefix } = this.#options;
    const { handler } = route;
    return async (/** @type {HonoContext} */ c, /** @type {() => Promise<void>} */ next) => {
      const seen = seenOf(c.req.raw, prefix);
      if (!isForApp(route, seen)) return next();
      /** @type {Asked} */
      const { exchange } = c.env[ASKED];
      if (asksAuth) {
        const refusal = await exchange.letIn(c.req.raw, isOfApp(route, seen));
        if (refusal) return refusal;
        putUser(c);
      }
      if (isOwnRoute(route)) exchange.route = route.path;
      return handler(c, () => {
        exchange.route = null;
        return next();
      });
    };
  }
}

/**
 * Anything else that answers a `Request`.
 * @implements {Stack}
 */
export class FetchStack {
  #app;
  #options;

  /**
   * @param {FetchApp} app
   * @param {Options} options
   */
  constructor(app, options) {
    this.#app = app;
    this.#options = options;
    this.routes = AppRoutes.any(options.prefix);
  }

  /** @type {Stack["answer"]} */
  async answer({ exchange, request, body }, env, context) {
    if (this.#options.asksAuth) {
      const refusal = await exchange.letIn(request, await this.routes.own(request));
      if (refusal) return refusal;
    }
    const answer = await this.#app.fetch(request, { ...env, ...authOf(exchange) }, context);
    if (exchange.isSocket || !FALLS_THROUGH.has(answer?.status) || !body.isLeft(request)) return answer;
    return (await serveIfKnown(exchange, request, body.again(request))) ?? answer;
  }
}

/**
 * Has the server answer what no route of the app has.
 * @param {HonoContext} c
 */
async function inward(c) {
  /** @type {Asked} */
  const asked = c.env[ASKED];
  const { raw } = c.req;
  if (asked.exchange.isSocket) return serveSocket(asked.exchange, raw);
  return serve(asked.exchange, raw, await bodyOf(c, asked));
}

/**
 * The body as middleware has left it: what it has read by way of its context is kept there.
 * @param {HonoContext} c
 * @param {Asked} asked
 */
async function bodyOf(c, { request, body }) {
  const { raw } = c.req;
  const isSame = raw === request;
  if (isSame && (body.whole || !raw.bodyUsed)) return body.again(raw);
  if (raw.bodyUsed) return Buffer.from(await c.req.arrayBuffer());
  return raw.body ?? Buffer.alloc(0);
}

/**
 * What is thrown and not handled: an exception of Hono's has its own answer, all else is a crash.
 * @param {unknown} error
 * @param {HonoContext} c
 */
function answerTo(error, c) {
  if (typeof error === "object" && error !== null && "getResponse" in error) {
    const response = /** @type {{getResponse(): Response}} */ (error).getResponse();
    return c.newResponse(response.body, response);
  }
  return c.env[ASKED].exchange.crash(error);
}

/** @param {HonoContext} c */
function putUser(c) {
  const { auth } = authOf(c.env[ASKED].exchange);
  if (auth) c.set("auth", auth);
}

/**
 * Who asks, as the app finds it.
 * @param {Exchange} exchange
 */
function authOf({ user }) {
  if (!user) return {};
  const { __source__: _, ...shown } = user; // it is for workers in Python
  return { auth: { user: shown, scopes: [...(user.permissions ?? [])] } };
}
