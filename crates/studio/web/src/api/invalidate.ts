// Which answers of the API are old after an event of the server; this is why nothing is polled.
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import type { ServerEvent } from "./wire.ts";

/** The keys (or beginnings of keys) whose answers an event makes old. */
export function staleAfter(event: ServerEvent): QueryKey[] {
  switch (event.event) {
    case "reloading":
      return [];
    case "reloaded":
      // New code may draw other graphs, have other schemas and other assistants.
      return [["project"], ["assistants"], ["assistant"], ["graph"], ["schemas"], ["source"], ["subgraphs"]];
    case "reload_failed":
    case "graph_failed":
    case "worker_died":
    case "state_unavailable":
      return [["project"]];
    case "run":
      return [["runs"], ["run", event.run.run_id], ["project"], ...(hasEnded(event.run.status) ? [["calls", event.run.run_id]] : [])];
    case "run_deleted":
      return [["runs"], ["run", event.run_id]];
    case "run_failed":
      return [["run", event.run_id]];
    case "thread":
      return [["threads"], ["thread", event.thread_id], ["state", event.thread_id], ["checkpoints", event.thread_id]];
    case "request_failed":
      return [];
  }
}

const hasEnded = (status: string): boolean => status !== "pending" && status !== "running";

/** Many events at once (a hundred runs) ask once for each key: what is marked is asked for after the turn. */
export class Invalidator {
  readonly #queries: QueryClient;
  readonly #stale = new Map<string, QueryKey>();
  #scheduled = false;

  constructor(queries: QueryClient) {
    this.#queries = queries;
  }

  take(event: ServerEvent): void {
    for (const key of staleAfter(event)) this.#stale.set(JSON.stringify(key), key);
    if (this.#scheduled || !this.#stale.size) return;
    this.#scheduled = true;
    setTimeout(() => this.#flush(), COLLECTED_FOR_MS);
  }

  /** Nothing is known for sure any more. */
  everything(): void {
    void this.#queries.invalidateQueries({}, { cancelRefetch: false });
  }

  #flush(): void {
    this.#scheduled = false;
    for (const queryKey of this.#stale.values()) void this.#queries.invalidateQueries({ queryKey }, { cancelRefetch: false });
    this.#stale.clear();
  }
}

/** Short enough to seem at once, long enough to hold a burst. */
const COLLECTED_FOR_MS = 60;
