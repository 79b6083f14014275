// The line beneath every page: what was printed last, how busy the server is, where it is.
import { useState } from "react";
import { useSocketState, useTopic } from "../api/use-socket.ts";
import type { LogLine } from "../api/wire.ts";
import { StatusDot } from "../parts/status-dot.tsx";
import { useProject } from "../studio.tsx";
import "./foot.css";

export function Foot() {
  const { slots } = useProject();
  return (
    <footer className="foot">
      <LastLine />
      <span className="foot-space" />
      <Connection />
      <span className="foot-wide">
        {slots.used} of {slots.total} slots
      </span>
      <span className="foot-wide">queue {slots.queued}</span>
      <span>{location.host}</span>
    </footer>
  );
}

function LastLine() {
  const [last, setLast] = useState<LogLine | null>(null);
  useTopic("logs", setLast);
  return (
    <span className="foot-line">
      {last && (
        <>
          <span className="foot-from">{last.node ?? last.logger ?? last.stream}</span> {last.message}
        </>
      )}
    </span>
  );
}

function Connection() {
  const { status, refused } = useSocketState();
  if (status === "lost") {
    return (
      <span className="foot-lost" role="status">
        <StatusDot tone="bad" pulse /> connection lost, trying again
      </span>
    );
  }
  if (status !== "refused") return null;
  return (
    <span className="foot-lost" role="status" title={refused?.detail}>
      <StatusDot tone="bad" /> not let in: {refused?.detail}
    </span>
  );
}
