// A question, whose answer decides where it goes on.

import { Annotation, Command, END, interrupt, START, StateGraph } from "@langchain/langgraph";

const State = Annotation.Root({
  text: Annotation<string>(),
  verdict: Annotation<string>(),
  log: Annotation<string[]>({ reducer: (before, more) => [...before, ...more], default: () => [] }),
});

function draft({ text }: typeof State.State) {
  return { text: `${text}!`, log: ["draft"] };
}

function review({ text }: typeof State.State) {
  const verdict: string = interrupt({ question: "Is this fine?", text });
  return new Command({ update: { verdict, log: ["review"] }, goto: verdict === "no" ? "draft" : "publish" });
}

export const graph = new StateGraph(State)
  .addNode("draft", draft)
  .addNode("review", review, { ends: ["draft", "publish"] })
  .addNode("publish", () => ({ log: ["publish"] }))
  .addEdge(START, "draft")
  .addEdge("draft", "review")
  .addEdge("publish", END)
  .compile();
