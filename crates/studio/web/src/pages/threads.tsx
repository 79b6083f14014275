// All threads of the project: found, opened, renamed, copied and deleted.

import type { ThreadStatus } from "@langchain/langgraph-sdk";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Copy, Pencil, Trash2 } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { failureOf } from "../api/failure.ts";
import { useThreadActions, useThreadCount, useThreads, type ThreadFilter, type ThreadRow } from "../api/use-threads.ts";
import { shortId } from "../model/format.ts";
import { hasWords, parseThreadSearch } from "../model/thread-search.ts";
import { Button } from "../parts/button.tsx";
import { Confirm, Dialog } from "../parts/dialog.tsx";
import { Empty } from "../parts/empty.tsx";
import { ImportThread } from "./thread/import-thread.tsx";
import { Moment } from "../parts/moment.tsx";
import { Bar, Pane } from "../parts/pane.tsx";
import { RequestProblem } from "../parts/request-problem.tsx";
import { Seg } from "../parts/seg.tsx";
import { StatusDot, toneOf } from "../parts/status-dot.tsx";
import { paths } from "../paths.ts";
import "./threads.css";

type StatusChoice = "all" | ThreadStatus;
const STATUSES: readonly { value: StatusChoice; label: string }[] = [
  { value: "all", label: "All" },
  { value: "idle", label: "Idle" },
  { value: "busy", label: "Busy" },
  { value: "interrupted", label: "Interrupted" },
  { value: "error", label: "Error" },
];
/** Words are looked for in so many threads, the ones that changed last. */
const MOST_SEARCHED = 1000;

export function ThreadsPage() {
  const [status, setStatus] = useState<StatusChoice>("all");
  const [text, setText] = useState("");
  const typed = useDeferredValue(text);
  const search = useMemo(() => parseThreadSearch(typed), [typed]);
  const filter: ThreadFilter = {
    status: status === "all" ? null : status,
    metadata: search.metadata,
    ids: search.ids,
  };
  const threads = useThreads(filter);
  const count = useThreadCount(filter);
  const all = useMemo(() => threads.data?.pages.flat() ?? [], [threads.data]);
  const rows = useMemo(
    () => all.filter((row) => hasWords([row.id, row.name, row.first, JSON.stringify(row.metadata)].join(" "), search.words)),
    [all, search.words],
  );
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = threads;
  const searching = search.words.length > 0 && hasNextPage && all.length < MOST_SEARCHED;
  useEffect(() => {
    if (searching && !isFetchingNextPage) void fetchNextPage();
  }, [searching, isFetchingNextPage, fetchNextPage]);
  const total = search.ids.length > 0 ? all.length : count.data;
  const problem = threads.error ?? count.error;
  return (
    <Pane label="Threads" className="threads">
      <Bar title="Threads" note={noteOf(total, rows.length, search.words.length > 0, all.length)}>
        <Seg label="Status" options={STATUSES} value={status} onChange={setStatus} />
        <input
          type="search"
          className="threads-search"
          aria-label="Search threads"
          placeholder="Words, an id, or metadata: user=ada graph:chat"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <ImportThread />
      </Bar>
      {problem ? <RequestProblem failure={failureOf(problem)} onAgain={() => void threads.refetch()} /> : null}
      {rows.length > 0 && (
        <ThreadTable rows={rows} more={hasNextPage ? () => void fetchNextPage() : null} busy={isFetchingNextPage} />
      )}
      {rows.length === 0 && !threads.isPending && !problem && <NoThreads searched={text !== "" || status !== "all"} />}
    </Pane>
  );
}

function noteOf(total: number | undefined, shown: number, words: boolean, looked: number): string {
  if (total === undefined) return "";
  const whole = `${total.toLocaleString("en")} ${total === 1 ? "thread" : "threads"}`;
  if (!words) return whole;
  return looked < total ? `${shown} of the newest ${looked.toLocaleString("en")}` : `${shown} of ${whole}`;
}

function NoThreads({ searched }: { searched: boolean }) {
  if (searched) return <Empty title="No thread fits">Other words, another status, or metadata as key=value.</Empty>;
  return (
    <Empty title="No threads yet" action={<Link href="/">Open a graph</Link>}>
      A thread keeps the state of a conversation. Send something to a graph, here or from your own code, and it is listed.
    </Empty>
  );
}

interface TableProps {
  rows: ThreadRow[];
  more: (() => void) | null;
  busy: boolean;
}

function ThreadTable({ rows, more, busy }: TableProps) {
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
            <span>Graph</span>
            <span>Status</span>
            <span className="threads-time">Changed</span>
            <span />
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

function titleClass(row: ThreadRow): string {
  if (row.name !== null) return "threads-title threads-named";
  return row.first === null ? "threads-title threads-unnamed" : "threads-title";
}

interface LineProps {
  row: ThreadRow;
  picked: boolean;
  onPick: () => void;
  onRename: () => void;
  onDelete: () => void;
}

function ThreadLine({ row, picked, onPick, onRename, onDelete }: LineProps) {
  const { copy } = useThreadActions();
  const [, go] = useLocation();
  const title = row.name ?? row.first ?? shortId(row.id);
  return (
    <>
      <input type="checkbox" aria-label={`Choose ${title}`} checked={picked} onChange={onPick} />
      <Link className="threads-name" href={paths.thread(row.id)} title={title}>
        <span className={titleClass(row)}>{row.name ?? row.first ?? "no messages, no name"}</span>
        <code className="threads-id">{shortId(row.id)}</code>
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
      {copy.error && <RequestProblem failure={failureOf(copy.error)} />}
    </>
  );
}

/** Asks, and deletes threads with everything that belongs to them. */
export function DeleteThreads({ ids, onClose, onDone }: { ids: string[]; onClose: () => void; onDone?: () => void }) {
  const { remove } = useThreadActions();
  const what = ids.length === 1 ? "this thread" : `${ids.length} threads`;
  return (
    <Confirm
      open={ids.length > 0}
      title={`Delete ${what}?`}
      action={`Delete ${what}`}
      busy={remove.isPending}
      onClose={() => {
        remove.reset();
        onClose();
      }}
      onConfirm={() =>
        remove.mutate(ids, {
          onSuccess: () => {
            onClose();
            onDone?.();
          },
        })
      }
    >
      <p>Their state, history and runs go too. Runs that still execute are stopped. This cannot be taken back.</p>
      {remove.error && <RequestProblem failure={failureOf(remove.error)} />}
    </Confirm>
  );
}

export function RenameThread({ row, onClose }: { row: Pick<ThreadRow, "id" | "name">; onClose: () => void }) {
  const { rename } = useThreadActions();
  const [name, setName] = useState(row.name ?? "");
  const save = (): void => rename.mutate({ id: row.id, name: name.trim() }, { onSuccess: onClose });
  return (
    <Dialog
      open
      onClose={onClose}
      title="Name of the thread"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" disabled={rename.isPending} onClick={save}>
            Save
          </Button>
        </>
      }
    >
      <form
        className="threads-rename"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <label>
          Name
          <input value={name} onChange={(event) => setName(event.currentTarget.value)} placeholder={shortId(row.id)} />
        </label>
        <p className="threads-hint">Kept in the thread's metadata as “name”.</p>
      </form>
      {rename.error && <RequestProblem failure={failureOf(rename.error)} />}
    </Dialog>
  );
}
