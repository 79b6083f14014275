// What is known of the bar that is selected: of a node its step and the calls that it made, of a call all of it.
import { X } from "lucide-react";
import type { Call, Step } from "../../api/wire.ts";
import { duration } from "../../model/format.ts";
import { nodePath } from "../../model/run-alignment.ts";
import type { Bar as TimelineBar } from "../../model/timeline.ts";
import { Button } from "../../parts/button.tsx";
import { CallCard } from "../../parts/call-card.tsx";
import { Bar } from "../../parts/pane.tsx";
import { StatusDot, toneOf } from "../../parts/status-dot.tsx";
import { StepLines } from "./step-lines.tsx";

interface Props {
  bar: TimelineBar;
  runId: string;
  /** All of the run. */
  steps: readonly Step[];
  calls: readonly Call[];
  onClose: () => void;
}

export function BarDetails({ bar, runId, steps, calls, onClose }: Props) {
  const own = bar.step === null ? [] : calls.filter((call) => call.task_id === bar.step?.task_id);
  return (
    <section className="bar-details" aria-label={bar.label}>
      <Bar
        title={bar.label}
        note={bar.kind}
        actions={
          <Button kind="quiet" icon aria-label="Close" onClick={onClose}>
            <X />
          </Button>
        }
      />
      <div className="run-scroll">
        <dl className="bar-facts">
          <dt>Status</dt>
          <dd>
            <StatusDot tone={toneOf(bar.status)} /> {bar.status}
          </dd>
          {bar.workFrom > bar.from && (
            <>
              <dt>Waited</dt>
              <dd>{duration(bar.workFrom - bar.from)}</dd>
            </>
          )}
          <dt>Began</dt>
          <dd>{duration(bar.workFrom)} after the run was asked for</dd>
          <dt>Took</dt>
          <dd>{duration(bar.to - bar.workFrom)}</dd>
          {bar.step !== null && <StepFacts step={bar.step} />}
        </dl>
        {bar.step !== null && <StepLines runId={runId} step={bar.step} steps={steps} />}
        {bar.call !== null && <CallCard call={bar.call} open />}
        {own.map((call) => (
          <CallCard key={call.call_id} call={call} open={own.length === 1} />
        ))}
      </div>
    </section>
  );
}

function StepFacts({ step }: { step: Step }) {
  return (
    <>
      <dt>Node</dt>
      <dd>
        <code>{nodePath(step)}</code>
      </dd>
      <dt>Step</dt>
      <dd>{step.step}</dd>
      <dt>Task</dt>
      <dd>
        <code>{step.task_id}</code>
      </dd>
      {step.attempt > 1 && (
        <>
          <dt>Attempt</dt>
          <dd>{step.attempt}</dd>
        </>
      )}
      {step.error !== null && (
        <>
          <dt>Error</dt>
          <dd className="bar-error">{step.error}</dd>
        </>
      )}
    </>
  );
}
