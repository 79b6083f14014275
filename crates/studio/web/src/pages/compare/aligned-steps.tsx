// The steps of two runs, those that answer to each other in one row; a row opens into what its states differ in.
import type { AlignedStep, ComparedStep } from "../../model/run-alignment.ts";
import { diffStates } from "../../model/state-diff.ts";
import { DiffView } from "../../parts/diff-view.tsx";
import { Elapsed } from "../../parts/elapsed.tsx";
import { StatusDot, toneOf } from "../../parts/status-dot.tsx";

interface Props {
  steps: AlignedStep[];
  /** The place of the first that differs, or -1. */
  first: number;
  open: number | null;
  onOpen: (place: number | null) => void;
}

export function AlignedSteps({ steps, first, open, onOpen }: Props) {
  return (
    <ol className="compare-steps" aria-label="Steps">
      {steps.map((step, place) => (
        // oxlint-disable-next-line react/no-array-index-key -- a step is what stands at its place
        <li key={place} className="compare-step" data-node={step.path} data-first={place === first} data-differs={step.differs.join(" ")}>
          <button type="button" aria-expanded={open === place} onClick={() => onOpen(open === place ? null : place)}>
            <StepSide of={step.left} />
            <span className="compare-between">
              <Between step={step} isFirst={place === first} />
            </span>
            <StepSide of={step.right} />
          </button>
          {open === place && <StepBody step={step} />}
        </li>
      ))}
    </ol>
  );
}

function StepSide({ of }: { of: ComparedStep | null }) {
  if (of === null) return <span className="compare-side compare-missing">–</span>;
  const { step } = of;
  return (
    <span className="compare-side">
      <StatusDot tone={toneOf(step.status)} />
      <b>{step.node}</b>
      <span>
        <Elapsed from={step.started_at} to={step.ended_at} />
      </span>
    </span>
  );
}

function Between({ step, isFirst }: { step: AlignedStep; isFirst: boolean }) {
  if (step.awaited) return "not yet";
  if (step.differs.length === 0) return "=";
  const words = step.differs.map((one) => (one === "missing" ? (step.left === null ? "only right" : "only left") : one === "state" ? step.keys.join(", ") : one)).join(" · ");
  return (
    <span className="compare-differs">
      {isFirst && <b>first difference: </b>}
      {words}
    </span>
  );
}

function StepBody({ step }: { step: AlignedStep }) {
  const { left, right } = step;
  return (
    <div className="compare-body">
      {(left?.step.error ?? right?.step.error) != null && (
        <div className="compare-errors">
          <span>{left?.step.error}</span>
          <span>{right?.step.error}</span>
        </div>
      )}
      {left === null || right === null ? (
        <p>Only one of the runs has this step.</p>
      ) : left.values === null || right.values === null ? (
        <p>No checkpoint tells the state after this step: it lies in a subgraph, or the run kept only its last state.</p>
      ) : (
        <DiffView changes={diffStates(left.values, right.values).filter((change) => step.keys.includes(change.key))} />
      )}
    </div>
  );
}
