// A state of zod's, for which there is a form.

import { START, StateGraph } from "@langchain/langgraph";
import { z } from "zod";

const State = z.object({
  name: z.string().describe("Who is greeted"),
  age: z.number().int().min(0).optional(),
  tone: z.enum(["warm", "cold"]).default("warm"),
  greetings: z.array(z.string()).default([]),
});

export const graph = new StateGraph(State)
  .addNode("greet", ({ name, tone, greetings }) => ({ greetings: [...greetings, `${tone} ${name}`] }))
  .addEdge(START, "greet")
  .compile();
