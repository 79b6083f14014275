// Two users of a running server, who keep out of each other's way.

import "./no_keys.ts";

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Client } from "@langchain/langgraph-sdk";

import { type Server, startServer } from "./server.ts";

const NOT_THERE = { status: 404 };
const FORBIDDEN = { status: 403 };

let server: Server;
let alice: Client;
let bob: Client;

/** A client that sends these headers. What is refused is not asked for again. */
function clientWith(defaultHeaders: Record<string, string>): Client {
  return new Client({ apiUrl: server.url, defaultHeaders, callerOptions: { maxRetries: 0 } });
}

before(async () => {
  server = await startServer();
  alice = clientWith({ authorization: "Bearer user1-token" });
  bob = clientWith({ authorization: "Bearer user2-token" });
});

// There is none where it did not start.
after(() => server?.stop());

/** What the chatbot answers. */
async function say(client: Client, threadId: string, text: string): Promise<string> {
  const input = { messages: [{ role: "user", content: text }] };
  const state = (await client.runs.wait(threadId, "agent", { input })) as { messages: { content: string }[] };
  return state.messages.at(-1)?.content ?? "";
}

test("without a token nothing is let in", async () => {
  await assert.rejects(clientWith({}).threads.create(), { status: 401 });
});

test("a conversation is there for who began it", async () => {
  const { thread_id } = await alice.threads.create();
  await say(alice, thread_id, "My name is Alice");

  assert.match(await say(alice, thread_id, "Who am I?"), /My name is Alice/);
  await assert.rejects(bob.threads.get(thread_id), NOT_THERE);
  await assert.rejects(bob.threads.getState(thread_id), NOT_THERE);
  await assert.rejects(bob.runs.list(thread_id), NOT_THERE);
  await assert.rejects(bob.runs.create(thread_id, "agent", { input: {} }), NOT_THERE);
  await assert.rejects(bob.threads.delete(thread_id), NOT_THERE);
});

test("a list has one's own conversations", async () => {
  const [ofAlice, ofBob] = [await alice.threads.create(), await bob.threads.create()];
  const seenBy = async (client: Client) => {
    const threads = await client.threads.search({ limit: 100 });
    return threads.map((thread) => thread.thread_id);
  };

  const [seenByAlice, seenByBob] = [await seenBy(alice), await seenBy(bob)];

  assert(seenByAlice.includes(ofAlice.thread_id) && !seenByAlice.includes(ofBob.thread_id));
  assert(seenByBob.includes(ofBob.thread_id) && !seenByBob.includes(ofAlice.thread_id));
});

test("nobody can take a conversation over", async () => {
  const { thread_id } = await alice.threads.create({ metadata: { owner: "user2" } });

  await assert.rejects(bob.threads.update(thread_id, { metadata: { owner: "user2" } }), NOT_THERE);
  const { metadata } = await alice.threads.get(thread_id);
  assert.equal(metadata?.owner, "user1");
});

test("assistants are not for users", async () => {
  await assert.rejects(alice.assistants.search(), FORBIDDEN);
  await assert.rejects(alice.assistants.create({ graphId: "agent" }), FORBIDDEN);
});

test("the store is divided by user", async () => {
  await alice.store.putItem(["user1", "memories"], "color", { likes: "blue" });

  const item = await alice.store.getItem(["user1", "memories"], "color");
  assert.deepEqual(item?.value, { likes: "blue" });
  assert.deepEqual((await alice.store.listNamespaces()).namespaces, [["user1", "memories"]]);
  assert.deepEqual((await bob.store.listNamespaces()).namespaces, []);
  await assert.rejects(bob.store.getItem(["user1", "memories"], "color"), FORBIDDEN);
  await assert.rejects(bob.store.putItem(["user1", "memories"], "color", { likes: "none" }), FORBIDDEN);
});

test("Studio on this machine sees all", async () => {
  const { thread_id } = await alice.threads.create();
  const studio = clientWith({ "x-auth-scheme": "langsmith" });

  const { metadata } = await studio.threads.get(thread_id);
  assert.equal(metadata?.owner, "user1");
  const assistants = await studio.assistants.search();
  assert.deepEqual(assistants.map((assistant) => assistant.graph_id), ["agent"]);
});
