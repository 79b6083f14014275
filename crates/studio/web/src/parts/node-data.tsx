// What went into a node the last time that it was executed, and what it gave.
import { useQuery } from "@tanstack/react-query";
import { failureOf } from "../api/failure.ts";
import type { Json, Step } from "../api/wire.ts";
import { nameOf } from "../model/graph-paths.ts";
import { useClient } from "../studio.tsx";
import { JsonView } from "./json-view.tsx";
import "./node-data.css";

interface Props {
  threadId: string;
  path: string;
  /** Executions of the node. */
  steps: readonly Step[];
}

/** Checkpoints looked at: what lies further back is to be found in the history. */
const LOOKED_AT = 30;

interface Execution {
  before: unknown;
  /** Undefined while it executes, or when it failed. */
  gave: unknown;
  error: string | null;
  interrupts: unknown[];
  /** What a router behind it reads; undefined where the next step is not there yet, or began from somewhere else. */
  after: unknown;
}

export function NodeData({ threadId, path, steps }: Props) {
  const client = useClient();
  const last = steps.at(-1);
  const asked = useQuery({
    queryKey: ["state", threadId, "node", path, last?.task_id ?? null, last?.status ?? null],
    queryFn: async (): Promise<Execution | null> => {
      const checkpoint = last && last.ns !== "" ? { checkpoint: { checkpoint_ns: last.ns } } : {};
      const history = await client.threads.getHistory(threadId, { limit: LOOKED_AT, ...checkpoint });
      for (const state of history) {
        const task = state.tasks.find((one) => one.name === nameOf(path));
        if (!task) continue;
        const next = history.find((one) => one.parent_checkpoint?.checkpoint_id === state.checkpoint.checkpoint_id);
        return { before: state.values, gave: task.result, error: task.error ?? null, interrupts: task.interrupts, after: next?.values };
      }
      return null;
    },
    enabled: !path.includes(":") || last !== undefined,
  });
  if (asked.error) return <p className="node-data-note">{failureOf(asked.error).detail}</p>;
  if (!asked.data) return null;
  const { before, gave, error, interrupts, after } = asked.data;
  return (
    <div className="node-data">
      <Value title="Gave" value={gave} none={error ?? (interrupts.length ? "It asks before it goes on." : "Nothing yet.")} />
      {interrupts.length > 0 && <Value title="Asks" value={interrupts} none="" />}
      <Value title="State before" value={before} none="Empty." />
      {after !== undefined && <Value title="State after, which a router reads" value={after} none="Empty." />}
    </div>
  );
}

function Value({ title, value, none }: { title: string; value: unknown; none: string }) {
  return (
    <details className="node-data-value" open={!title.startsWith("State")}>
      <summary>{title}</summary>
      {value === undefined || value === null ? <p className="node-data-note">{none}</p> : <JsonView value={value as Json} label={title} />}
    </details>
  );
}
