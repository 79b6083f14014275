// The clients under test: the newest 1.x of the SDK, and one that still writes lists in queries as JSON and paths unescaped.

import { Client } from "@langchain/langgraph-sdk";
import { Client as OldClient } from "langgraph-sdk-old";
import { describe } from "node:test";

export const URL = process.env.LGX_URL;
/** What is expected of graphs in the language that the server's are in: Python, if nothing is said. */
export const either = ({ python, javascript }) => (process.env.LGX_LANGUAGE === "javascript" ? javascript : python);

const PARTS = ["assistants", "threads", "runs"];
const CLIENTS = { newest: Client, "1.9": OldClient };
/** The methods of the newest client that no test has called yet. */
export const uncalled = new Set();

/** A client whose calls are noted; `fetch` takes the place of the global one. */
export function connect(name, { fetch, ...options } = {}) {
  const client = new CLIENTS[name]({ apiUrl: URL, apiKey: null, callerOptions: { maxRetries: 0, fetch }, ...options });
  for (const [part, method] of methods(client)) {
    const original = client[part][method];
    client[part][method] = (...given) => {
      uncalled.delete(`${part}.${method}`);
      return original.apply(client[part], given);
    };
  }
  return client;
}

/** Declares a suite for each of the clients, or for these. */
export function forEachClient(subject, declare, names = Object.keys(CLIENTS)) {
  for (const name of names) {
    describe(`${subject}, SDK ${name}`, () => declare(connect(name), name));
  }
}

/** All parts of a stream. */
export async function collect(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

/** The data of the parts of this name. */
export function of(parts, event) {
  return parts.filter((part) => part.event === event).map((part) => part.data);
}

/** A new thread's id. */
export async function newThread(client, payload) {
  return (await client.threads.create(payload)).thread_id;
}

/** The first part that `wanted` accepts; `open` is given the signal that then closes the connection, which leaving alone does not. */
export async function first(open, wanted = () => true) {
  const controller = new AbortController();
  for await (const part of open(controller.signal)) {
    if (!wanted(part)) continue;
    controller.abort();
    return part;
  }
  throw new Error("the stream ended before the part that was wanted");
}

/** Starts a run of `multi` and returns its id once its second node is at work, where it stays until it is stopped. */
export async function begin(client, threadId) {
  const run = await client.runs.create(threadId, "multi", {
    input: { log: ["in"], delay: 60 },
    streamMode: "updates",
    streamResumable: true,
  });
  const joined = (signal) => client.runs.joinStream(threadId, run.run_id, { lastEventId: "-1", signal });
  await first(joined, (part) => part.event === "updates" && part.data.a);
  return run.run_id;
}

function* methods(client) {
  for (const part of PARTS) {
    for (const method of Object.getOwnPropertyNames(Object.getPrototypeOf(client[part]))) {
      if (method !== "constructor") yield [part, method];
    }
  }
}

for (const [part, method] of methods(new Client({ apiUrl: URL }))) uncalled.add(`${part}.${method}`);
