// `http.request` and `https.request` go by the proxy through which calls of models are recorded and played, whichever agent they are given:
// Node itself takes no agent there that a client has made for itself, and no versions before 22.21 take any.

import http from "node:http";
import https from "node:https";

import { bare, recordingProxy, tunnel } from "./recorded_tunnel.mjs";

/**
 * @typedef {{ host?: string, port?: string | number, socketPath?: string, socket?: unknown }} Wanted
 * @typedef {(error: Error | null, socket?: unknown) => void} Opened
 * @typedef {(this: unknown, wanted: Wanted, opened?: Opened) => unknown} Connects
 * @typedef {{ options?: { proxyEnv?: object | null } }} AnyAgent
 */

/** From here on, they do, if calls are recorded. */
export function installRecordedRequests(env = process.env) {
  const recording = recordingProxy(env);
  if (recording === null) return () => {};
  const undo = [
    through(http.Agent.prototype, recording, (_straight, socket) => socket),
    through(https.Agent.prototype, recording, (straight, socket) => straight({ socket })),
  ];
  return () => undo.forEach((it) => it());
}

/**
 * Has the agents of a class open connections through the proxy. `finish` makes of a connection what they take.
 * @param {object} agents
 * @param {{ proxy: URL, past: Set<string> }} recording
 * @param {(straight: (more: object) => unknown, socket: unknown) => unknown} finish
 */
function through(agents, { proxy, past }, finish) {
  const prototype = /** @type {{ createConnection: Connects }} */ (agents);
  const before = prototype.createConnection;
  /** @type {Connects} */
  const createConnection = function (wanted, opened) {
    const host = bare(wanted.host ?? "localhost");
    const goesByItself = (/** @type {AnyAgent} */ (this)).options?.proxyEnv != null;
    if (opened === undefined || goesByItself || wanted.socketPath || wanted.socket || past.has(host)) {
      return before.call(this, wanted, opened);
    }
    const straight = (/** @type {object} */ more) => before.call(this, { ...wanted, ...more });
    const named = host.includes(":") ? `[${host}]` : host;
    tunnel(proxy, `${named}:${wanted.port}`).then(
      (socket) => opened(null, finish(straight, socket)),
      (error) => opened(error),
    );
    return undefined;
  };
  prototype.createConnection = createConnection;
  return () => {
    prototype.createConnection = before;
  };
}
