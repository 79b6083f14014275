// `new Client()` of the SDK without a URL: what the project's code asks the server that runs it, made as the user of the run or of the
// request to the project's app that it works for.
//
// The SDK looks for a `fetch` and a URL of such clients under two symbols. Here the server is another process, so the request goes to its
// address, with a pass by which the server knows whose run or request it is.

import { currentPass } from "./app_exchange.mjs";
import { currentRun } from "./run_context.mjs";

/** @typedef {string | URL | Request} Input */

const FETCH = Symbol.for("langgraph_api:fetch");
const API_URL = Symbol.for("langgraph_api:url");
/** Says on behalf of which run a request is made. */
const RUN_PASS = "x-lgx-run";
/** Says on behalf of which request to the project's app one is made. */
const REQUEST_PASS = "x-lgx-request";
/** Where the SDK finds a key for LangSmith by itself, which is nobody's credentials here. */
const KEYS = ["LANGGRAPH_API_KEY", "LANGSMITH_API_KEY", "LANGCHAIN_API_KEY"];

/**
 * From here on, clients of the SDK without a URL ask the server.
 * @param {string} apiUrl
 * @param {string | null} secret what shows that a request comes from this worker
 */
export function installLoopback(apiUrl, secret) {
  const { fetch } = globalThis;
  const base = apiUrl.replace(/\/$/, "");
  /** @type {(input: Input, init?: RequestInit) => Promise<Response>} */
  const ask = (input, init = {}) => {
    const request = input instanceof Request ? input : null;
    const headers = new Headers(init.headers ?? request?.headers);
    passInto(headers, secret);
    const url = targetOf(request ? request.url : String(input), base);
    return fetch(request ? new Request(url, request) : url, { ...init, headers });
  };
  Object.assign(globalThis, { [FETCH]: ask, [API_URL]: base });
}

/**
 * Wherever a client believes the server to be, it is here.
 * @param {string} asked
 * @param {string} base
 */
function targetOf(asked, base) {
  if (asked === base || ["/", "?"].some((next) => asked.startsWith(base + next))) return asked;
  const { pathname, search } = new URL(asked, base);
  return base + pathname + search;
}

/**
 * @param {Headers} headers
 * @param {string | null} secret
 */
function passInto(headers, secret) {
  for (const name of [RUN_PASS, REQUEST_PASS]) headers.delete(name);
  if (bringsCredentials(headers)) return;
  const run = currentRun();
  const pass = currentPass();
  if (run !== null && secret !== null) headers.set(RUN_PASS, `${run} ${secret}`);
  else if (pass !== null) headers.set(REQUEST_PASS, pass);
}

/**
 * Whether the caller says itself who asks.
 * @param {Headers} headers
 */
function bringsCredentials(headers) {
  const key = headers.get("x-api-key");
  const known = KEYS.map((name) => process.env[name]?.trim().replaceAll(/^["']|["']$/g, ""));
  return headers.has("authorization") || headers.has("cookie") || (key !== null && !known.includes(key));
}
