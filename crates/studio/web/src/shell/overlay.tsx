// What is over the graph while an edit does not load; it goes by itself as soon as one does.
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { createPortal } from "react-dom";
import { useServerEvents } from "../api/use-socket.ts";
import type { Project, ReloadFailure } from "../api/wire.ts";
import { Button } from "../parts/button.tsx";
import { ErrorCard } from "../parts/error-card.tsx";
import { useToast } from "../parts/toast.tsx";
import { useProject } from "../studio.tsx";
import { duration } from "../model/format.ts";
import { ConfigProblems } from "./config-problems.tsx";
import "./overlay.css";

interface OverlayState {
  /** The newest edit does not load. */
  failure: ReloadFailure | null;
  shown: boolean;
  show: (shown: boolean) => void;
  /** The graph's canvas: the overlay is never over what one types into. */
  setHost: (host: HTMLElement | null) => void;
}

const OverlayContext = createContext<OverlayState>({ failure: null, shown: false, show: () => undefined, setHost: () => undefined });

export const useOverlay = (): OverlayState => useContext(OverlayContext);

export function OverlayProvider({ children }: { children: ReactNode }) {
  const project = useProject();
  const failure = project.failed_reload;
  const which = useMemo(() => JSON.stringify(failure), [failure]);
  const [hidden, setHidden] = useState<string | null>(null);
  const [host, setHost] = useState<HTMLElement | null>(null);
  const shown = failure !== null && hidden !== which;
  const state = useMemo(() => ({ failure, shown, show: (on: boolean) => setHidden(on ? null : which), setHost }), [failure, shown, which]);
  useReloadedToast();
  useEffect(() => {
    if (!shown) return undefined;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || document.querySelector("dialog[open], :popover-open")) return;
      event.stopPropagation();
      setHidden(which);
    };
    // Before whatever else Esc does at the place that has the focus.
    addEventListener("keydown", onKey, { capture: true });
    return () => removeEventListener("keydown", onKey, { capture: true });
  }, [shown, which]);
  const overlay = shown && <Overlay failure={failure} project={project} hide={() => setHidden(which)} floating={host === null} />;
  return (
    <OverlayContext value={state}>
      {children}
      {overlay && (host ? createPortal(overlay, host) : overlay)}
    </OverlayContext>
  );
}

function useReloadedToast(): void {
  const toast = useToast();
  useServerEvents((event) => {
    if (event.event !== "reloaded") return;
    const old = event.old_runs.length;
    const goesOn = old ? ` · ${old} ${old === 1 ? "run goes" : "runs go"} on with the old code` : "";
    toast({ name: "reloaded", text: `${event.generation === 1 ? "loaded" : "reloaded"} in ${duration(event.took_ms)} · generation ${event.generation}${goesOn}` });
  });
}

interface OverlayProps {
  failure: ReloadFailure;
  project: Project;
  hide: () => void;
  /** There is no graph on this page. */
  floating: boolean;
}

function Overlay({ failure, project, hide, floating }: OverlayProps) {
  const note = project.generation === null ? "Nothing is served until it loads." : `The code of generation ${project.generation} goes on serving.`;
  const actions = (
    <Button kind="quiet" keys="Esc" onClick={hide}>
      Hide
    </Button>
  );
  return (
    <aside className={`overlay ${floating ? "overlay-floating" : ""}`} role="alertdialog" aria-label="The new code does not load">
      {failure.kind === "code" && <ErrorCard diagnostic={failure.diagnostic} note={note} actions={actions} />}
      {failure.kind === "config" && (
        <OverlayCard title="langgraph.json is not valid" note={note} actions={actions}>
          <ConfigProblems problems={failure.problems} />
        </OverlayCard>
      )}
      {failure.kind === "worker" && (
        <OverlayCard title={failure.message} note={note} actions={actions}>
          {failure.last_words.length > 0 && <pre className="overlay-words">{failure.last_words.join("\n")}</pre>}
        </OverlayCard>
      )}
    </aside>
  );
}

function OverlayCard({ title, note, actions, children }: { title: string; note: string; actions: ReactNode; children: ReactNode }) {
  return (
    <section className="error-card">
      <header className="error-card-head">
        <p className="error-card-what">
          <b>{title}</b>
        </p>
      </header>
      {children}
      <footer className="error-card-foot">
        <span className="error-card-note">{note}</span>
        <span className="error-card-space" />
        {actions}
      </footer>
    </section>
  );
}
