// When which node of the newest run executed, and for how long.

import { useMemo, useState } from "react";
import { Link } from "wouter";
import { useRunCalls } from "../../api/use-runs.ts";
import type { RunSummary, Step } from "../../api/wire.ts";
import { timelineOf } from "../../model/timeline.ts";
import { Empty } from "../../parts/empty.tsx";
import { useNow } from "../../parts/use-now.ts";
import { Waterfall } from "../../parts/waterfall.tsx";
import { paths } from "../../paths.ts";
import { BarDetails } from "../run/bar-details.tsx";
import type { ThreadPage } from "./use-thread-page.ts";

const NO_STEPS: readonly Step[] = [];

export function TimelineTab({ page }: { page: ThreadPage }) {
  if (page.run === null) return <Empty title="No run yet">When something runs on this thread, its steps are laid out here in time.</Empty>;
  return <RunTimeline key={page.run.run_id} page={page} run={page.run} />;
}

function RunTimeline({ page, run }: { page: ThreadPage; run: RunSummary }) {
  const [selected, setSelected] = useState<string | null>(null);
  const now = useNow(page.active !== null);
  const kept = useRunCalls(run.run_id).data?.calls;
  const progress = page.view.runs.find((one) => one.runId === run.run_id);
  const calls = useMemo(() => [...new Map([...(kept ?? []), ...(progress?.calls ?? [])].map((call) => [call.call_id, call])).values()], [kept, progress]);
  const steps = progress?.steps ?? NO_STEPS;
  const timeline = useMemo(() => timelineOf(run, steps, calls, now), [run, steps, calls, now]);
  const bar = timeline.bars.find((one) => one.id === selected) ?? null;
  return (
    <div className="timeline-tab">
      {timeline.bars.length === 0 ? <Empty title="No step of this run is known">It has not begun, or it ended before a node did.</Empty> : <Waterfall timeline={timeline} selected={selected} onSelect={(one) => setSelected(one.id)} />}
      {bar !== null && <BarDetails key={bar.id} bar={bar} runId={run.run_id} steps={steps} calls={calls} onClose={() => setSelected(null)} />}
      <p className="timeline-tab-more">
        <Link href={paths.run(run.run_id)}>Everything about this run</Link>
      </p>
    </div>
  );
}
