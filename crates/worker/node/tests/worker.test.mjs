// A worker in its own process, and all that is asked of it but HTTP and auth.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { FakeServer } from "./fake_server.mjs";

/** @typedef {import("./fake_server.mjs").Reply} Reply */

const ROOT = fileURLToPath(new URL("project", import.meta.url));
const FILE = fileURLToPath(new URL("project/graphs.mjs", import.meta.url));
const GRAPHS = ["builder", "compiled", "promised", "functional", "make", "asks", "asksForText", "asksWithMessage", "remembers", "fans", "fansAndAsks", "goes", "fails", "endless", "parent", "talks", "calls", "prints"];

/** @type {FakeServer} */
let server;
let runs = 0;

before(async () => {
  server = new FakeServer(ROOT);
  const graphs = Object.fromEntries([...GRAPHS, "nothing", "gone"].map((name) => [name, { file: FILE, attribute: name, description: null }]));
  graphs["unnamed"] = { file: FILE, attribute: "default", description: null };
  loaded = await server.load(graphs, { traces: true });
});

after(async () => assert.equal(await server.stop(), 0));

/** @type {Reply} */
let loaded;

/**
 * @param {string} graph
 * @param {object} params
 * @param {Parameters<FakeServer["call"]>[2]} [more]
 * @returns {Promise<any>}
 */
async function run(graph, params, more) {
  runs += 1;
  const defaults = { run_id: `00000000-0000-4000-8000-${String(runs).padStart(12, "0")}`, thread_id: `thread-${runs}`, input: null, command: null, config: {}, stream_mode: ["values"] };
  const reply = await server.call("run", { graph_id: graph, ...defaults, ...params }, more);
  const events = reply.data.flatMap(({ meta, sections }) => (meta["event"] ? [{ name: meta["event"], data: JSON.parse(String(sections[0])) }] : []));
  const steps = reply.data.flatMap(({ meta }) => meta["steps"] ?? []);
  const calls = reply.data.flatMap(({ meta }) => meta["calls"] ?? []);
  return { ...reply.meta, steps, calls, values: reply.sections[0] ? JSON.parse(String(reply.sections[0])) : null, events };
}

describe("loading", () => {
  test("every form of a graph is accepted, and what is none is said", () => {
    const { graphs } = loaded.meta;
    for (const name of [...GRAPHS, "unnamed"]) assert.equal(graphs[name].error, undefined, name);
    assert.equal(graphs.make.factory, true);
    assert.match(graphs.nothing.error.message, /`nothing` is a number, not a graph/);
    assert.match(graphs.gone.error.message, /has no export `gone`. It exports `asks`, /);
  });

  test("a project is loaded once", async () => {
    await assert.rejects(server.load({}), /has loaded a project already/);
  });
});

