// ToolNode with a tool that works, one that throws, one that makes custom writes and one that runs a child graph.

import { tool } from "@langchain/core/tools";
import { Annotation, MessagesAnnotation, START, StateGraph, getWriter } from "@langchain/langgraph";
import { ToolNode } from "@langchain/langgraph/prebuilt";
import { z } from "zod";

const child = new StateGraph(Annotation.Root({ n: Annotation<number>() }))
  .addNode("inc", ({ n }) => ({ n: (n ?? 0) + 1 }))
  .addEdge(START, "inc")
  .compile({ name: "tool_child" });

const schema = z.object({ x: z.number() });

const good = tool(({ x }) => `good ${x}`, { name: "good", description: "Works.", schema });

const bad = tool(
  (_: { x: number }) => {
    throw new Error("tool broke");
  },
  { name: "bad", description: "Throws.", schema },
);

const talky = tool(
  (_: { x: number }) => {
    const write = getWriter();
    write?.("part 1 ");
    write?.("part 2");
    return "done";
  },
  { name: "talky", description: "Streams two custom writes, then returns.", schema },
);

const kid = tool(async ({ x }) => String((await child.invoke({ n: x })).n), { name: "kid", description: "Runs a child graph.", schema });

export const graph = new StateGraph(MessagesAnnotation)
  .addNode("tools", new ToolNode([good, bad, talky, kid], { handleToolErrors: false }))
  .addEdge(START, "tools")
  .compile({ name: "tools_kinds" });
