// Why a node ran, and where the run went on from it.

import { expect, test } from "vitest";
import type { Step } from "../src/api/wire.ts";
import { declaration, nodeWays } from "../src/model/node-ways.ts";
import { drawings } from "./recorded.ts";

/** `a@1` is node a in step 1, `ns/a@1` one in a subgraph; in the order in which they began. */
function steps(...texts: string[]): Step[] {
  return texts.map((text, at) => {
    const [, ns = "", node = "", step = "0"] = /^(?:(.*)\/)?([^@]+)@(\d+)$/.exec(text) ?? [];
    const started_at = new Date(1_700_000_000_000 + at * 1000).toISOString();
    return { task_id: text, node, ns, step: Number(step), status: "success", error: null, attempt: 1, started_at, ended_at: started_at };
  });
}

function ways(graph: string, list: Step[], path: string, finished = false) {
  const drawing = drawings[graph]?.xray;
  if (!drawing) throw new Error("no drawing");
  const { from, to } = nodeWays(drawing, list, path, finished);
  const said = (way: (typeof from)[number]) => `${way.from}->${way.to} ${way.kind}${way.passed.map((one) => ` not ${one}`).join("")}`;
  return { from: from.map(said), to: to.map(said) };
}

test("a router's choice is told with what it did not choose", () => {
  const list = steps("route@1", "left@2");
  expect(ways("goto", list, "route")).toEqual({ from: [], to: ["route->left chosen not right"] });
  expect(ways("goto", list, "left", true)).toEqual({ from: ["route->left chosen not right"], to: ["left->__end__ edge"] });
});

test("the last execution counts, and a branch that was forked off is not mixed with the one before", () => {
  expect(ways("goto", steps("route@1", "left@2", "route@1", "right@2"), "route").to).toEqual(["route->right chosen not left"]);
  const talk = steps("model@1", "tools@2", "model@3");
  expect(ways("chat", talk, "model", true)).toEqual({ from: ["tools->model edge"], to: ["model->__end__ chosen not tools"] });
  expect(ways("chat", talk, "model", false).to).toEqual([]);
});

test("a way that nobody declared is one, and how to declare it is said", () => {
  const found = nodeWays(drawings.nested?.plain ?? { nodes: [], edges: [] }, steps("before@1", "after@2"), "before", false);
  expect(found.to).toEqual([{ from: "before", to: "after", kind: "undeclared", label: null, passed: [] }]);
  expect(found.to.map(declaration)).toEqual(['def before(state) -> Command[Literal["after"]]']);
});

test("within a subgraph the steps of that subgraph count", () => {
  const list = steps("before@1", "child@2", "child:7/c1@1", "child:7/c2@2", "after@3");
  expect(ways("nested", list, "child:c2")).toEqual({ from: ["child:c1->child:c2 edge"], to: [] });
  expect(ways("nested", list, "after").from).toEqual(["child->after edge"]);
});

test("after a gap, and with others beside, nothing is made up", () => {
  expect(ways("goto", steps("route@1", "left@5"), "left").from).toEqual([]);
  expect(ways("nested", steps("before@1", "after@1", "child@2"), "after").to).toEqual([]);
});
