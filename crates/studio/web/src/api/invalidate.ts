// Which answers of the API are old after an event of the server; this is why nothing is polled.
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { ApiFailure } from "./failure.ts";
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
      return [["runs"]];
    case "run_failed":
      return [["run", event.run_id]];
    case "thread":
      return event.status === "deleted"
        ? [["threads"]]
        : [["threads"], ["thread", event.thread_id], ["state", event.thread_id], ["checkpoints", event.thread_id]];
    case "request_failed":
      return [];
  }
}

/** The keys of what is not there any more, and what is to be said of it: to ask for it once more would only be refused. */
export function goneAfter(event: ServerEvent): { queryKeys: QueryKey[]; said: string } | null {
  if (event.event === "run_deleted") return { queryKeys: [["run", event.run_id], ["calls", event.run_id], ["logs", event.run_id]], said: "This run was deleted" };
  if (event.event === "thread" && event.status === "deleted") {
    return { queryKeys: ["thread", "state", "checkpoints"].map((noun) => [noun, event.thread_id]), said: "This thread was deleted" };
  }
  return null;
}

const hasEnded = (status: string): boolean => status !== "pending" && status !== "running";

/**
 * Many events at once (a hundred runs) ask once for each key: what is marked is asked for after the turn.
 *
 * An answer that is on its way when an event comes may have been made before it. To ask anew at once would, in a run that tells much, take
 * back each question before its answer comes; so it is asked again when that answer is there.
 */
export class Invalidator {
  readonly #queries: QueryClient;
  readonly #stale = new Map<string, QueryKey>();
  /** The hashes of queries whose answer is old when it comes. */
  readonly #outdated = new Set<string>();
  #scheduled = false;

  constructor(queries: QueryClient) {
    this.#queries = queries;
    queries.getQueryCache().subscribe(({ type, query }) => {
      if (type !== "updated" || query.state.fetchStatus !== "idle" || !this.#outdated.delete(query.queryHash)) return;
      this.#ask({ queryKey: query.queryKey, exact: true });
    });
  }

  take(event: ServerEvent): void {
    const gone = goneAfter(event);
    if (gone) for (const queryKey of gone.queryKeys) this.#tell(queryKey, new ApiFailure(404, gone.said));
    for (const key of staleAfter(event)) this.#stale.set(JSON.stringify(key), key);
    if (this.#scheduled || !this.#stale.size) return;
    this.#scheduled = true;
    setTimeout(() => this.#flush(), COLLECTED_FOR_MS);
  }

  /** Nothing is known for sure any more. */
  everything(): void {
    this.#ask({});
  }

  #flush(): void {
    this.#scheduled = false;
    for (const queryKey of this.#stale.values()) this.#ask({ queryKey });
    this.#stale.clear();
  }

  /** What was to be asked for these keys is answered: it is gone. */
  #tell(queryKey: QueryKey, failure: ApiFailure): void {
    this.#stale.delete(JSON.stringify(queryKey));
    for (const query of this.#queries.getQueryCache().findAll({ queryKey })) {
      this.#outdated.delete(query.queryHash);
      void query.cancel({ silent: true });
      query.setState({ status: "error", error: failure, errorUpdatedAt: Date.now(), fetchStatus: "idle" });
    }
  }

  #ask(which: { queryKey?: QueryKey; exact?: boolean }): void {
    for (const query of this.#queries.getQueryCache().findAll({ ...which, fetchStatus: "fetching" })) this.#outdated.add(query.queryHash);
    void this.#queries.invalidateQueries(which, { cancelRefetch: false });
  }
}

/** Short enough to seem at once, long enough to hold a burst. */
const COLLECTED_FOR_MS = 60;
