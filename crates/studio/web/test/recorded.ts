// The recordings of a real server, as the events that the page hears of a thread.

import type { Json, JsonObject, RunStatus, ThreadEvent } from "../src/api/wire.ts";
import type { Drawing } from "../src/model/graph.ts";
import type { StateAnswer } from "../src/model/thread-view.ts";

interface Recording {
  thread_id: string;
  runs: { run_id: string; status: RunStatus; events: { id: string; name: string; data: Json }[] }[];
  state: StateAnswer & { values: JsonObject };
}

const files: Record<string, unknown> = import.meta.glob("./recordings/*.json", { eager: true, import: "default" });

function read(name: string): unknown {
  return files[`./recordings/${name}.json`];
}

export function recording(graph: string): Recording {
  return read(`stream-${graph}`) as Recording;
}

export const RECORDED = ["boom", "chat", "custom", "goto", "hitl", "hitl_many", "loop", "msgs", "multi", "nested", "nested_chat", "tools_kinds"];

export function eventsOf(graph: string): ThreadEvent[] {
  return recording(graph).runs.flatMap((run): ThreadEvent[] => {
    const first = run.events[0]?.id ?? "0-0";
    const last = run.events.at(-1)?.id ?? "0-0";
    const streamed = run.events.map(({ id, name, data }): ThreadEvent => ({ event: "streamed", id: `${id}-1`, run_id: run.run_id, name, data }));
    return [
      { event: "began", id: `${first}-0`, run_id: run.run_id },
      ...streamed,
      { event: "ended", id: `${last}-9`, run_id: run.run_id, status: run.status, error: null },
    ];
  });
}

export const drawings = read("drawings") as Record<string, { plain: Drawing; xray: Drawing }>;
export const schemas = read("schemas") as Record<string, { input_schema: JsonObject | null; context_schema: JsonObject | null }>;