describe("a run", () => {
  test("ends with the state that it has made", async () => {
    for (const graph of ["builder", "compiled", "promised", "unnamed"]) {
      const { status, next, values } = await run(graph, { input: { topic: "cats" } });
      assert.deepEqual({ status, next, values }, { status: "success", next: [], values: { topic: "cats", log: ["of cats"] } });
    }
  });

  test("of a function gives what that returns", async () => {
    assert.deepEqual((await run("functional", { input: { number: 21 } })).values, { twice: 42 });
  });

  test("of a factory is given its config and what it is made for", async () => {
    const made = await run("make", { input: {}, context: { tone: "warm" } });
    assert.deepEqual(made.values.log, ["threads.create_run", "warm"]);
    assert.equal(made.events[0]?.name, "opened");
    const { status, error } = await run("make", { input: {}, config: { configurable: { refuse: true } } });
    assert.deepEqual({ status, error }, { status: "error", error: { error: "TypeError", message: "the factory refuses" } });
  });

  test("stops at an interrupt, and goes on with an answer", async () => {
    const asked = await run("asks", { thread_id: "asks", input: { topic: "cats" }, stream_mode: ["values", "updates"] });
    assert.deepEqual(asked.next, ["ask"]);
    const [[interrupt]] = /** @type {any} */ (Object.values(asked.interrupts));
    assert.deepEqual(interrupt.value, { question: "what of cats?" });
    assert.deepEqual(asked.events.at(-1)?.data, { __interrupt__: [{ id: interrupt.id, value: interrupt.value }] });
    const answered = await run("asks", { thread_id: "asks", command: { resume: "fine" } });
    assert.deepEqual(answered.values.log, ["fine", "done"]);
  });

  test("says what an answer has to be, wherever its question is told", async () => {
    const { interrupts } = await run("asksForText", { thread_id: "text", input: {} });
    const [[interrupt]] = /** @type {any} */ (Object.values(interrupts));
    assert.deepEqual([interrupt.value, interrupt.response_schema], ["what?", { type: "string" }]);
    const { sections } = await server.call("state.get", { graph_id: "asksForText", thread_id: "text", config: {} });
    assert.deepEqual(JSON.parse(String(sections[0])).interrupts, [interrupt]);
  });

  test("has no question left that was answered while others wait", async () => {
    const { interrupts } = await run("fansAndAsks", { thread_id: "fans", input: {} });
    const [[first], [second]] = /** @type {any} */ (Object.values(interrupts));
    const answered = await run("fansAndAsks", { thread_id: "fans", command: { resume: { [first.id]: "yes" } } });
    assert.deepEqual(Object.values(answered.interrupts), [[second]]);
    assert.deepEqual(answered.next, ["one"]);
  });

  test("asks, and keeps, with messages as clients know them", async () => {
    const { interrupts } = await run("asksWithMessage", { input: {} });
    const [[{ value }]] = /** @type {any} */ (Object.values(interrupts));
    assert.deepEqual([value.said.type, value.said.content], ["ai", "hello"]);
    assert.equal((await run("remembers", { input: {} })).status, "success");
    const [{ put }] = /** @type {any} */ (server.operations);
    assert.deepEqual([put.value.said.type, put.value.said.content], ["ai", "hello"]);
  });

  test("stops before a node that it is to stop before", async () => {
    const stopped = await run("goes", { thread_id: "stops", input: {}, interrupt_before: ["to"] });
    assert.deepEqual([stopped.next, stopped.values.log], [["to"], ["from"]]);
    assert.deepEqual((await run("goes", { thread_id: "stops" })).values.log, ["from", "to"]);
  });

  test("is led by a command", async () => {
    assert.deepEqual((await run("goes", { input: {} })).values.log, ["from", "to"]);
    const led = await run("goes", { thread_id: "led", command: { update: { log: ["by hand"] }, goto: "to" } });
    assert.deepEqual(led.values.log, ["by hand", "to"]);
  });

  test("executes what is sent side by side in its order", async () => {
    assert.deepEqual((await run("fans", { input: {} })).values.log, ["a", "b", "c"]);
  });

  test("tells of an exception with the line that threw it", async () => {
    const { status, error, diagnostic } = await run("fails", { input: {} });
    assert.deepEqual({ status, error }, { status: "error", error: { error: "TypeError", message: "kaboom" } });
    assert.deepEqual([diagnostic.file, diagnostic.source.trim()], [FILE, 'throw new TypeError("kaboom");']);
  });

  test("shows subgraphs to who wants them", async () => {
    const modes = { stream_mode: ["updates"], input: {} };
    assert.deepEqual((await run("parent", modes)).events.map((/** @type {any} */ { name }) => name), ["updates"]);
    const names = (await run("parent", { ...modes, subgraphs: true })).events.map((/** @type {any} */ { name }) => name.split(":")[0]);
    assert.deepEqual(names, ["updates|child", "updates|child", "updates"]);
  });

  test("streams every token, also where the model makes no pause", async () => {
    const { events } = await run("talks", { input: { messages: [{ role: "user", content: "talk" }] }, stream_mode: ["messages-tuple"] });
    const text = events.flatMap((/** @type {any} */ { data: [message] }) => message.content).join("");
    assert.equal(text.trim().split(" ").length, 2000);
    assert.ok(events.every((/** @type {any} */ { name, data: [message] }) => name === "messages" && message.type === "ai"));
  });

  test("that is cancelled ends, though its node goes on", async () => {
    let id = 0;
    const running = run("endless", { input: {}, stream_mode: ["tasks"] }, { onId: (given) => (id = given), onData: () => server.cancel(id) });
    assert.equal((await running).status, "cancelled");
  });

  test("tells of its steps, of subgraphs too, and of what becomes of each", async () => {
    /** @param {any} reply */
    const told = (reply) => {
      const all = reply.steps.flatMap((/** @type {any} */ news) => news.started);
      const ends = new Map(reply.steps.flatMap((/** @type {any} */ news) => news.ended.map((/** @type {any} */ end) => [end.task_id, end])));
      return all.map((/** @type {any} */ { task_id, node, ns, step }) => [node, ns.split(":")[0], step, ends.get(task_id)?.status]);
    };
    assert.deepEqual(told(await run("parent", { thread_id: "steps", input: {} })), [
      ["child", "", 1, "success"],
      ["inner", "child", 1, "success"],
      ["last", "child", 2, "success"],
    ]);
    assert.deepEqual(told(await run("parent", { thread_id: "steps", input: {} }))[0], ["child", "", 4, "success"]);
    assert.deepEqual(told(await run("asks", { thread_id: "steps of one that asks", input: {} })), [["ask", "", 1, "interrupted"]]);
    const resumed = await run("asks", { thread_id: "steps of one that asks", command: { resume: "so" } });
    assert.deepEqual(told(resumed), [["ask", "", 1, "success"], ["done", "", 2, "success"]]);
    const failed = await run("fails", { input: {} });
    assert.deepEqual(told(failed), [["boom", "", 1, "error"]]);
    assert.equal(failed.steps.at(-1).ended[0].error, "TypeError: kaboom");
  });

  test("tells of the models and tools that it calls", async () => {
    const { calls } = await run("calls", { input: { messages: [{ role: "user", content: "the weather?" }] } });
    const changes = calls.flatMap((/** @type {any} */ news) => news.changes);
    const starts = changes.flatMap((/** @type {any} */ { call_id, start }) => (start ? [{ call_id, ...start }] : []));
    const ends = new Map(changes.flatMap((/** @type {any} */ { call_id, end }) => (end ? [[call_id, end]] : [])));
    assert.deepEqual(
      starts.map((/** @type {any} */ { kind, name, node, ns }) => [kind, name, node, ns]),
      [["tool", "weather", "ask", ""], ["model", "CountingModel", "ask", ""]],
    );
    const [asked, answered] = starts;
    assert.deepEqual([asked.input, ends.get(asked.call_id).output], [{ city: "Oslo" }, "rain in Oslo"]);
    assert.equal(answered.input[0].content, "the weather?");
    assert.deepEqual(ends.get(answered.call_id).usage, { input_tokens: 3, output_tokens: 4, total_tokens: 7 });
  });

  test("has what it prints for its own", async () => {
    await run("prints", { run_id: "prints", input: {} });
    const own = server.logs.filter(({ run_id }) => run_id === "prints").map(({ stream, level, text, open, node }) => ({ stream, level, text, open, node }));
    assert.deepEqual(own, [
      { stream: "stdout", level: "info", text: "no end", open: true, node: "print" },
      { stream: "stderr", level: "warning", text: "a warning", open: undefined, node: "print" },
    ]);
  });
});

