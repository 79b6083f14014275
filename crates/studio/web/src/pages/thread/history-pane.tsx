// The history of a thread: its steps newest first with their branches, and what the chosen one changed.

import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import { failureOf } from "../../api/failure.ts";
import { useStateAt, useStepSummary } from "../../api/use-state-at.ts";
import type { CheckpointSummary } from "../../api/wire.ts";
import { checkpointName, type CheckpointTree, type TreeRow } from "../../model/checkpoint-tree.ts";
import { bytes, plural, shortTime } from "../../model/format.ts";
import { diffStates } from "../../model/state-diff.ts";
import { Button } from "../../parts/button.tsx";
import { DiffView } from "../../parts/diff-view.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Bar, Pane } from "../../parts/pane.tsx";
import { Picker } from "../../parts/picker.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import type { ApiFailure } from "../../api/failure.ts";
import { ForkDialog } from "./fork-dialog.tsx";
import { HistoryLanes } from "./history-lanes.tsx";
import type { CheckpointRef } from "./use-branching.ts";
import "./history-pane.css";

interface Props {
  threadId: string | null;
  tree: CheckpointTree;
  total: number;
  more: (() => void) | null;
  failure: ApiFailure | null;
  again: () => void;
  /** The checkpoint of the address; null for the newest. */
  chosen: string | null;
  onChoose: (checkpointId: string | null) => void;
  namespaces: string[];
  ns: string;
  onNamespace: (ns: string) => void;
  /** Runs again what comes after a step. */
  onRerun: (from: CheckpointRef) => Promise<void>;
  onForked: (to: CheckpointRef, run: boolean) => void;
  busy: boolean;
}

export function HistoryPane(props: Props) {
  const { threadId, tree, total, more, failure, again, chosen, onChoose, namespaces, ns, onNamespace } = props;
  const at = chosen ?? tree.rows[0]?.checkpoint.checkpoint_id ?? null;
  const row = tree.byId.get(at ?? "");
  useStepKeys(tree, at, onChoose);
  return (
    <Pane label="History" className="history-pane">
      <Bar title="History" note={tree.rows.length === 0 ? "" : [plural(total, "step"), tree.forks > 0 ? plural(tree.forks, "fork") : null].filter(Boolean).join(" · ")}>
        {namespaces.length > 0 && (
          <Picker label="Graph" value={ns} onChange={onNamespace} options={[{ value: "", label: "whole graph" }, ...namespaces.map((name) => ({ value: name, label: name.replaceAll(/:[0-9a-f-]{36}/g, "") }))]} />
        )}
      </Bar>
      <RequestProblem caught={failure} what="The history could not be read" onAgain={again} />
      {tree.rows.length === 0 && !failure && <Empty title="No steps yet">Each step of a run is kept here, with the state behind it.</Empty>}
      {tree.rows.length > 0 && <StepList threadId={threadId} busy={props.busy} tree={tree} at={at} newest={chosen === null} more={more} onChoose={onChoose} />}
      {row && threadId !== null && <StepDetail key={row.checkpoint.checkpoint_id} {...props} threadId={threadId} row={row} />}
    </Pane>
  );
}

/** `[` goes to the step before, `]` to the one behind; not while one types. */
function useStepKeys(tree: CheckpointTree, at: string | null, onChoose: (id: string | null) => void): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== "[" && event.key !== "]") return;
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || (target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]"))) return;
    const here = tree.rows.findIndex((row) => row.checkpoint.checkpoint_id === at);
    const next = tree.rows[event.key === "[" ? here + 1 : here - 1];
    if (here < 0 || !next) return;
    event.preventDefault();
    onChoose(next === tree.rows[0] ? null : next.checkpoint.checkpoint_id);
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => onKey(event);
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}

const ROW_HEIGHT = 44;

interface ListProps {
  threadId: string | null;
  busy: boolean;
  tree: CheckpointTree;
  at: string | null;
  newest: boolean;
  more: (() => void) | null;
  onChoose: (id: string | null) => void;
}

