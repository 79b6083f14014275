// The steps of a run as a table.
import type { RunRecord, Step } from "../../api/wire.ts";
import { clock } from "../../model/format.ts";
import { nodePath } from "../../model/run-alignment.ts";
import { stepKey } from "../../model/timeline.ts";
import { Elapsed } from "../../parts/elapsed.tsx";
import { Empty } from "../../parts/empty.tsx";
import { StatusDot, toneOf } from "../../parts/status-dot.tsx";
import { type Column, Table } from "../../parts/table.tsx";

const COLUMNS: Column<Step>[] = [
  { key: "step", head: "Step", width: "40px", end: true, cell: (step) => step.step },
  { key: "node", head: "Node", width: "minmax(120px, 2fr)", cell: (step) => <b>{nodePath(step)}</b> },
  {
    key: "status",
    head: "Status",
    width: "100px",
    cell: (step) => (
      <>
        <StatusDot tone={toneOf(step.status)} /> {step.status}
      </>
    ),
  },
  { key: "error", head: "Error", width: "minmax(0, 3fr)", from: 620, cell: (step) => <span title={step.error ?? undefined}>{step.error}</span> },
  { key: "attempt", head: "Attempt", width: "56px", end: true, from: 760, cell: (step) => step.attempt },
  { key: "began", head: "Began", width: "80px", end: true, from: 480, cell: (step) => <time dateTime={step.started_at}>{clock(step.started_at)}</time> },
  { key: "took", head: "Took", width: "80px", end: true, cell: (step) => <Elapsed from={step.started_at} to={step.ended_at} /> },
];

export function StepTable({ run }: { run: RunRecord }) {
  if (run.steps.length === 0) return <Empty title="No step of this run is known" />;
  return <Table label="Steps" rows={run.steps} columns={COLUMNS} rowKey={stepKey} rowData={(step) => ({ "data-node": nodePath(step), "data-status": step.status })} rowHeight={30} />;
}
