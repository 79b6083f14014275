// What a step printed and logged, beneath it.
import { useMemo } from "react";
import { useRunLines } from "../../api/use-run-lines.ts";
import type { Step } from "../../api/wire.ts";
import { clock } from "../../model/format.ts";
import { linesOfStep } from "../../model/step-lines.ts";
import { RequestProblem } from "../../parts/request-problem.tsx";
import "./step-lines.css";

interface Props {
  runId: string;
  step: Step;
  /** All steps of the run. */
  steps: readonly Step[];
}

/** The log of the run has all of them. */
const MOST = 200;

export function StepLines({ runId, step, steps }: Props) {
  const { data, error } = useRunLines(runId);
  const lines = useMemo(() => linesOfStep(data?.lines ?? [], step, steps), [data, step, steps]);
  if (error !== null) return <RequestProblem caught={error} what="What it printed could not be read" />;
  if (lines.length === 0) return null;
  const shown = lines.slice(-MOST);
  return (
    <section className="step-lines" aria-label={`Printed by ${step.node}`}>
      <h4>Printed</h4>
      {shown.length < lines.length && <p>{lines.length - shown.length} earlier lines are among the logs of the run</p>}
      <ol>
        {shown.map((line) => (
          <li key={line.id} className={`step-line step-line-${line.level}`}>
            <time dateTime={line.at}>{clock(line.at)}</time>
            <span>{line.message}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
