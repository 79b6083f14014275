// A graph whose second node waits until the server is killed, the first time.

import { existsSync } from "node:fs";

import { Annotation, END, START, StateGraph } from "@langchain/langgraph";

const State = Annotation.Root({
  log: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
});

export const graph = new StateGraph(State)
  .addNode("first", () => ({ log: ["first"] }))
  .addNode("second", async () => {
    if (!existsSync("killed")) {
      console.log("it waits");
      await new Promise(() => setInterval(() => {}, 1000));
    }
    return { log: ["second"] };
  })
  .addEdge(START, "first")
  .addEdge("first", "second")
  .addEdge("second", END)
  .compile();
