// What is asked of the server: each scenario is runs of one graph, one after the other on a thread of its own.

const SAID = { messages: [{ role: "user", content: "hi", id: "said" }] };
const CATS = { topic: "cats" };
const STATE = ["values", "updates"];

/** What each run of a scenario sends to `/threads/{id}/runs/stream`. */
export const RUNS = {
  "echo in each mode": ["echo", { input: CATS, stream_mode: ["values", "updates", "tasks", "debug", "checkpoints"] }],
  "values are what is streamed if nothing is asked for": ["echo", { input: CATS }],
  "events": ["echo", { input: CATS, stream_mode: ["events", "values"] }],
  "messages": ["messages", { input: SAID, stream_mode: ["messages"] }],
  "messages of a second run": ["messages", { input: SAID, stream_mode: ["messages"] }, { input: { messages: [{ role: "user", content: "again", id: "again" }] }, stream_mode: ["messages"] }],
  "messages and the state": ["messages", { input: SAID, stream_mode: ["messages", "values"] }],
  "messages with updates": ["messages", { input: SAID, stream_mode: ["messages", "updates"] }],
  "messages as tuples": ["messages", { input: SAID, stream_mode: ["messages-tuple"] }],
  "messages of a subgraph": ["speaking", { input: SAID, stream_mode: ["messages"] }],
  "messages of a subgraph, with subgraphs": ["speaking", { input: SAID, stream_mode: ["messages"], stream_subgraphs: true }],
  "messages of a subgraph as tuples": ["speaking", { input: SAID, stream_mode: ["messages-tuple"] }],
  "messages of a subgraph as tuples, with subgraphs": ["speaking", { input: SAID, stream_mode: ["messages-tuple", "values"], stream_subgraphs: true }],
  "a subgraph": ["subgraph", { input: CATS, stream_mode: STATE, stream_subgraphs: true }],
  "a subgraph, in all modes": ["subgraph", { input: CATS, stream_mode: ["tasks", "debug", "checkpoints"], stream_subgraphs: true }],
  "a subgraph that is not asked for": ["subgraph", { input: CATS, stream_mode: STATE }],
  "a question and its answer": ["asks", { input: CATS, stream_mode: STATE }, { command: { resume: "fine" }, stream_mode: STATE }],
  "a question in a subgraph": ["asksBelow", { input: CATS, stream_mode: STATE, stream_subgraphs: true }, { command: { resume: "fine" }, stream_mode: STATE, stream_subgraphs: true }],
  "two questions at once": ["asksTwice", { input: CATS, stream_mode: [...STATE, "tasks"] }],
  "a breakpoint": ["echo", { input: CATS, stream_mode: STATE, interrupt_before: ["b"] }, { input: null, stream_mode: STATE }],
  "a command of the graph": ["goto", { input: CATS, stream_mode: STATE }],
  "a command of the client": ["goto", { command: { update: { log: ["by hand"] }, goto: "to" }, stream_mode: STATE }],
  "what a node writes": ["custom", { input: CATS, stream_mode: ["custom"] }],
  "tools": ["tools", { input: SAID, stream_mode: ["tools", "updates"] }],
  "a tool that fails": ["brokenTool", { input: SAID, stream_mode: ["tools", "updates"] }],
  "an exception": ["error", { input: CATS, stream_mode: STATE }],
  "a graph without end": ["limit", { input: CATS, stream_mode: ["updates"], config: { recursion_limit: 2 } }],
};

/** The commands of a session of the event protocol, each run's events to its end. */
export const SESSIONS = {
  "echo": ["echo", { input: CATS }],
  "messages": ["messages", { input: SAID }],
  "messages of a subgraph": ["speaking", { input: SAID }],
  "a subgraph": ["subgraph", { input: CATS }],
  "a question and its answer": ["asks", { input: CATS }, { response: "fine" }],
  "a question in a subgraph": ["asksBelow", { input: CATS }, { response: "fine" }],
  "two questions at once": ["asksTwice", { input: CATS }],
  "a command of the graph": ["goto", { input: CATS }],
  "what a node writes": ["custom", { input: CATS }],
  "tools": ["tools", { input: SAID }],
  "a tool that fails": ["brokenTool", { input: SAID }],
  "an exception": ["error", { input: CATS }],
  "a graph without end": ["limit", { input: CATS, config: { recursion_limit: 2 } }],
};
