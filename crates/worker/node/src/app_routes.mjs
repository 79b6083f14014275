// Which requests an app may have a route for: what the server is told when the app is loaded, and the answer for one request.

/** @typedef {{path: string, method: string, handler: Function, basePath?: string}} Route a route of Hono's */
/** @typedef {{path: string, isPreflight: boolean}} Seen what of a request decides whose it is; the path is behind the prefix */
/** @typedef {new (options: object) => any} HonoClass */
/** @typedef {(request: Request, options: object) => string} GetPath */
/** @typedef {{starts: string, whole: boolean, socket: boolean}} ToldRoute */

/** The method of a route that is for all of them. */
const ALL = "ALL";
/** They are always the server's. */
const SERVERS = ["/ok", "/docs"];
/** What only the app's middleware sees: these, and the server's WebSocket. */
const ONLY_WRAPPED = [...SERVERS, "/threads/any/stream/events"];
/** Where Hono keeps a function that it has put into one that answers its errors. */
const COMPOSED = "__COMPOSED_HANDLER";
/** Paths of which only the beginning is known. */
const PATTERN = /[:*{%]/;

/**
 * Whether it is one of the app's own routes, and not middleware: that is for every method, and passes on.
 * @param {Route} route
 */
export function isOwnRoute(route) {
  return route.method !== ALL || !passesOn(route);
}

/**
 * Whether auth comes before it, where the app's own routes ask for that: what is for some paths may answer them, also where it takes `next`,
 * as what is mounted does.
 * @param {Route} route
 */
export function asksAuthFor(route) {
  return isOwnRoute(route) || !takesEveryPath(route.path);
}

/**
 * Whether it may leave a request to what follows.
 * @param {Route} route
 */
function passesOn(route) {
  return parametersOf(route) >= 2;
}

/** @param {Route} route */
function parametersOf({ handler }) {
  /** @type {any} */
  let inner = handler;
  while (inner[COMPOSED]) inner = inner[COMPOSED];
  return inner.length;
}

/**
 * Whether a request that a route matches is the app's, and not the server's.
 * @param {Route} route
 * @param {Seen} seen
 */
export function isForApp(route, { path, isPreflight }) {
  return passesOn(route) || (!SERVERS.includes(path) && !(isPreflight && route.method === ALL));
}

/**
 * Whether auth is to know that one of the app's own routes is asked for. What the server tells everybody it still does where a route takes
 * every path.
 * @param {Route} route
 * @param {Seen} seen
 */
export function isOfApp(route, seen) {
  // A preflight never brings credentials.
  const isOpen = SERVERS.includes(seen.path) || (seen.isPreflight && route.method === ALL) || (takesEveryPath(route.path) && (seen.path === "/info" || seen.path.startsWith("/ui/")));
  return isForApp(route, seen) && !isOpen;
}

/**
 * @param {Request} request
 * @param {string} prefix
 * @returns {Seen}
 */
export function seenOf({ method, url, headers }, prefix) {
  const isPreflight = method === "OPTIONS" && headers.has("access-control-request-method");
  return { path: within(new URL(url).pathname, prefix), isPreflight };
}

/**
 * The path behind the prefix; outside of that there is nothing of the server's, and it is empty.
 * @param {string} path
 * @param {string} prefix
 */
function within(path, prefix) {
  if (path === prefix) return "/";
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : "";
}

/** @param {string} path */
function takesEveryPath(path) {
  return path === "/*" || path === "*";
}

/** What is known of an app's routes. */
export class AppRoutes {
  #probe;

  /**
   * @param {ToldRoute[]} told
   * @param {boolean} wraps
   * @param {{fetch(request: Request): Response | Promise<Response>}} probe has the app's own routes, and answers with success where they are asked for
   */
  constructor(told, wraps, probe) {
    this.told = told;
    this.wraps = wraps;
    this.#probe = probe;
  }

  /**
   * Those of an app that does not say.
   * @param {string} prefix
   */
  static any(prefix) {
    return new AppRoutes(entries({ starts: "/", whole: false }), false, {
      fetch: (request) => own({ path: "*", method: ALL, handler: own }, request, prefix),
    });
  }

  /**
   * Those of an app of Hono's.
   * @param {HonoClass} Hono
   * @param {{routes: Route[], getPath: GetPath}} app
   * @param {string} prefix
   */
  static async of(Hono, { routes, getPath }, prefix) {
    const probe = probing(Hono, getPath, prefix, routes.filter(isOwnRoute));
    const middleware = probing(Hono, getPath, prefix, routes.filter(passesOn), () => new Response());
    const seen = ONLY_WRAPPED.map((path) => middleware.fetch(new Request(`http://localhost${prefix}${path}`)));
    // With a `getPath` of the project's, or one that is not strict about the last slash, routes are for other paths than they say.
    const isPlain = getPath(new Request("http://x/a/b/"), {}) === "/a/b/" && getPath(new Request("http://y/a"), {}) === "/a";
    const wraps = mayWrap(routes, isPlain) || (await Promise.all(seen)).some((answer) => answer.ok);
    if (!isPlain) return new AppRoutes(entries({ starts: "/", whole: false }), wraps, probe);
    const told = routes.filter((route) => isOwnRoute(route) || !takesEveryPath(route.path)).flatMap(({ path }) => entries(startOf(path)));
    return new AppRoutes([...new Map(told.map((one) => [JSON.stringify(one), one])).values()], wraps, probe);
  }

  /**
   * Whether one of the app's own routes may be for a request, path and method.
   * @param {Request} request
   */
  async own({ method, url, headers }) {
    return (await this.#probe.fetch(new Request(url, { method, headers }))).ok;
  }
}

/**
 * Whether middleware may be for what no path that is tried out shows: others match its pattern, or are put together from more than the
 * path, or it does not say what it takes.
 * @param {Route[]} routes
 * @param {boolean} isPlain
 */
function mayWrap(routes, isPlain) {
  const isHidden = (/** @type {Route} */ route) => passesOn(route) && (!isPlain || route.path.includes("{"));
  return routes.some((route) => isHidden(route) || (route.method === ALL && parametersOf(route) === 0));
}

/**
 * An app that has these routes, to ask whether one is for a request.
 * @param {HonoClass} Hono
 * @param {GetPath} getPath
 * @param {string} prefix
 * @param {Route[]} routes
 * @param {(route: Route, request: Request, prefix: string) => Response} [answer]
 */
function probing(Hono, getPath, prefix, routes, answer = own) {
  const probe = new Hono({ getPath });
  const mounted = prefix === "" ? probe : probe.basePath(prefix);
  for (const route of routes) {
    const handler = async (/** @type {any} */ c, /** @type {() => Promise<void>} */ next) => {
      const answered = answer(route, c.req.raw, prefix);
      return answered.ok ? answered : next();
    };
    if (route.method === ALL) mounted.all(route.path, handler);
    else mounted.on(route.method, route.path, handler);
  }
  return probe;
}

/**
 * @param {Route} route
 * @param {Request} request
 * @param {string} prefix
 */
function own(route, request, prefix) {
  return new Response(null, { status: isOfApp(route, seenOf(request, prefix)) ? 204 : 404 });
}

/**
 * How the paths of a route start.
 * @param {string} path
 */
function startOf(path) {
  const at = path.search(PATTERN);
  if (at < 0) return { starts: path, whole: true };
  // Before a parameter that may be missing, and before a star, the slash may be missing too.
  const starts = path.slice(0, path.lastIndexOf("/", at));
  return { starts: starts === "" ? "/" : starts, whole: false };
}

/**
 * Both for WebSockets and not: an app is asked for one as for any GET.
 * @param {{starts: string, whole: boolean}} start
 * @returns {ToldRoute[]}
 */
function entries(start) {
  return [false, true].map((socket) => ({ ...start, socket }));
}
