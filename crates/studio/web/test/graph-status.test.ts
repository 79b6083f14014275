// How nodes stand and which edges were taken, from steps alone.

import { describe, expect, it } from "vitest";
import type { Step } from "../src/api/wire.ts";
import type { Drawing } from "../src/model/graph.ts";
import { moments, standing, stepsAt } from "../src/model/graph-replay.ts";
import { graphState, type StatusOptions } from "../src/model/graph-status.ts";
import { pathOfNamespace, pathOfTask } from "../src/model/graph-paths.ts";
import { drawings } from "./recorded.ts";

let clock = 0;
/** `a@1` is node a in step 1; `!` failed, `?` asks, `~` runs, `x` was cancelled. */
function steps(...texts: string[]): Step[] {
  return texts.map((text) => {
    clock += 1;
    const [, ns = "", node = "", step = "0", mark = ""] = /^(?:(.*)\/)?([^@]+)@(\d+)(.?)$/.exec(text) ?? [];
    const status = ({ "!": "error", "?": "interrupted", "~": "running", x: "cancelled" } as const)[mark] ?? "success";
    const times = { started_at: time(clock), ended_at: status === "running" ? null : time(clock + 0.5) };
    return { task_id: `${ns}/${node}/${step}/${clock}`, node, ns, step: Number(step), status, error: status === "error" ? "ValueError: kaboom" : null, attempt: 1, ...times };
  });
}

function time(second: number): string {
  return new Date(1_700_000_000_000 + second * 1000).toISOString();
}

function seen(drawing: Drawing | undefined, list: Step[], options: StatusOptions = {}) {
  if (!drawing) throw new Error("no drawing");
  const state = graphState(drawing, list, options);
  const taken = Object.entries(state.taken).map(([at, count]) => `${drawing.edges[Number(at)]?.source}->${drawing.edges[Number(at)]?.target} ${count}`);
  return { ...state, taken: taken.toSorted() };
}

const chat = drawings.chat?.plain;
const nested = drawings.nested;

describe("nodes", () => {
  it("stand as their last task does, and count how often they were entered", () => {
    const { nodes } = seen(chat, steps("model@1", "tools@2", "model@3~"));
    expect(nodes).toMatchObject({ model: { status: "running", count: 2, running: 1, tookMs: 500 }, tools: { status: "done", count: 1, tookMs: 500 } });
  });

  it.each([["!", "failed"], ["?", "waiting"], ["", "done"], ["~", "running"]])("with %j are %s", (mark, status) => {
    expect(seen(chat, steps(`model@1${mark}`)).nodes.model?.status).toBe(status);
  });

  it("that failed are mended by their next start", () => {
    expect(seen(chat, steps("model@1!", "model@2~")).nodes.model).toMatchObject({ status: "running", error: null });
    expect(seen(chat, steps("model@1!")).nodes.model).toMatchObject({ status: "failed", error: "ValueError: kaboom" });
  });

  it("that were cancelled stand as before", () => {
    expect(seen(chat, steps("model@1", "model@2x")).nodes.model?.status).toBe("done");
    expect(seen(chat, steps("model@1x")).nodes.model?.status).toBe("idle");
  });

  it("count tasks side by side", () => {
    expect(seen(drawings.hitl_many?.plain, steps("worker@1~", "worker@1~", "worker@1")).nodes.worker).toMatchObject({ status: "running", count: 3, running: 2 });
  });

  it("that are executed again after an answer are entered once", () => {
    const [asked] = steps("ask@1?");
    if (!asked) throw new Error("no step");
    const again: Step = { ...asked, status: "success", started_at: time(90), ended_at: time(91) };
    expect(seen(drawings.hitl?.plain, [asked, again]).nodes.ask).toMatchObject({ status: "done", count: 1 });
  });

  it("are held by breakpoints, and used tokens", () => {
    const list = steps("model@1");
    const { nodes } = seen(chat, list, { waiting: ["tools"], tokens: new Map([[list[0]?.task_id ?? "", 12]]) });
    expect(nodes).toMatchObject({ tools: { status: "waiting" }, model: { tokens: 12 } });
  });

  it("that raised are not held by anything", () => {
    expect(seen(chat, steps("model@1!"), { waiting: ["model"] }).nodes.model?.status).toBe("failed");
  });

  it("of subgraphs are found by their paths", () => {
    expect(pathOfNamespace("child:1|grand:2|3")).toBe("child:grand");
    expect(pathOfTask("", "a")).toBe("a");
    expect(seen(nested?.xray, steps("before@1", "child@2~", "child:1/c1@1~")).nodes).toMatchObject({ child: { status: "running" }, "child:c1": { status: "running" } });
  });
});