describe("the state of a thread", () => {
  const thread = { graph_id: "asks", thread_id: "state", config: {} };
  /** @param {Reply} reply */
  const json = (reply) => JSON.parse(String(reply.sections[0]));

  before(async () => {
    await run("asks", { thread_id: "state", input: { topic: "dogs" } });
  });

  test("is told as it is, and as it was", async () => {
    const now = json(await server.call("state.get", thread));
    assert.deepEqual([now.next, now.values.topic, now.tasks[0].name], [["ask"], "dogs", "ask"]);
    const past = json(await server.call("state.history", { ...thread, limit: 10 }));
    assert.deepEqual(past.map((/** @type {any} */ state) => state.metadata.step), [0, -1]);
  });

  test("is changed by hand, and each fork keeps its own values", async () => {
    const [, start] = json(await server.call("state.history", { ...thread, limit: 10 }));
    const checkpoint = start.checkpoint;
    const forks = [];
    for (const topic of ["birds", "fish"]) {
      const { meta } = await server.call("state.update", { ...thread, checkpoint, values: { topic }, as_node: "__start__", metadata: {} });
      forks.push(meta["configurable"]);
    }
    const topics = [];
    for (const fork of forks) topics.push(json(await server.call("state.get", { ...thread, checkpoint: fork })).values.topic);
    assert.deepEqual(topics, ["birds", "fish"]);
  });

  test("is changed by one message for each superstep", async () => {
    const earlier = server.updates;
    await server.call("state.update", { ...thread, values: { topic: "cats" }, as_node: "__start__", metadata: {} });
    assert.equal(server.updates, earlier + 1);
    const supersteps = ["cows", "pigs"].map((topic) => ({ updates: [{ values: { topic }, as_node: "__start__" }] }));
    await server.call("state.bulk_update", { ...thread, supersteps, metadata: {} });
    assert.equal(server.updates, earlier + 3);
    assert.equal(json(await server.call("state.get", thread)).values.topic, "pigs");
  });

  test("is not changed by a node that is not there, nor by nothing", async () => {
    const isRefused = (/** @type {any} */ error) => error.meta.status === 400;
    await assert.rejects(server.call("state.update", { ...thread, values: {}, as_node: "nobody", metadata: {} }), isRefused);
    await assert.rejects(server.call("state.bulk_update", { ...thread, supersteps: [{ updates: [] }], metadata: {} }), isRefused);
  });
});

