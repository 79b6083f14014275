// The addresses of the pages, below /studio.

type Query = Record<string, string | null | undefined>;

function address(parts: string[], query: Query = {}): string {
  const asked = Object.entries(query).flatMap(([key, value]) => (value ? [[key, value]] : []));
  return `/${parts.map(encodeURIComponent).join("/")}${asked.length ? `?${new URLSearchParams(asked)}` : ""}`;
}

/** How a thread is looked at. */
export type ThreadQuery = { checkpoint?: string | null; ns?: string | null; view?: "graph" | "chat" | "state" | "history" | null };

/** One function a page; every link of the page is made here. */
export const paths = {
  graph: (graph: string, query: { assistant?: string | null } = {}) => address(["graphs", graph], query),
  threads: () => "/threads",
  thread: (id: string, query: ThreadQuery = {}) => address(["threads", id], query),
  runs: (query: { thread?: string | null; graph?: string | null; status?: string | null; cron?: string | null } = {}) => address(["runs"], query),
  run: (id: string) => address(["runs", id]),
  compare: (left: string, right: string) => address(["compare"], { left, right }),
  inbox: () => "/inbox",
  assistants: () => "/assistants",
  assistant: (id: string) => address(["assistants", id]),
  store: (query: { ns?: string | null; key?: string | null } = {}) => address(["store"], query),
  crons: (query: { cron?: string | null } = {}) => address(["crons"], query),
  logs: (query: { run?: string | null } = {}) => address(["logs"], query),
  settings: () => "/settings",
};
