// How a run stands, as a dot and a word; "interrupted" means that it waits or was stopped, which its thread knows.
import type { RunStatus } from "../api/wire.ts";
import { StatusDot, toneOf } from "./status-dot.tsx";
import "./run-status.css";

export function RunStatusWord({ status }: { status: RunStatus }) {
  return (
    <span className="run-status" data-status={status}>
      <StatusDot tone={toneOf(status)} />
      {status}
    </span>
  );
}
