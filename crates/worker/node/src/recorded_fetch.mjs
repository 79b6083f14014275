// `fetch` goes by the proxy through which calls of models are recorded and played, on versions of Node that have no NODE_USE_ENV_PROXY.
//
// What `fetch` opens connections with is an agent of undici. Node has undici built in and offers it to nobody, but shows the agent
// that is in use under a symbol; another one of its class, which opens connections in its own way, takes its place.

import { connect, isIP } from "node:net";
import { connect as connectTls } from "node:tls";

import { bare, recordingProxy, tunnel } from "./recorded_tunnel.mjs";

const DISPATCHER = Symbol.for("undici.globalDispatcher.1");
const REMEDY = "use Node.js 22.21, 24 or later";

/**
 * @typedef {{ hostname: string, port: string | number, protocol: string, servername?: string | null }} Target
 * @typedef {(error: Error | null, socket: import("node:net").Socket | null) => void} Opened
 */

/** From here on, it does, if calls are recorded. */
export async function installRecordedFetch(env = process.env, version = process.versions.node) {
  const recording = recordingProxy(env);
  if (recording === null || goesByItself(version)) return;
  await fetch("data:,"); // with the first one, there is an agent
  const agent = /** @type {Record<symbol, object | undefined>} */ (/** @type {unknown} */ (globalThis))[DISPATCHER];
  const Agent = /** @type {(new (options: object) => object) | undefined} */ (agent?.constructor);
  if (Agent === undefined || Agent === Object) {
    process.emitWarning(`calls that fetch makes are not recorded on Node.js ${version}: ${REMEDY}`);
    return;
  }
  const { proxy, past } = recording;
  Object.assign(globalThis, { [DISPATCHER]: new Agent({ connect: opener(proxy, past) }) });
}

/**
 * Whether a version of Node goes by proxies of the environment when it is told to.
 * @param {string} version
 */
export function goesByItself(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major >= 24 || (major === 22 && minor >= 21);
}

/**
 * What opens connections: through the proxy, but for hosts that are passed over.
 * @param {URL} proxy
 * @param {Set<string>} past
 */
export function opener(proxy, past) {
  return (/** @type {Target} */ target, /** @type {Opened} */ opened) => {
    const isSecure = target.protocol === "https:";
    const port = Number(target.port) || (isSecure ? 443 : 80);
    const { hostname } = target;
    const done = once(opened);
    const begin = (/** @type {import("node:net").Socket} */ socket) => {
      socket.setNoDelay(true);
      if (!isSecure) return done(null, socket);
      const servername = target.servername || (isIP(bare(hostname)) ? "" : hostname);
      const secure = connectTls({ socket, servername, host: hostname, ALPNProtocols: ["http/1.1"] });
      secure.once("secureConnect", () => done(null, secure)).once("error", (error) => done(error, null));
    };
    if (past.has(bare(hostname))) {
      const socket = connect(port, bare(hostname));
      socket.once("connect", () => begin(socket)).once("error", (error) => done(error, null));
    } else {
      tunnel(proxy, `${hostname}:${port}`).then(begin, (error) => done(error, null));
    }
  };
}

/**
 * What is told once, however often it happens.
 * @param {Opened} opened
 * @returns {Opened}
 */
function once(opened) {
  let told = false;
  return (error, socket) => {
    if (told) return;
    told = true;
    opened(error, socket);
  };
}
