// A builder as the default export, which asks a person.

import { Annotation, END, interrupt, START, StateGraph } from "@langchain/langgraph";

const State = Annotation.Root({
  topic: Annotation(),
  log: Annotation({ reducer: (a, b) => [...a, ...b], default: () => [] }),
});

export default new StateGraph(State)
  .addNode("ask", ({ topic }) => ({ log: [interrupt({ question: `what of ${topic}?` })] }))
  .addEdge(START, "ask")
  .addEdge("ask", END);
