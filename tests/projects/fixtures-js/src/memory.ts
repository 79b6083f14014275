// Graph using the server's store: puts state.note below ["notes", user] and returns all notes.

import { Annotation, START, StateGraph } from "@langchain/langgraph";

const State = Annotation.Root({ user: Annotation<string>(), note: Annotation<string>(), notes: Annotation<string[]>() });

export const graph = new StateGraph(State)
  .addNode("remember", async ({ user, note }, { store }) => {
    if (!store) throw new Error("the server gives every run a store");
    const namespace = ["notes", user ?? "anon"];
    await store.put(namespace, note, { text: note });
    const items = await store.search(namespace);
    return { notes: items.map((item) => item.value["text"]).toSorted() };
  })
  .addEdge(START, "remember")
  .compile({ name: "memory" });
