// Everything that waits for somebody, over all threads and live: answered here, or where its thread is.
import type { Thread } from "@langchain/langgraph-sdk";
import { useLocation, useSearchParams } from "wouter";
import { useWaiting } from "../api/use-waiting.ts";
import { Empty } from "../parts/empty.tsx";
import { RequestProblem } from "../parts/request-problem.tsx";
import { MasterDetail } from "../parts/master-detail.tsx";
import { Bar } from "../parts/pane.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { waitingLine } from "../model/waiting-line.ts";
import { Moment } from "../parts/moment.tsx";
import { useMedia } from "../parts/use-media.ts";
import { paths } from "../paths.ts";
import { WaitingThread } from "./inbox/waiting-thread.tsx";
import "./inbox.css";

const COLUMNS: Column<Thread>[] = [
  {
    key: "thread",
    head: "The longest wait first",
    width: "minmax(0, 1fr)",
    cell: (thread) => (
      <span className="inbox-row">
        <b>{waitingLine(thread)}</b>
        <small>
          {graphOf(thread)} · <Moment at={thread.state_updated_at ?? thread.updated_at} />
        </small>
      </span>
    ),
  },
];

function graphOf(thread: Thread): string {
  const graph: unknown = thread.metadata?.["graph_id"];
  return typeof graph === "string" ? graph : "no graph";
}

function keyOf(thread: Thread): string {
  return thread.thread_id;
}

export function InboxPage() {
  const [search] = useSearchParams();
  const [, go] = useLocation();
  const { data: threads, error } = useWaiting();
  const wide = useMedia("(min-width: 901px)");
  const asked = search.get("thread");
  // Where there is room beside the list, the longest wait is open: one answer leads to the next.
  const shown = threads?.find((thread) => thread.thread_id === asked) ?? (wide ? threads?.[0] : null) ?? null;
  if (threads?.length === 0 && shown === null) {
    return <Empty title="Nothing waits for you">When a node calls interrupt(), or a run stops at a breakpoint, its thread shows here at once, whoever started it.</Empty>;
  }
  return (
    <MasterDetail
      back={{ to: paths.inbox(), name: "Inbox" }}
      list={
        <>
          <Bar title="Waiting for you" note={threads?.length} />
          <RequestProblem caught={error} what="The threads could not be listed" />
          <Table
            label="Threads that wait"
            rows={threads ?? []}
            columns={COLUMNS}
            rowKey={keyOf}
            rowData={(thread) => ({ "data-thread": thread.thread_id })}
            rowHeight={52}
            selected={shown?.thread_id ?? null}
            onOpen={(thread) => go(`${paths.inbox()}?thread=${thread.thread_id}`)}
          />
        </>
      }
      detail={shown === null ? null : <WaitingThread key={shown.thread_id} thread={shown} />}
      empty={<Empty title="Choose what to answer">The one that waits longest is on top. What you answer goes to the node that asked, and its run goes on.</Empty>}
    />
  );
}
