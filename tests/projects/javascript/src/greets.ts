// A graph with a type, an enum and a file that are found by an alias of tsconfig.json; it throws at a certain line.

import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { RunnableConfig } from "@langchain/core/runnables";
import { Greeting, Tone } from "~/tone";

const State = Annotation.Root({ name: Annotation<string>(), text: Annotation<string>(), tone: Annotation<Tone>() });

function greet({ name }: typeof State.State, _config: RunnableConfig): Greeting {
  if (name === "nobody") {
    throw new RangeError("nobody to greet");
  }
  console.log(`greets ${name}`);
  return { text: `hello ${name}`, tone: Tone.Warm };
}

export const graph = new StateGraph(State).addNode("greet", greet).addEdge(START, "greet").addEdge("greet", END).compile();
