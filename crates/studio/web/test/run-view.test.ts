// What a thread's events add up to: recordings of a real server, heard once, twice, and with a gap.

import { describe, expect, it } from "vitest";
import type { Step, ThreadEvent } from "../src/api/wire.ts";
import { fromState, reduce, withState } from "../src/model/run-view.ts";
import { emptyView, type ThreadView } from "../src/model/thread-view.ts";
import { eventsOf, RECORDED, recording } from "./recorded.ts";

function after(events: ThreadEvent[], from: ThreadView = emptyView("t")): ThreadView {
  return events.reduce(reduce, from);
}

describe.each(RECORDED)("the recorded runs of %s", (graph) => {
  it("end in the values that the server has", () => {
    expect(after(eventsOf(graph)).values).toEqual(recording(graph).state.values);
  });

  it("leave the questions that the server has", () => {
    const fresh = fromState("t", recording(graph).state);
    const asked = (view: ThreadView) => view.interrupts.map(({ id, value, node, ns }) => ({ id, value, node, ns }));
    expect(asked(after(eventsOf(graph)))).toEqual(asked(fresh));
  });

  it("are the same when each event comes twice", () => {
    expect(after(eventsOf(graph).flatMap((event) => [event, event]))).toEqual(after(eventsOf(graph)));
  });

  it("are the same when all comes again after a gap", () => {
    const events = eventsOf(graph);
    const half = Math.floor(events.length / 2);
    expect(after(events.slice(Math.floor(half / 2)), after(events.slice(0, half)))).toEqual(after(events));
  });

  it("leave nothing streaming once the state is there", () => {
    expect(withState(after(eventsOf(graph)), recording(graph).state).streaming).toEqual([]);
  });
});

describe("a chat that streams", () => {
  const events = eventsOf("chat");

  it("grows word by word", () => {
    const texts: unknown[] = [];
    let view = emptyView("t");
    for (const event of events) {
      view = reduce(view, event);
      const text = view.streaming.at(-1)?.message.content;
      if (typeof text === "string" && text !== "" && text !== texts.at(-1)) texts.push(text);
    }
    expect(texts.length).toBeGreaterThan(3);
    expect(texts.at(-1)).toMatch(/^You said: /);
  });

  it("has the arguments of a call once they are whole, and their text before", () => {
    const calls: unknown[] = [];
    let view = emptyView("t");
    for (const event of events) {
      view = reduce(view, event);
      const message = view.streaming.find((one) => Array.isArray(one.message.tool_calls) && one.message.tool_calls.length > 0);
      if (message) calls.push(message.message.tool_calls);
    }
    expect(calls.find((call) => JSON.stringify(call).includes("args_text"))).toBeDefined();
    expect(calls.at(-1)).toMatchObject([{ name: "get_weather", id: "call_1", args: { city: "Paris" } }]);
  });

  it("counts the tokens once", () => {
    let view = emptyView("t");
    let usage: unknown = null;
    for (const event of [...events, ...events]) {
      view = reduce(view, event);
      usage = view.streaming.at(-1)?.message.usage_metadata ?? usage;
    }
    const messages = recording("chat").state.values.messages;
    const last = Array.isArray(messages) ? messages.at(-1) : null;
    expect(usage).toEqual((last as { usage_metadata: unknown }).usage_metadata);
  });

  it("knows of which node and subgraph a message is", () => {
    const all = eventsOf("nested_chat");
    const first = all.findIndex((event) => event.event === "streamed" && event.name.startsWith("messages"));
    const streaming = after(all.slice(0, first + 1)).streaming[0];
    expect(streaming?.node).toBe("model");
    expect(streaming?.ns).toMatch(/^sub:[0-9a-f-]+$/);
  });
});