function StepList({ threadId, busy, tree, at, newest, more, onChoose }: ListProps) {
  const box = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: tree.rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    getItemKey: (index) => tree.rows[index]?.checkpoint.checkpoint_id ?? index,
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= tree.rows.length - 30) more();
  }, [more, last, tree.rows.length]);
  const place = tree.rows.findIndex((row) => row.checkpoint.checkpoint_id === at);
  useEffect(() => {
    if (place >= 0) virtualizer.scrollToIndex(place);
  }, [place, virtualizer]);
  return (
    <div className="history-list" ref={box}>
      <div role="listbox" aria-label="Steps" style={{ height: virtualizer.getTotalSize(), position: "relative" }}>
        {items.map((item) => {
          const row = tree.rows[item.index];
          if (!row) return null;
          const id = row.checkpoint.checkpoint_id;
          return (
            <div key={item.key} className="history-placed" style={{ transform: `translateY(${item.start}px)`, height: ROW_HEIGHT }}>
              <StepRow threadId={threadId} busy={busy} row={row} lanes={tree.lanes} selected={id === at} now={newest && item.index === 0} onChoose={() => onChoose(item.index === 0 ? null : id)} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface RowProps {
  threadId: string | null;
  /** While a run goes on, nothing is asked for beside it. */
  busy: boolean;
  row: TreeRow;
  lanes: number;
  selected: boolean;
  now: boolean;
  onChoose: () => void;
}

function StepRow({ threadId, busy, row, lanes, selected, now, onChoose }: RowProps) {
  const { checkpoint } = row;
  const summary = useStepSummary(threadId, checkpoint, !busy);
  const [today] = useState(() => new Date());
  return (
    <button type="button" role="option" aria-selected={selected} className="history-row" data-checkpoint={checkpoint.checkpoint_id} onClick={onChoose}>
      <HistoryLanes row={row} lanes={lanes} height={ROW_HEIGHT} />
      <span className="history-step">{checkpoint.step}</span>
      <span className="history-name" title={checkpoint.nodes.length > 1 ? checkpoint.nodes.join(", ") : undefined}>
        {checkpointName(checkpoint)}
        <small>{noteOf(row, now, summary)}</small>
      </span>
      <span className="history-side">
        {bytes(checkpoint.bytes)}
        {checkpoint.created_at !== null && <small>{shortTime(checkpoint.created_at, today)}</small>}
      </span>
    </button>
  );
}

function noteOf(row: TreeRow, now: boolean, summary: string | null): string {
  const notes: string[] = summary === null ? [] : [summary || "changed nothing"];
  if (row.children.length > 1) notes.push(`forked here, ${row.children.length} branches`);
  if (now) notes.push("newest");
  else if (row.tip) notes.push("end of a branch");
  return notes.join(" · ");
}

function refTo(checkpoint: CheckpointSummary): CheckpointRef {
  return { checkpoint_id: checkpoint.checkpoint_id, checkpoint_ns: checkpoint.ns };
}

function StepDetail({ threadId, row, onRerun, onForked, busy }: Props & { threadId: string; row: TreeRow }) {
  const { checkpoint } = row;
  const [forking, setForking] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const own = useStateAt(threadId, checkpoint.checkpoint_id, checkpoint.ns);
  const before = useStateAt(threadId, checkpoint.parent_id, checkpoint.ns);
  const ready = own.data !== undefined && (checkpoint.parent_id === null || before.data !== undefined || before.isError);
  const changes = useMemo(() => (ready ? diffStates(before.data?.values ?? {}, own.data?.values ?? {}) : null), [ready, before.data, own.data]);
  const rerun = async (): Promise<void> => {
    setFailure(null);
    try {
      await onRerun(refTo(checkpoint));
    } catch (error) {
      setFailure(failureOf(error));
    }
  };
  return (
    <div className="history-detail">
      <Bar
        title={`Step ${checkpoint.step}`}
        actions={
          <>
            <Button disabled={busy || !own.data} onClick={() => setForking(true)}>
              Edit &amp; fork
            </Button>
            <Button disabled={busy} aria-label="Re-run from here" onClick={() => void rerun()}>
              <span>
                Re-run<span className="history-wide"> from here</span>
              </span>
            </Button>
          </>
        }
      />
      <RequestProblem caught={failure} what="It was not run again" onClose={() => setFailure(null)} />
      <RequestProblem caught={own.error} what="The state could not be read" onAgain={() => void own.refetch()} />
      {changes && <DiffView changes={changes} />}
      {forking && own.data && (
        <ForkDialog
          threadId={threadId}
          from={refTo(checkpoint)}
          state={own.data}
          nodes={checkpoint.nodes}
          onClose={() => setForking(false)}
          onForked={(to, run) => {
            setForking(false);
            onForked(to, run);
          }}
        />
      )}
    </div>
  );
}
