// All threads of the project, and how one of them is found.

import type { ThreadStatus } from "@langchain/langgraph-sdk";
import { useDeferredValue, useMemo, useState } from "react";
import { Link } from "wouter";
import type { ThreadFilter } from "../api/use-threads.ts";
import { parseThreadSearch } from "../model/thread-search.ts";
import { Empty } from "../parts/empty.tsx";
import { Bar, Pane } from "../parts/pane.tsx";
import { RequestProblem } from "../parts/request-problem.tsx";
import { Seg } from "../parts/seg.tsx";
import { ImportThread } from "./thread/import-thread.tsx";
import { ThreadTable } from "./threads/thread-table.tsx";
import { useFoundThreads } from "./threads/use-found-threads.ts";
import "./threads.css";

type StatusChoice = "all" | ThreadStatus;
const STATUSES: readonly { value: StatusChoice; label: string }[] = [
  { value: "all", label: "All" },
  { value: "idle", label: "Idle" },
  { value: "busy", label: "Busy" },
  { value: "interrupted", label: "Interrupted" },
  { value: "error", label: "Error" },
];
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
  const { rows, note, more, busy, pending, problem, again } = useFoundThreads(filter, search.words);
  return (
    <Pane label="Threads" className="threads">
      <Bar title="Threads" note={note}>
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
      <RequestProblem caught={problem} what="The threads could not be listed" onAgain={again} />
      {rows.length > 0 && <ThreadTable rows={rows} words={search.words} more={more} busy={busy} />}
      {rows.length === 0 && !pending && !problem && <NoThreads searched={text !== "" || status !== "all"} />}
    </Pane>
  );
}

function NoThreads({ searched }: { searched: boolean }) {
  if (searched) return <Empty title="No thread fits">Other words, another status, or metadata as key=value.</Empty>;
  return (
    <Empty title="No threads yet" action={<Link href="/">Open a graph</Link>}>
      A thread keeps the state of a conversation. Send something to a graph, here or from your own code, and it is listed.
    </Empty>
  );
}
