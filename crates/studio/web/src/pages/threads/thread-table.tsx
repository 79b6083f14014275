// The rows of the threads page: opened, picked, renamed, copied and deleted; only those in sight are drawn.

import { useVirtualizer } from "@tanstack/react-virtual";
import { Copy, Pencil, Trash2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { useThreadActions, type ThreadRow } from "../../api/use-threads.ts";
import { shortId } from "../../model/format.ts";
import { markedPieces } from "../../model/thread-search.ts";
import { Button } from "../../parts/button.tsx";
import { Moment } from "../../parts/moment.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { StatusDot, toneOf } from "../../parts/status-dot.tsx";
import { paths } from "../../paths.ts";
import { DeleteThreads, RenameThread } from "./thread-dialogs.tsx";

interface TableProps {
  rows: ThreadRow[];
  /** That were looked for. */
  words: string[];
  more: (() => void) | null;
  busy: boolean;
}

export function ThreadTable({ rows, words, more, busy }: TableProps) {
  const box = useRef<HTMLDivElement>(null);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [deleting, setDeleting] = useState<string[]>([]);
  const [renaming, setRenaming] = useState<ThreadRow | null>(null);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => 36,
    overscan: 12,
    getItemKey: (index) => rows[index]?.id ?? index,
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && !busy && last >= rows.length - 20) more();
  }, [more, busy, last, rows.length]);
  const chosen = rows.filter((row) => picked.has(row.id)).map((row) => row.id);
  const pick = (id: string): void => {
    const next = new Set(picked);
    if (!next.delete(id)) next.add(id);
    setPicked(next);
  };
  return (
    <>
      <div className="threads-head">
        <input
          type="checkbox"
          aria-label="Choose all that are listed"
          checked={chosen.length === rows.length}
          onChange={() => setPicked(chosen.length === rows.length ? new Set() : new Set(rows.map((row) => row.id)))}
        />
        {chosen.length > 0 ? (
          <>
            <span>{chosen.length} chosen</span>
            <Button kind="danger" onClick={() => setDeleting(chosen)}>
              Delete {chosen.length}…
            </Button>
          </>
        ) : (
          <>
            <span className="threads-name">Thread</span>
            <span className="threads-graph">Graph</span>
            <span>Status</span>
            <span className="threads-time">Changed</span>
            <span className="threads-room" />
          </>
        )}
      </div>
      <div className="threads-list" ref={box}>
        <div role="list" style={{ height: virtualizer.getTotalSize(), position: "relative" }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            return (
              <div key={item.key} role="listitem" className="threads-row" data-thread={row.id} style={{ transform: `translateY(${item.start}px)` }}>
                <ThreadLine
                  row={row}
                  words={words}
                  picked={picked.has(row.id)}
                  onPick={() => pick(row.id)}
                  onRename={() => setRenaming(row)}
                  onDelete={() => setDeleting([row.id])}
                />
              </div>
            );
          })}
        </div>
      </div>
      <DeleteThreads ids={deleting} onClose={() => setDeleting([])} />
      {renaming && <RenameThread row={renaming} onClose={() => setRenaming(null)} />}
    </>
  );
}

/** Its name, else what was said first, else all of its id. */
function ThreadTitle({ row }: { row: ThreadRow }) {
  const words = row.name ?? row.first;
  if (words === null) return <code className="threads-title threads-unnamed">{row.id}</code>;
  return (
    <>
      <span className={row.name === null ? "threads-title" : "threads-title threads-named"}>{words}</span>
      <code className="threads-id">{shortId(row.id)}</code>
    </>
  );
}

/** Where the words stand that were looked for. */
function Excerpt({ text, words }: { text: string; words: string[] }) {
  return (
    <span className="threads-excerpt">
      {markedPieces(text, words).map((piece, place) =>
        place % 2 === 1 ? (
          // Pieces are told apart by their places alone.
          // oxlint-disable-next-line react/no-array-index-key
          <mark key={place}>{piece}</mark>
        ) : (
          piece
        ),
      )}
    </span>
  );
}

interface LineProps {
  row: ThreadRow;
  words: string[];
  picked: boolean;
  onPick: () => void;
  onRename: () => void;
  onDelete: () => void;
}

function ThreadLine({ row, words, picked, onPick, onRename, onDelete }: LineProps) {
  const { copy } = useThreadActions();
  const [, go] = useLocation();
  const title = row.name ?? row.first ?? shortId(row.id);
  return (
    <>
      <input type="checkbox" aria-label={`Choose ${title}`} checked={picked} onChange={onPick} />
      <Link className="threads-name" href={paths.thread(row.id)} title={title}>
        <ThreadTitle row={row} />
        {row.excerpt !== null && row.excerpt !== row.first && <Excerpt text={row.excerpt} words={words} />}
      </Link>
      <span className="threads-graph">{row.graph ?? "–"}</span>
      <span className="threads-status">
        <StatusDot tone={toneOf(row.status)} />
        {row.status}
      </span>
      <span className="threads-time">
        <Moment at={row.updatedAt} />
      </span>
      <span className="threads-actions">
        <Button kind="quiet" icon aria-label={`Rename ${title}`} onClick={onRename}>
          <Pencil />
        </Button>
        <Button
          kind="quiet"
          icon
          aria-label={`Copy ${title}`}
          disabled={copy.isPending}
          onClick={() =>
            copy.mutate(row.id, {
              onSuccess: (made) => {
                const id: unknown = made && typeof made === "object" ? Reflect.get(made, "thread_id") : null;
                if (typeof id === "string") go(paths.thread(id));
              },
            })
          }
        >
          <Copy />
        </Button>
        <Button kind="quiet" icon aria-label={`Delete ${title}`} onClick={onDelete}>
          <Trash2 />
        </Button>
      </span>
      <RequestProblem caught={copy.error} what="The thread was not copied" />
    </>
  );
}
