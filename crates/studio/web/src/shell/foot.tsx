// The line beneath every page: what was printed last, how busy the server is, where it is; and the log that opens above it.
import { ChevronDown, ChevronRight, X } from "lucide-react";
import { useState } from "react";
import { useRoute } from "wouter";
import { useStored } from "../api/storage.ts";
import { useSocketState, useTopic } from "../api/use-socket.ts";
import type { LogLine } from "../api/wire.ts";
import { ALL_LINES } from "../model/log-filter.ts";
import { Button } from "../parts/button.tsx";
import { LogView } from "../parts/log-view.tsx";
import { StatusDot } from "../parts/status-dot.tsx";
import { useProject, useStudio } from "../studio.tsx";
import "./foot.css";

export function Foot() {
  const { slots } = useProject();
  const { storage } = useStudio();
  const [wanted, setOpen] = useStored<boolean>(storage, "log-pane", false);
  // The page of the log has it already.
  const [onLogs] = useRoute("/logs");
  const open = wanted && !onLogs;
  return (
    <>
      {open && <LogPane onClose={() => setOpen(false)} />}
      <footer className="foot">
        <button type="button" className="foot-logs" aria-expanded={open} disabled={onLogs} onClick={() => setOpen(!open)}>
          {open ? <ChevronDown aria-hidden="true" /> : <ChevronRight aria-hidden="true" />} Logs
        </button>
        {!open && <LastLine />}
        <span className="foot-space" />
        <Connection />
        <span className="foot-wide">
          {slots.used} of {slots.total} slots
        </span>
        <span className="foot-wide">queue {slots.queued}</span>
        <span>{location.host}</span>
      </footer>
    </>
  );
}

function LogPane({ onClose }: { onClose: () => void }) {
  const [filter, setFilter] = useState(ALL_LINES);
  return (
    <section className="foot-pane" aria-label="Logs">
      <LogView
        filter={filter}
        onFilter={setFilter}
        actions={
          <Button kind="quiet" icon aria-label="Close the log" onClick={onClose}>
            <X />
          </Button>
        }
      />
    </section>
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
