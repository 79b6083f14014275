// What the table says of a run.
import { Link } from "wouter";
import type { RunSummary } from "../../api/wire.ts";
import { shortId } from "../../model/format.ts";
import { waitingOf } from "../../model/run-queue.ts";
import { Elapsed } from "../../parts/elapsed.tsx";
import { Moment } from "../../parts/moment.tsx";
import { RunStatusWord } from "../../parts/run-status.tsx";
import type { Column } from "../../parts/table.tsx";
import { paths } from "../../paths.ts";

/** `known`: the runs that are listed, among which is what others wait for. */
export function runColumns(known: readonly RunSummary[]): Column<RunSummary>[] {
  return [
    { key: "status", head: "Status", width: "100px", cell: (run) => <RunStatusWord status={run.status} /> },
    {
      key: "run",
      head: "Run",
      width: "90px",
      cell: (run) => (
        <Link href={paths.run(run.run_id)} title={run.run_id} tabIndex={-1}>
          <code>{shortId(run.run_id)}</code>
        </Link>
      ),
    },
    { key: "graph", head: "Graph", width: "minmax(80px, 1fr)", cell: (run) => <b>{run.graph_id}</b> },
    {
      key: "thread",
      head: "Thread",
      width: "90px",
      from: 720,
      cell: (run) => (
        <Link href={paths.thread(run.thread_id)} title={run.thread_id} tabIndex={-1}>
          <code>{shortId(run.thread_id)}</code>
        </Link>
      ),
    },
    { key: "queue", head: "Queue", width: "minmax(0, 1.6fr)", from: 980, cell: (run) => <Queue run={run} known={known} /> },
    { key: "created", head: "Asked for", width: "100px", end: true, from: 520, cell: (run) => <Moment at={run.created_at} /> },
    { key: "wait", head: "Waited", width: "96px", end: true, from: 880, cell: (run) => <Elapsed from={run.created_at} to={run.started_at ?? run.ended_at} /> },
    { key: "took", head: "Took", width: "96px", end: true, cell: (run) => <Elapsed from={run.started_at} to={run.ended_at} /> },
    { key: "attempt", head: "Attempt", width: "56px", end: true, from: 1080, cell: (run) => (run.attempt > 1 ? <b>{run.attempt}</b> : run.attempt || "–") },
    { key: "generation", head: "Generation", width: "72px", end: true, from: 1080, cell: (run) => <Generation run={run} /> },
  ];
}

function Generation({ run }: { run: RunSummary }) {
  if (run.generation === null) return "–";
  return run.before_restart ? (
    <span className="run-before" title="Before the server was started: it counts generations anew">
      {run.generation}
    </span>
  ) : (
    run.generation
  );
}

function Queue({ run, known }: { run: RunSummary; known: readonly RunSummary[] }) {
  const waiting = waitingOf(run, known);
  if (waiting === null) return null;
  const { position, strategy, behind } = waiting;
  return (
    <span className="run-waits">
      {position === 1 ? "next" : `${position}. in line`} · {strategy} ·{" "}
      {behind === null ? (
        "waits for a slot"
      ) : (
        <>
          behind{" "}
          <Link href={paths.run(behind)} tabIndex={-1}>
            <code>{shortId(behind)}</code>
          </Link>
        </>
      )}
    </span>
  );
}
