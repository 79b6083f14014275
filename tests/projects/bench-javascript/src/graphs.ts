// The graphs of the benchmark, as the Python project beside has them. They do no I/O: what is timed is the server around them.

import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { Annotation, type LangGraphRunnableConfig, messagesStateReducer, START, StateGraph } from "@langchain/langgraph";

const Chat = Annotation.Root({
  messages: Annotation<BaseMessage[]>({ reducer: messagesStateReducer, default: () => [] }),
});

const Steps = Annotation.Root({
  seen: Annotation<number[]>({ reducer: (seen, more) => [...seen, ...more], default: () => [] }),
});

function reply(state: typeof Chat.State) {
  return { messages: [new AIMessage("echo: " + String(state.messages.at(-1)?.content))] };
}

/** Streams 200 tokens and more from a fake chat model, one a character. */
async function speak(state: typeof Chat.State, config: LangGraphRunnableConfig) {
  const model = new FakeListChatModel({ responses: ["token ".repeat(40)] });
  return { messages: [await model.invoke(state.messages, config)] };
}

/** Emits 2,000 custom events. */
function emit(_: typeof Chat.State, config: LangGraphRunnableConfig) {
  for (let i = 0; i < 2_000; i += 1) config.writer?.({ i });
  return {};
}

export const echo = new StateGraph(Chat).addNode("reply", reply).addEdge(START, "reply").compile();
export const tokens = new StateGraph(Chat).addNode("speak", speak).addEdge(START, "speak").compile();
export const events = new StateGraph(Chat).addNode("emit", emit).addEdge(START, "emit").compile();

const names = Array.from({ length: 10 }, (_, number) => `n${number}` as const);
const builder = new StateGraph(Steps);
for (const [number, name] of names.entries()) builder.addNode(name, () => ({ seen: [number] }));
const chained = builder as unknown as StateGraph<typeof Steps.spec, typeof Steps.State, typeof Steps.Update, string>;
for (const [number, name] of names.entries()) chained.addEdge(number === 0 ? START : `n${number - 1}`, name);
export const steps = chained.compile();