describe("edges", () => {
  it("are taken from what ran one step before", () => {
    expect(seen(chat, steps("model@1", "tools@2", "model@3"), { finished: true }).taken).toEqual(["__start__->model 1", "model->__end__ 1", "model->tools 1", "tools->model 1"]);
    expect(seen(chat, steps("model@1")).taken).toEqual(["__start__->model 1"]);
  });

  it("begin at the start again with a new input", () => {
    expect(seen(chat, steps("model@1", "model@4"), { finished: true }).taken).toEqual(["__start__->model 2", "model->__end__ 2"]);
  });

  it("of the route that was chosen, not of the other", () => {
    expect(seen(drawings.goto?.plain, steps("route@1", "right@2"), { finished: true }).taken).toEqual(["__start__->route 1", "right->__end__ 1", "route->right 1"]);
  });

  it("lead through frames", () => {
    const list = steps("before@1", "child@2", "child:X/c1@1", "child:X/c2@2", "after@3").map((step, _, all) => ({ ...step, ns: step.ns === "" ? "" : `child:${all[1]?.task_id}` }));
    expect(seen(nested?.xray, list, { finished: true }).taken).toEqual(["__start__->before 1", "after->__end__ 1", "before->child:c1 1", "child:c1->child:c2 1", "child:c2->after 1"]);
    expect(seen(nested?.plain, list, { finished: true }).taken).toEqual(["__start__->before 1", "after->__end__ 1", "before->child 1", "child->after 1"]);
  });

  it("go in circles as often as it did", () => {
    expect(seen(drawings.loop?.plain, steps("again@1", "again@2", "again@3")).taken).toEqual(["__start__->again 1", "again->again 2"]);
  });

  it("that nobody drew are observed", () => {
    const drawing: Drawing = { nodes: ["__start__", "a", "b", "__end__"].map((id) => ({ id, type: "runnable" })), edges: [{ source: "__start__", target: "a" }, { source: "a", target: "__end__" }] };
    expect(seen(drawing, steps("a@1", "b@2", "a@3", "b@4")).observed).toEqual([{ source: "a", target: "b", count: 2 }, { source: "b", target: "a", count: 1 }]);
    expect(seen(chat, steps("model@1", "tools@2")).observed).toEqual([]);
  });

  it("that are waited for are taken when the last is done", () => {
    const join: Drawing = {
      nodes: ["__start__", "a", "b", "b2", "c", "__end__"].map((id) => ({ id, type: "runnable" })),
      edges: [["__start__", "a"], ["__start__", "b"], ["b", "b2"], ["a", "c"], ["b2", "c"], ["c", "__end__"]].map(([source = "", target = ""]) => ({ source, target })),
    };
    const { taken, observed } = seen(join, steps("a@1", "b@1", "b2@2", "c@3"), { finished: true });
    expect(taken).toEqual(["__start__->a 1", "__start__->b 1", "a->c 1", "b->b2 1", "b2->c 1", "c->__end__ 1"]);
    expect(observed).toEqual([]);
  });
});

describe("a replay", () => {
  it("shows each moment as it was", () => {
    const list = steps("model@1", "tools@2!");
    const all = moments(list);
    expect(all).toHaveLength(4);
    const states = all.map((moment) => seen(chat, stepsAt(list, moment)).nodes);
    expect(states.map((nodes) => [nodes.model?.status, nodes.tools?.status])).toEqual([["running", undefined], ["done", undefined], ["done", "running"], ["done", "failed"]]);
  });

  it("counts no time", () => {
    if (!chat) throw new Error("no drawing");
    expect(standing(graphState(chat, steps("model@1~"))).nodes.model).toMatchObject({ status: "running", startedAt: null });
  });
});
