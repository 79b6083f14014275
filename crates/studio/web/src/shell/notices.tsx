// What happens to the whole project and is nobody's page: a worker that died, a request that failed in user code, state that is gone.
import { useState } from "react";
import { useLocation } from "wouter";
import { useServerEvents, useSocketState } from "../api/use-socket.ts";
import type { Diagnostic } from "../api/wire.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { ErrorCard } from "../parts/error-card.tsx";
import { useToast } from "../parts/toast.tsx";
import { paths } from "../paths.ts";
import { useProject } from "../studio.tsx";
import { duration } from "../model/format.ts";

interface Shown {
  title: string;
  diagnostic: Diagnostic | null;
  words: string[];
}

export function Notices() {
  const toast = useToast();
  const [, go] = useLocation();
  const [shown, setShown] = useState<Shown | null>(null);
  useServerEvents((event) => {
    switch (event.event) {
      case "worker_died": {
        const runs = event.runs.length ? ` with ${event.runs.length} ${event.runs.length === 1 ? "run" : "runs"}` : "";
        const again = event.restarts_in_ms === null ? "" : `; it starts again in ${duration(event.restarts_in_ms)}`;
        const title = `The worker died${runs}: ${event.how}${again}`;
        const show = () => setShown({ title, diagnostic: null, words: event.last_words });
        return toast({ name: "worker", tone: "bad", stays: true, text: title, action: { label: "Last words", run: show } });
      }
      case "request_failed": {
        const title = `${event.request} failed`;
        const show = () => setShown({ title, diagnostic: event.diagnostic, words: [] });
        const text = `${title}: ${event.diagnostic.type}: ${event.diagnostic.message}`;
        return toast({ name: "request", tone: "bad", stays: true, text, action: { label: "Show", run: show } });
      }
      case "graph_failed":
        return toast({
          name: `graph ${event.graph_id}`,
          tone: "bad",
          stays: true,
          text: `${event.graph_id} did not load: ${event.diagnostic.type}`,
          action: { label: "Show", run: () => go(paths.graph(event.graph_id)) },
        });
      case "state_unavailable":
        return toast({ name: "state", tone: "bad", stays: true, text: event.message });
      default:
        return undefined;
    }
  });
  return (
    <>
      <Dialog wide open={shown !== null} title={shown?.title ?? ""} onClose={() => setShown(null)}>
        {shown?.diagnostic && <ErrorCard diagnostic={shown.diagnostic} />}
        {shown && !shown.diagnostic && <pre>{shown.words.join("\n") || "It said nothing."}</pre>}
      </Dialog>
      <OtherProject />
    </>
  );
}

/** The tab stayed open, and something else is served at this address now. */
function OtherProject() {
  const project = useProject();
  const { hello } = useSocketState();
  const other = hello !== null && hello.project_id !== project.project_id;
  const newer = hello !== null && !other && hello.version !== project.version;
  return (
    <Dialog
      open={other || newer}
      title={other ? "Another project is served here now" : "lgx was updated"}
      onClose={() => location.reload()}
      actions={
        <Button kind="primary" onClick={() => location.assign("/studio/")}>
          Reload
        </Button>
      }
    >
      {other ? `This page belongs to ${project.name}.` : `This page is of version ${project.version}, the server of version ${hello?.version}.`} What is here does not fit any more.
    </Dialog>
  );
}
