// What can be done with the runs that are picked: cancel those that are not over, compare two.
import { useState } from "react";
import { useLocation } from "wouter";
import { useCancelRuns } from "../../api/use-runs.ts";
import type { RunSummary } from "../../api/wire.ts";
import { plural } from "../../model/format.ts";
import { isOver } from "../../model/run-queue.ts";
import { Button } from "../../parts/button.tsx";
import { Confirm } from "../../parts/dialog.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { paths } from "../../paths.ts";

export function PickedRuns({ runs, onDone }: { runs: RunSummary[]; onDone: () => void }) {
  const [, go] = useLocation();
  const [asking, setAsking] = useState(false);
  const cancel = useCancelRuns();
  const open = runs.filter((run) => !isOver(run));
  const [left, right] = runs.toSorted((one, other) => one.created_at.localeCompare(other.created_at));
  return (
    <>
      <span>{runs.length} picked</span>
      {left && right && runs.length === 2 && <Button onClick={() => go(paths.compare(left.run_id, right.run_id))}>Compare</Button>}
      <Button kind="danger" disabled={open.length === 0} onClick={() => setAsking(true)}>
        Cancel {plural(open.length, "run")}
      </Button>
      <Button kind="quiet" onClick={onDone}>
        Unpick
      </Button>
      <Confirm
        open={asking}
        title={`Cancel ${plural(open.length, "run")}?`}
        action={`Cancel ${plural(open.length, "run")}`}
        busy={cancel.isPending}
        onClose={() => setAsking(false)}
        onConfirm={() =>
          cancel.mutate(open, {
            onSuccess: () => {
              setAsking(false);
              onDone();
            },
          })
        }
      >
        <p>They stop where they are; what they have written to their threads stays.</p>
        <RequestProblem caught={cancel.error} what="They were not cancelled" />
      </Confirm>
    </>
  );
}
