// What is of one server or one moment in a stream, made the same for all.

/** Ids of runs, threads, tasks, checkpoints and interrupts, and what they have become. */
const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b|<\d+>/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|[+-]\d\d:\d\d)/g;
/** What says which server it is, and of which run. */
const OF_THE_SERVER = new Set([
  "assistant_id", "created_by", "langgraph_api_url", "langgraph_api_version", "langgraph_auth_user", "langgraph_host", "langgraph_plan", "langgraph_version",
  "run_attempt", "user_id", "user-agent", "versions", "langgraph_request_id", "langgraph_auth_user_id", "langgraph_auth_permissions", "x-request-id",
]);

/** A copy of the data of events, ids numbered in the order in which they come. */
export function normal(events) {
  const ids = new Map();
  const number = (id) => {
    if (!ids.has(id)) ids.set(id, `<${ids.size + 1}>`);
    return ids.get(id);
  };
  const text = (value) => value.replace(TIME, "<time>").replace(ID, number);
  const copy = (value) => {
    if (typeof value === "string") return text(value);
    if (Array.isArray(value)) return value.map(copy);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).filter(([key]) => !OF_THE_SERVER.has(key));
    return Object.fromEntries(entries.map(([key, one]) => [text(key), key === "timestamp" && typeof one === "number" ? "<time>" : copy(one)]));
  };
  return copy(events);
}

/** The file of a scenario. */
export function fileName(scenario) {
  return scenario.replaceAll(/[ ,]+/g, "_");
}
