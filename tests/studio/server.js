// The server that the pages belong to, asked directly: tests assert in the page and by the API.

import assert from "node:assert/strict";

export const URL_OF_SERVER = process.env.LGX_URL;
assert.ok(URL_OF_SERVER, "LGX_URL names the server");
/** The folder of the project that is served: tests edit what is in it. */
export const PROJECT = process.env.LGX_PROJECT;

/** The answer's JSON; other statuses than the expected one fail. */
export async function ask(method, path, body, { status = 200, headers = {} } = {}) {
  const answer = await fetch(URL_OF_SERVER + path, {
    method,
    headers: { "content-type": "application/json", "x-auth-scheme": "langsmith", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  assert.equal(answer.status, status, `${method} ${path}: ${text}`);
  return text === "" ? null : JSON.parse(text);
}

export const get = (path, options) => ask("GET", path, undefined, options);
export const post = (path, body, options) => ask("POST", path, body, options);

export async function truncate() {
  await post("/internal/truncate", { threads: true, runs: true, checkpointer: true, assistants: true, store: true });
}

export async function newThread(body = {}) {
  return (await post("/threads", body)).thread_id;
}

const MODES = ["values", "updates", "messages-tuple", "tasks", "checkpoints", "custom"];

/** Starts a run in the background, as the page does. */
export async function startRun(thread, graph, body) {
  return (await post(`/threads/${thread}/runs`, { assistant_id: graph, stream_mode: MODES, stream_subgraphs: true, stream_resumable: true, ...body })).run_id;
}

/** Runs to the end; the answer is what the run leaves. */
export function runToEnd(thread, graph, body) {
  return post(`/threads/${thread}/runs/wait`, { assistant_id: graph, raise_error: false, ...body });
}

/** A thread on which a graph has run. */
export async function threadWith(graph, input, more = {}) {
  const thread = await newThread();
  await runToEnd(thread, graph, { input, ...more });
  return thread;
}

export const stateOf = (thread) => get(`/threads/${thread}/state`);
export const valuesOf = async (thread) => (await stateOf(thread)).values;
export const runsOf = (thread) => get(`/threads/${thread}/runs`);

/** Waits for a run's end at the server, which holds the answer until then. */
export async function ended(thread, run) {
  await get(`/threads/${thread}/runs/${run}/join`);
  return get(`/threads/${thread}/runs/${run}`);
}

/** Waits until all runs of a thread have ended: a page shows what a node did before that is saved. */
export async function settled(thread) {
  for (const { run_id: run } of await runsOf(thread)) await ended(thread, run);
}

/** Does in the page what starts a run, and waits for the run's end. */
export async function runBy(page, act) {
  const begun = page.waitForResponse((answer) => answer.request().method() === "POST" && /\/threads\/[^/]+\/runs$/.test(new URL(answer.url()).pathname));
  await act();
  const { run_id: run, thread_id: thread } = await (await begun).json();
  return ended(thread, run);
}
