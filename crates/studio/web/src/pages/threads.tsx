// All threads of the project, and how one of them is found.

import type { ThreadStatus } from "@langchain/langgraph-sdk";
import { useDeferredValue, useEffect, useMemo, useState } from "react";
import { Link } from "wouter";
import { useThreadCount, useThreads, type ThreadFilter } from "../api/use-threads.ts";
import { hasWords, parseThreadSearch } from "../model/thread-search.ts";
import { Empty } from "../parts/empty.tsx";
import { Bar, Pane } from "../parts/pane.tsx";
import { RequestProblem } from "../parts/request-problem.tsx";
import { Seg } from "../parts/seg.tsx";
import { ImportThread } from "./thread/import-thread.tsx";
import { ThreadTable } from "./threads/thread-table.tsx";
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
          placeholder="Words, an id, or user=ada graph:chat"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <ImportThread />
      </Bar>
      <RequestProblem caught={problem} what="The threads could not be listed" onAgain={() => void threads.refetch()} />
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