describe("a run that is taken up again", () => {
  const began = (id: string, run = "r"): ThreadEvent => ({ event: "began", id, run_id: run });
  const chunk = (id: string, message: string, content: string, run = "r"): ThreadEvent => ({
    event: "streamed",
    id,
    run_id: run,
    name: "messages",
    data: [{ type: "AIMessageChunk", id: message, content }, { langgraph_node: "tell", langgraph_checkpoint_ns: "tell:1" }],
  });
  const texts = (view: ThreadView) => view.streaming.map(({ message }) => message.content);
  const first = [began("1-0"), chunk("1-1", "one", "Once "), chunk("1-2", "one", "upon")];

  it("says once what it said in the attempt before", () => {
    expect(texts(after(first))).toEqual(["Once upon"]);
    expect(texts(after([...first, began("2-0")]))).toEqual([]);
    expect(texts(after([...first, began("2-0"), chunk("2-1", "two", "Once ")]))).toEqual(["Once "]);
  });

  it("does so too where its attempt was known before its events were heard", () => {
    const known = fromState("t", null, [{ run_id: "r", status: "running", attempt: 2 }]);
    expect(texts(after([...first, began("2-0"), chunk("2-1", "two", "Once ")], known))).toEqual(["Once "]);
  });

  it("leaves what another run streamed, and keeps what is heard again", () => {
    const other = [began("0-1", "other"), chunk("0-2", "zero", "Hello", "other")];
    const events = [...other, ...first, began("2-0"), chunk("2-1", "two", "Once ")];
    expect(texts(after([...events, ...events]))).toEqual(["Hello", "Once "]);
  });
});

describe("questions", () => {
  it("are of the innermost node that asked", () => {
    const first = recording("nested").runs[0]?.run_id;
    const view = after(eventsOf("nested").filter((event) => "run_id" in event && event.run_id === first));
    expect(view.interrupts).toMatchObject([{ node: "c2", value: "child question" }]);
    expect(view.interrupts[0]?.ns).toMatch(/^child:/);
  });

  it("that wait side by side are told apart, and one that is answered leaves the other", () => {
    const [first, second] = recording("hitl_many").runs;
    const of = (run?: { run_id: string }) => eventsOf("hitl_many").filter((event) => "run_id" in event && event.run_id === run?.run_id);
    const asked = after(of(first));
    expect(asked.interrupts.map(({ value, node }) => ({ value, node }))).toEqual([
      { value: { item: "a" }, node: "worker" },
      { value: { item: "b" }, node: "worker" },
    ]);
    expect(after(of(second), asked).interrupts.map(({ value }) => value)).toEqual([{ item: "b" }]);
  });
});

describe("runs", () => {
  it("that fail say with what", () => {
    expect(after(eventsOf("boom")).runs).toMatchObject([{ status: "error", error: "ValueError: kaboom" }]);
    expect(after(eventsOf("boom")).tasks.at(-1)).toMatchObject({ node: "explode", error: "ValueError: kaboom", ended: true });
  });

  it("keep custom events in order", () => {
    expect(after(eventsOf("custom")).custom.map(({ data }) => data)).toEqual([{ progress: 1 }, { name: "status", payload: { pct: 50 } }, "plain", 7]);
  });

  it("see their checkpoints", () => {
    const view = after(eventsOf("multi"));
    expect(view.checkpoints.map(({ step, next }) => [step, ...next])).toEqual([[-1, "__start__"], [0, "a"], [1, "slow"], [2, "b"], [3]]);
    expect(view.checkpointId).toBe(recording("multi").state.checkpoint?.checkpoint_id);
  });
});

describe("steps", () => {
  const step: Step = { task_id: "1", node: "a", ns: "", step: 1, started_at: "2026-01-01T00:00:00Z", ended_at: null, status: "running", error: null, attempt: 1 };
  const done: Step = { ...step, ended_at: "2026-01-01T00:00:01Z", status: "success" };
  const told = (...steps: Step[]) => after(steps.map((one) => ({ event: "step", run_id: "r", step: one })));

  it("are one from start to end, however often they are told", () => {
    expect(told(step, step, done, step, done).runs[0]?.steps).toEqual([done]);
  });

  it("of another attempt are others", () => {
    expect(told(step, { ...step, attempt: 2 }).runs[0]).toMatchObject({ attempt: 2, steps: [{ attempt: 1 }, { attempt: 2 }] });
  });

  it("that did not end with their run were cancelled", () => {
    const view = reduce(told(step), { event: "ended", id: "1-0", run_id: "r", status: "interrupted", error: null });
    expect(view.runs[0]).toMatchObject({ status: "interrupted", steps: [{ status: "cancelled" }] });
    expect(view.stale).toBe(true);
  });

  it("change nothing when they are heard again", () => {
    const view = told(step, done);
    expect(reduce(view, { event: "step", run_id: "r", step: done })).toBe(view);
  });
});
