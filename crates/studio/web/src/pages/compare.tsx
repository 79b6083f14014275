// Two runs side by side: their steps aligned, the first that differs marked, the keys of the state that differ, times and tokens.
import { ArrowLeftRight } from "lucide-react";
import { useMemo, useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import { useLiveRun } from "../api/use-live-run.ts";
import { useRunStates } from "../api/use-run-states.ts";
import type { Call, RunRecord } from "../api/wire.ts";
import { alignRuns, comparedSteps, firstDifference } from "../model/run-alignment.ts";
import { plural } from "../model/format.ts";
import { isOver } from "../model/run-queue.ts";
import { Button } from "../parts/button.tsx";
import { Empty } from "../parts/empty.tsx";
import { RequestProblem } from "../parts/request-problem.tsx";
import { Bar, Pane } from "../parts/pane.tsx";
import { paths } from "../paths.ts";
import { AlignedSteps } from "./compare/aligned-steps.tsx";
import { ComparedRuns } from "./compare/compared-runs.tsx";
import { FinalStates } from "./compare/final-states.tsx";
import "./compare.css";

export function ComparePage() {
  const [search] = useSearchParams();
  const [left, right] = [search.get("left"), search.get("right")];
  if (!left || !right) {
    return (
      <Empty title="Compare two runs" action={<Link href={paths.runs()}>To the runs</Link>}>
        Pick two on the runs page and press Compare, or run one again: both are shown side by side then.
      </Empty>
    );
  }
  return <Comparison key={`${left} ${right}`} left={left} right={right} />;
}

function Comparison({ left, right }: { left: string; right: string }) {
  const [one, other] = [useSide(left), useSide(right)];
  const [, go] = useLocation();
  const failure = one.error ?? other.error;
  if (failure !== null) {
    return (
      <div className="compare-failure">
        <RequestProblem caught={failure} what="The runs could not be read" />
      </div>
    );
  }
  if (one.run === undefined || other.run === undefined) return null;
  return (
    <Pane label="Compare">
      <Bar
        title="Compare"
        note={one.run.graph_id === other.run.graph_id ? one.run.graph_id : `${one.run.graph_id} and ${other.run.graph_id}`}
        actions={
          <Button kind="quiet" onClick={() => go(paths.compare(right, left))}>
            <ArrowLeftRight /> Swap
          </Button>
        }
      />
      <ComparedRuns left={{ run: one.run, calls: one.calls }} right={{ run: other.run, calls: other.calls }} />
      <Steps left={{ ...one, run: one.run }} right={{ ...other, run: other.run }} />
    </Pane>
  );
}

interface Side {
  run: RunRecord | undefined;
  calls: Call[];
  states: ReturnType<typeof useRunStates>["data"];
  error: unknown;
}

function useSide(runId: string): Side {
  const { run, calls } = useLiveRun(runId);
  const states = useRunStates(run.data);
  return { run: run.data, calls: calls.data?.calls ?? [], states: states.data, error: run.error ?? states.error };
}

type KnownSide = Side & { run: RunRecord };

function Steps({ left, right }: { left: KnownSide; right: KnownSide }) {
  const [open, setOpen] = useState<number | null>(null);
  const steps = useMemo(
    () =>
      alignRuns(comparedSteps(left.run.steps, left.states ?? []), comparedSteps(right.run.steps, right.states ?? []), {
        left: !isOver(left.run),
        right: !isOver(right.run),
      }),
    [left, right],
  );
  const first = firstDifference(steps);
  return (
    <div className="compare-scroll">
      <p className="compare-verdict" role="status">
        {first >= 0
          ? `The first step that differs is ${steps[first]?.path}, ${first + 1} of ${steps.length}`
          : steps.some((step) => step.awaited)
            ? "No step differs so far; one of the runs goes on"
            : `${plural(steps.length, "step")}, none differs`}
      </p>
      <AlignedSteps steps={steps} first={first} open={open} onOpen={setOpen} />
      {isOver(left.run) && isOver(right.run) && <FinalStates left={left.states ?? []} right={right.states ?? []} />}
    </div>
  );
}
