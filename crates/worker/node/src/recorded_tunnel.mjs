// The proxy through which calls of models are recorded and played, and connections through it.

import { request } from "node:http";
import { connect } from "node:net";

/** Set where there is such a proxy. */
const RECORDS = "LGX_RECORDS";

/**
 * The proxy, and the hosts that are reached past it; none where nothing is recorded.
 * @param {NodeJS.ProcessEnv} env
 */
export function recordingProxy(env) {
  const proxy = env["HTTPS_PROXY"];
  if (env[RECORDS] === undefined || proxy === undefined) return null;
  const past = new Set((env["NO_PROXY"] ?? "").split(",").filter(Boolean));
  return { proxy: new URL(proxy), past };
}

/**
 * A connection to a host and port, through the proxy.
 * @param {URL} proxy
 * @param {string} to
 * @returns {Promise<import("node:net").Socket>}
 */
export function tunnel(proxy, to) {
  const token = Buffer.from(`${proxy.username}:${proxy.password}`).toString("base64");
  return new Promise((resolve, reject) => {
    const asked = request({
      method: "CONNECT",
      path: to,
      headers: { host: to, "proxy-authorization": `Basic ${token}` },
      // Not by an agent, which may be one that comes here.
      createConnection: () => connect(Number(proxy.port), proxy.hostname),
    });
    asked.once("error", reject);
    asked.once("connect", ({ statusCode, statusMessage }, socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`${statusCode} ${statusMessage}`));
    });
    asked.end();
  });
}

/**
 * An address of IPv6 without its brackets.
 * @param {string} host
 */
export function bare(host) {
  return host.replace(/^\[(.*)\]$/, "$1");
}
