// One run: what it executed as a waterfall with its calls, its logs, its error, and what it was asked for with.
import { useMemo, useState } from "react";
import { Link, useParams, useSearchParams } from "wouter";
import { useLiveRun } from "../api/use-live-run.ts";
import type { RunCalls, RunRecord } from "../api/wire.ts";
import { unrecorded } from "../model/recording.ts";
import { isOver } from "../model/run-queue.ts";
import { timelineOf } from "../model/timeline.ts";
import { Empty } from "../parts/empty.tsx";
import { ErrorCard } from "../parts/error-card.tsx";
import { RequestProblem } from "../parts/request-problem.tsx";
import { Pane } from "../parts/pane.tsx";
import { Seg } from "../parts/seg.tsx";
import { useNow } from "../parts/use-now.ts";
import { Waterfall } from "../parts/waterfall.tsx";
import { paths } from "../paths.ts";
import { useProject } from "../studio.tsx";
import { BarDetails } from "./run/bar-details.tsx";
import { CallList } from "./run/call-list.tsx";
import { RequestView } from "./run/request-view.tsx";
import { RunHead } from "./run/run-head.tsx";
import { RunLogs } from "./run/run-logs.tsx";
import { StepTable } from "./run/step-table.tsx";
import "./run.css";

const VIEWS = [
  { value: "waterfall", label: "Waterfall" },
  { value: "steps", label: "Steps" },
  { value: "calls", label: "Calls" },
  { value: "logs", label: "Logs" },
  { value: "request", label: "Request" },
] as const;

type View = (typeof VIEWS)[number]["value"];

const NO_CALLS: RunCalls = { calls: [], dropped: 0 };

export function RunPage() {
  const { id = "" } = useParams<{ id: string }>();
  const { run, calls } = useLiveRun(id);
  if (run.error !== null) {
    return (
      <div className="run-failure">
        <RequestProblem caught={run.error} what="The run could not be read" />
        <p>A run is gone when it, its thread or its cron was deleted. Of runs without a thread the newest thousand are kept.</p>
        <Link href={paths.runs()}>All runs</Link>
      </div>
    );
  }
  if (run.data === undefined) return null;
  return <LoadedRun key={id} run={run.data} calls={calls.data ?? NO_CALLS} callsError={calls.error} />;
}

interface LoadedProps {
  run: RunRecord;
  calls: RunCalls;
  callsError: unknown;
}

function LoadedRun({ run, calls, callsError }: LoadedProps) {
  const missing = unrecorded(useProject());
  const [search, setSearch] = useSearchParams();
  const asked = search.get("view");
  const view: View = VIEWS.find((one) => one.value === asked)?.value ?? "waterfall";
  const labels = VIEWS.map(({ value, label }) => ({ value, label: value === "calls" && calls.calls.length > 0 ? `Calls ${calls.calls.length}` : label }));
  return (
    <Pane label={`Run ${run.run_id}`}>
      <RunHead run={run} calls={calls.calls} />
      {run.error !== null && (
        <div className="run-error">
          <ErrorCard diagnostic={run.error} />
        </div>
      )}
      <div className="run-views">
        <Seg<View> label="What of the run is shown" options={labels} value={view} onChange={(value) => setSearch({ view: value }, { replace: true })} />
        {run.steps_dropped > 0 && <span className="run-note">{run.steps_dropped} further steps are not kept</span>}
        {calls.dropped > 0 && <span className="run-note">{calls.dropped} further calls are not kept</span>}
        {missing.steps !== null && <span className="run-note">{missing.steps}</span>}
        {missing.calls !== null && <span className="run-note">{missing.calls}</span>}
      </div>
      <RequestProblem caught={callsError} what="The calls could not be read" />
      {view === "waterfall" && <WaterfallView run={run} calls={calls} />}
      {view === "steps" && <StepTable run={run} />}
      {view === "calls" && <CallList calls={calls.calls} unrecorded={missing.calls} />}
      {view === "logs" && <RunLogs runId={run.run_id} />}
      {view === "request" && <RequestView run={run} />}
    </Pane>
  );
}

function WaterfallView({ run, calls }: { run: RunRecord; calls: RunCalls }) {
  const now = useNow(!isOver(run));
  const [selected, setSelected] = useState<string | null>(null);
  const timeline = useMemo(() => timelineOf(run, run.steps, calls.calls, now), [run, calls, now]);
  const bar = timeline.bars.find((one) => one.id === selected) ?? null;
  if (run.steps.length === 0 && isOver(run)) {
    return <Empty title="No step of this run is known">{run.started_at === null ? "It was over before it began." : "It ended before a node began, or ran before steps were recorded."}</Empty>;
  }
  return (
    <div className={bar === null ? "run-waterfall" : "run-waterfall run-waterfall-open"}>
      <Waterfall timeline={timeline} selected={selected} onSelect={(one) => setSelected(one.id)} />
      {bar !== null && <BarDetails key={bar.id} bar={bar} runId={run.run_id} steps={run.steps} calls={calls.calls} onClose={() => setSelected(null)} />}
    </div>
  );
}
