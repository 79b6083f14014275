// Which generation of the code serves, and what its last edit did.
import { useState } from "react";
import { useServerEvents, useSocketState } from "../api/use-socket.ts";
import { StatusDot, type Tone } from "../parts/status-dot.tsx";
import { useProject } from "../studio.tsx";
import { duration } from "../words.ts";

type Edit = { kind: "reloading"; changed: string[] } | { kind: "reloaded"; tookMs: number } | null;

export function Generation() {
  const project = useProject();
  const { status } = useSocketState();
  const [edit, setEdit] = useState<Edit>(null);
  useServerEvents((event) => {
    if (event.event === "reloading") setEdit({ kind: "reloading", changed: event.changed });
    if (event.event === "reloaded") setEdit({ kind: "reloaded", tookMs: event.took_ms });
    if (event.event === "reload_failed") setEdit(null);
  });
  if (project.generation === null && project.state === "loading") return <Chip tone="run">loading</Chip>;
  if (edit?.kind === "reloading") return <Chip tone="run">reloading{edit.changed[0] ? ` (${edit.changed[0]} changed)` : ""}</Chip>;
  const tone: Tone = status === "lost" ? "idle" : project.failed_reload || project.state === "failed" ? "bad" : "ok";
  return (
    <Chip tone={tone}>
      <span className="head-wide">generation </span>
      {project.generation ?? "none"}
      {edit && <span className="head-wide"> · reloaded in {duration(edit.tookMs)}</span>}
    </Chip>
  );
}

function Chip({ tone, children }: { tone: Tone; children: React.ReactNode }) {
  return (
    <span className="head-chip" title="How often the code of this project was loaded since lgx started">
      <StatusDot tone={tone} />
      <span>{children}</span>
    </span>
  );
}