describe("a graph", () => {
  test("is drawn and described", async () => {
    const drawn = JSON.parse(String((await server.call("graph.draw", { graph_id: "parent", config: {}, xray: true })).sections[0]));
    assert.deepEqual(drawn.nodes.map((/** @type {any} */ { id }) => id), ["__start__", "child:inner", "child:last", "__end__"]);
    const described = JSON.parse(String((await server.call("graph.schemas", { graph_id: "talks", config: {} })).sections[0]));
    assert.equal(described.input_schema.properties.messages.langgraph_type, "messages");
  });
});

describe("a worker goes when its server does", () => {
  for (const graph of ["builder", "blocks"]) {
    test(graph === "blocks" ? "also while its code never lets go" : "while it has nothing to do", async () => {
      const other = new FakeServer(ROOT);
      await other.load({ [graph]: { file: FILE, attribute: graph, description: null } });
      const begun = other.call("run", { graph_id: graph, run_id: "last", thread_id: "last", input: {}, stream_mode: ["tasks"] });
      if (graph === "blocks") await other.hasBegun();
      else await begun;
      other.hangUp();
      assert.ok([0, "SIGKILL"].includes(/** @type {any} */ (await other.exited)));
    });
  }

  test("while its own modules do not come", { timeout: 60_000 }, async () => {
    const hooks = `export const load = (url, context, next) => (url.endsWith("/src/main.mjs") ? new Promise(() => {}) : next(url, context));`;
    // The timer stands for what kept such a process alive.
    const register = `import { register } from "node:module"; register(${JSON.stringify(dataUrl(hooks))}); setInterval(() => {}, 2 ** 30);`;
    const other = new FakeServer(ROOT, { NODE_OPTIONS: `--import=${dataUrl(register)}` });
    other.hangUp();
    assert.equal(await other.exited, "SIGKILL");
  });
});

/** @param {string} code */
function dataUrl(code) {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
