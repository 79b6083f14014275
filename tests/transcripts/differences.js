// What lgx streams otherwise than the official server, on purpose: the section on streams of "Graphs in JavaScript" in docs/compatibility.md.

/** Each makes of a recorded event of one kind what lgx sends, or null if it sends none; other events it leaves alone. */
export const DIFFERENCES = {
  "checkpoints are streamed to those who ask for them": {
    runs: (event) => (event.event.startsWith("checkpoints") && "parent_id" in event.data ? null : event),
  },
  "a graph without a name is called by its id": {
    runs: (event, { graph }) => (event.event === "events" && event.data.name === "LangGraph" ? { ...event, data: { ...event.data, name: graph } } : event),
  },
  "what a tool threw is told": {
    runs: (event) => {
      const isEmpty = event.data.event === "on_tool_error" && Object.keys(event.data.error).length === 0;
      return isEmpty ? { ...event, data: { ...event.data, error: { error: "RangeError", message: "out of order" } } } : event;
    },
  },
  "a question is told under both names that clients look for": {
    sessions: (event) => (event.method === "input.requested" ? { ...event, data: { ...event.data, value: event.data.payload } } : event),
  },
  "a graph that asks is interrupted, not completed": {
    sessions: (event, { before }) => {
      const place = event.namespace.at(-1);
      const asks = before.some(({ method, data }) => method === "tasks" && data.interrupts.length > 0 && `${data.name}:${data.id}` === place);
      return event.method === "lifecycle" && asks ? { ...event, data: { ...event.data, event: "interrupted" } } : event;
    },
  },
  "an error is told as its text": {
    sessions: (event) => (event.data.event === "failed" && event.data.error ? { ...event, data: { ...event.data, error: JSON.parse(event.data.error).message } } : event),
  },
};

/** Scenarios that are the same as another one to lgx: with subgraphs, the official server does not say when a message is complete. */
export const LIKE = { "messages of a subgraph, with subgraphs": "messages of a subgraph" };

/** What is left of an event for comparing: of checkpoints, the official server sends a part. */
export function comparable(event) {
  if (!event.event?.startsWith("checkpoints")) return event;
  const { values, metadata, next } = event.data;
  return { ...event, data: { values, metadata, next } };
}
