// Graph with a context schema: reports the context, and what of its config is JSON, by the names of the API.

import { Annotation, START, StateGraph } from "@langchain/langgraph";
import { z } from "zod";

const Context = z.object({ model: z.string().default("default-model"), temp: z.number().default(0.5) });
const State = Annotation.Root({ seen: Annotation<Record<string, unknown>>() });

/** A value with objects of classes by their names. */
function clean(value: unknown): unknown {
  if (typeof value === "function") return "<function>";
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(clean);
  if (Object.getPrototypeOf(value) !== Object.prototype) return `<${value.constructor?.name}>`;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, clean(inner)]));
}

export const graph = new StateGraph(State, Context)
  .addNode("report", (_, { context, recursionLimit, ...config }) => ({
    seen: { context, config: clean({ ...config, recursion_limit: recursionLimit }) },
  }))
  .addEdge(START, "report")
  .compile({ name: "ctx" });
