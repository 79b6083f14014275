// The steps of a thread, newest first, with their branches: only those in sight are drawn, and arrow keys go from one to the next.

import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type RefObject } from "react";
import { useStepSummary } from "../../api/use-state-at.ts";
import { checkpointName, type CheckpointTree, type TreeRow } from "../../model/checkpoint-tree.ts";
import { bytes, shortTime } from "../../model/format.ts";
import { HistoryLanes } from "./history-lanes.tsx";

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

export function StepList({ threadId, busy, tree, at, newest, more, onChoose }: ListProps) {
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
  const choose = (index: number): void => onChoose(index === 0 ? null : (tree.rows[index]?.checkpoint.checkpoint_id ?? null));
  const walk = useWalk(box, tree.rows.length, choose);
  // The chosen step, or if it is out of sight the first that is not, so that Tab comes to the list and from there to what follows it.
  const reachable = items.some((item) => item.index === place) ? place : items[0]?.index;
  return (
    <div className="history-list" ref={box}>
      <div role="listbox" aria-label="Steps" style={{ height: virtualizer.getTotalSize(), position: "relative" }}>
        {items.map((item) => {
          const row = tree.rows[item.index];
          if (!row) return null;
          const id = row.checkpoint.checkpoint_id;
          return (
            <div key={item.key} className="history-placed" style={{ transform: `translateY(${item.start}px)`, height: ROW_HEIGHT }}>
              <StepRow
                threadId={threadId}
                busy={busy}
                row={row}
                place={item.index}
                reachable={item.index === reachable}
                lanes={tree.lanes}
                selected={id === at}
                now={newest && item.index === 0}
                onChoose={() => choose(item.index)}
                onKeyDown={(event) => walk(event, item.index)}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** How far a key goes in the list; the step that it comes to is chosen, and has the focus as soon as it is drawn. */
function useWalk(box: RefObject<HTMLDivElement | null>, count: number, choose: (index: number) => void): (event: KeyboardEvent, from: number) => void {
  const wanted = useRef<number | null>(null);
  useLayoutEffect(() => {
    const row = wanted.current === null ? null : box.current?.querySelector<HTMLElement>(`[data-place="${wanted.current}"]`);
    if (!row) return;
    wanted.current = null;
    row.focus({ preventScroll: true });
  });
  return (event, from) => {
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / ROW_HEIGHT) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -count, End: count }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(count - 1, from + step));
    wanted.current = next;
    choose(next);
  };
}

interface RowProps {
  threadId: string | null;
  /** While a run goes on, nothing is asked for beside it. */
  busy: boolean;
  row: TreeRow;
  place: number;
  /** By Tab; from there arrow keys go on. */
  reachable: boolean;
  lanes: number;
  selected: boolean;
  now: boolean;
  onChoose: () => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

function StepRow({ threadId, busy, row, place, reachable, lanes, selected, now, onChoose, onKeyDown }: RowProps) {
  const { checkpoint } = row;
  const summary = useStepSummary(threadId, checkpoint, !busy);
  const [today] = useState(() => new Date());
  return (
    <button
      type="button"
      role="option"
      aria-selected={selected}
      tabIndex={reachable ? 0 : -1}
      className="history-row"
      data-checkpoint={checkpoint.checkpoint_id}
      data-place={place}
      onClick={onChoose}
      onKeyDown={onKeyDown}
    >
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
