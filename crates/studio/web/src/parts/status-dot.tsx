// The dot that tells a status by its colour, the same everywhere; words beside it say it too.
import "./status-dot.css";

export type Tone = "idle" | "run" | "wait" | "ok" | "bad";

const TONES: Record<string, Tone> = {
  running: "run",
  busy: "run",
  loading: "run",
  waiting: "wait",
  interrupted: "wait",
  done: "ok",
  success: "ok",
  serving: "ok",
  failed: "bad",
  error: "bad",
  timeout: "bad",
};

/** The colour of a status of a node, step, run or thread; what is not known is idle. */
export const toneOf = (status: string): Tone => TONES[status] ?? "idle";

export function StatusDot({ tone, pulse = tone === "run" }: { tone: Tone; pulse?: boolean }) {
  return <i aria-hidden="true" className={`status-dot status-dot-${tone} ${pulse ? "status-dot-pulse" : ""}`} />;
}
