// What runs are searched by, as the address of the page says it.

import type { RunSearch, RunStatus } from "../api/wire.ts";

export const RUN_STATUSES: readonly RunStatus[] = ["pending", "running", "success", "error", "timeout", "interrupted"];

/** Names of spans in the address, with their minutes. */
export const SPANS: readonly { name: string; words: string; minutes: number }[] = [
  { name: "5m", words: "Last 5 minutes", minutes: 5 },
  { name: "1h", words: "Last hour", minutes: 60 },
  { name: "1d", words: "Last day", minutes: 24 * 60 },
  { name: "7d", words: "Last 7 days", minutes: 7 * 24 * 60 },
];

export type Conditions = Omit<RunSearch, "limit" | "offset">;

/** A span ends with the minute that has begun, so that the same address is the same search for a while. */
export function conditionsOf(search: URLSearchParams, now = new Date()): Conditions {
  const status = RUN_STATUSES.find((one) => one === search.get("status"));
  const [graph, thread, cron] = [search.get("graph"), search.get("thread"), search.get("cron")];
  const span = SPANS.find((one) => one.name === search.get("since"));
  const minute = Math.floor(now.getTime() / 60_000);
  return {
    ...(status ? { status } : {}),
    ...(graph ? { graph_id: graph } : {}),
    ...(thread ? { thread_id: thread } : {}),
    ...(cron ? { cron_id: cron } : {}),
    ...(span ? { created_after: new Date((minute - span.minutes) * 60_000).toISOString() } : {}),
  };
}
