// Ctrl or Cmd and K: graphs, threads, runs, pages and actions, found by a few letters.
import { useQuery } from "@tanstack/react-query";
import { CornerDownLeft } from "lucide-react";
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useLocation } from "wouter";
import { useChosen } from "../api/use-assistants.ts";
import { useThreads, type ThreadFilter } from "../api/use-threads.ts";
import { findIn } from "../model/find.ts";
import { shortTime } from "../model/format.ts";
import { paths } from "../paths.ts";
import { useLgx, useProject } from "../studio.tsx";
import { useActions } from "./actions.ts";
import "./palette.css";

interface Entry {
  id: string;
  kind: "Graph" | "Thread" | "Run" | "Page" | "Action";
  name: string;
  /** Beside the name, and found by too. */
  note: string;
  run: () => void;
}

const MOST_ROWS = 60;
const MOST_OF_A_KIND = 100;
const ALL_THREADS: ThreadFilter = { status: null, metadata: {}, ids: [] };

export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  // Only while it is open does it ask for threads and runs.
  return open ? <OpenPalette onClose={onClose} /> : null;
}

function OpenPalette({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useId();
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const entries = useEntries();
  const found = useMemo(() => findIn(entries, typed, (entry) => `${entry.name} ${entry.note} ${entry.kind}`, MOST_ROWS), [entries, typed]);
  const chosen = Math.min(at, found.length - 1);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  // In braces, as browsers give a promise for it that React would call to clean up.
  useEffect(() => {
    dialog.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  });
  const take = (entry: Entry | undefined) => {
    if (!entry) return;
    // At once, not with the next drawing: keys that are typed meanwhile are for the page.
    dialog.current?.close();
    entry.run();
  };
  const onKey = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (by) {
      event.preventDefault();
      setAt(Math.max(0, Math.min(found.length - 1, chosen + by)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(found[chosen]);
    }
  };
  return (
    // Clicks beside its content close it; Esc does for the keyboard.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={dialog}
      className="palette"
      aria-label="Find"
      onClose={onClose}
      onMouseDown={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <input
        type="text"
        role="combobox"
        aria-label="Find"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={found[chosen] ? `${list}-${found[chosen].id}` : undefined}
        placeholder="A graph, thread, run, page or action"
        spellCheck={false}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKey}
      />
      <div className="palette-list" role="listbox" id={list} aria-label="Found">
        {found.map((entry, index) => (
          // The text field keeps the focus and moves the selection.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
          <div
            key={entry.id}
            id={`${list}-${entry.id}`}
            role="option"
            aria-selected={index === chosen}
            className="palette-row"
            onClick={() => take(entry)}
            onMouseMove={() => setAt(index)}
          >
            <span className="palette-kind">{entry.kind}</span>
            <span className="palette-name">{entry.name}</span>
            <span className="palette-note">{entry.note}</span>
            {index === chosen && <CornerDownLeft aria-hidden="true" />}
          </div>
        ))}
        {found.length === 0 && <p className="palette-none">Nothing fits “{typed}”.</p>}
      </div>
    </dialog>
  );
}

function useEntries(): Entry[] {
  const [, go] = useLocation();
  const { graphs } = useProject();
  const { chooseGraph } = useChosen();
  const { pages, others } = useActions();
  const lgx = useLgx();
  const [now] = useState(() => new Date());
  const threads = useThreads(ALL_THREADS).data?.pages[0];
  const runs = useQuery({ queryKey: ["runs", { palette: true }], queryFn: () => lgx.searchRuns({ limit: MOST_OF_A_KIND }) }).data?.runs;
  return useMemo(
    () => [
      ...pages.map((page): Entry => ({ id: `page-${page.name}`, kind: "Page", name: page.name, note: page.keys ?? "", run: page.run })),
      ...graphs.map((graph): Entry => ({ id: `graph-${graph.id}`, kind: "Graph", name: graph.id, note: graph.loaded ? graph.target : "did not load", run: () => chooseGraph(graph.id) })),
      ...others.map((action): Entry => ({ id: `action-${action.name}`, kind: "Action", name: action.name, note: action.keys ?? "", run: action.run })),
      ...(threads ?? []).map(
        (thread): Entry => ({
          id: `thread-${thread.id}`,
          kind: "Thread",
          name: thread.name ?? thread.first ?? thread.id,
          note: [thread.graph, thread.status, (thread.name ?? thread.first) && thread.id].filter(Boolean).join(" · "),
          run: () => go(paths.thread(thread.id)),
        }),
      ),
      ...(runs ?? []).map((run): Entry => ({ id: `run-${run.run_id}`, kind: "Run", name: run.run_id, note: `${run.graph_id} · ${run.status} · ${shortTime(run.created_at, now)}`, run: () => go(paths.run(run.run_id)) })),
    ],
    [pages, graphs, others, threads, runs, go, chooseGraph, now],
  );
}
