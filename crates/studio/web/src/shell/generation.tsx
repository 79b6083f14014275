// Which generation of the code serves, and what its last edit did.
import { useState, type ReactNode } from "react";
import { useServerEvents, useSocketState } from "../api/use-socket.ts";
import { StatusDot, type Tone } from "../parts/status-dot.tsx";
import { useProject } from "../studio.tsx";
import { useOverlay } from "./overlay.tsx";
import { duration } from "../model/format.ts";

type Edit = { kind: "reloading"; changed: string[] } | { kind: "reloaded"; tookMs: number } | null;

export function Generation() {
  const project = useProject();
  const { status } = useSocketState();
  const { failure, shown, show } = useOverlay();
  const [edit, setEdit] = useState<Edit>(null);
  useServerEvents((event) => {
    if (event.event === "reloading") setEdit({ kind: "reloading", changed: event.changed });
    if (event.event === "reloaded") setEdit({ kind: "reloaded", tookMs: event.took_ms });
    if (event.event === "reload_failed") setEdit(null);
  });
  if (project.generation === null && project.state === "loading") return <Chip tone="run">loading</Chip>;
  if (edit?.kind === "reloading") return <Chip tone="run">reloading{edit.changed[0] ? ` (${edit.changed[0]} changed)` : ""}</Chip>;
  if (failure) {
    return (
      <button type="button" className="head-chip head-broken" aria-pressed={shown} onClick={() => show(!shown)} title="What does not load">
        <StatusDot tone="bad" />
        <span>
          edit does not load<span className="head-wide"> · generation {project.generation ?? "none"} serves</span>
        </span>
      </button>
    );
  }
  const tone: Tone = status === "lost" ? "idle" : project.state === "failed" ? "bad" : "ok";
  return (
    <Chip tone={tone}>
      <span className="head-wide">generation </span>
      {project.generation ?? "none"}
      {edit && <span className="head-wide"> · reloaded in {duration(edit.tookMs)}</span>}
    </Chip>
  );
}

function Chip({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className="head-chip" title="How often the code of this project was loaded since lgx started">
      <StatusDot tone={tone} />
      <span>{children}</span>
    </span>
  );
}
