// The history of a thread: its steps newest first with their branches, and what the chosen one changed.

import { Pin } from "lucide-react";
import { useEffect, useEffectEvent, useMemo, useState } from "react";
import { failureOf } from "../../api/failure.ts";
import { useStateAt } from "../../api/use-state-at.ts";
import type { CheckpointSummary } from "../../api/wire.ts";
import { checkpointName, type CheckpointTree, type TreeRow } from "../../model/checkpoint-tree.ts";
import { plural } from "../../model/format.ts";
import { diffStates } from "../../model/state-diff.ts";
import { Button } from "../../parts/button.tsx";
import { DiffView } from "../../parts/diff-view.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Bar, Pane } from "../../parts/pane.tsx";
import { Picker } from "../../parts/picker.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import type { ApiFailure } from "../../api/failure.ts";
import { ForkDialog } from "./fork-dialog.tsx";
import { StepList } from "./step-list.tsx";
import type { CheckpointRef } from "./use-branching.ts";
import "./history-pane.css";

interface Props {
  threadId: string | null;
  tree: CheckpointTree;
  total: number;
  more: (() => void) | null;
  failure: ApiFailure | null;
  again: () => void;
  /** The checkpoint of the address; null for the newest. */
  chosen: string | null;
  onChoose: (checkpointId: string | null) => void;
  namespaces: string[];
  ns: string;
  onNamespace: (ns: string) => void;
  /** Runs again what comes after a step. */
  onRerun: (from: CheckpointRef) => Promise<void>;
  onForked: (to: CheckpointRef, run: boolean) => void;
  busy: boolean;
}

export function HistoryPane(props: Props) {
  const { threadId, tree, total, more, failure, again, chosen, onChoose, namespaces, ns, onNamespace } = props;
  const at = chosen ?? tree.rows[0]?.checkpoint.checkpoint_id ?? null;
  const row = tree.byId.get(at ?? "");
  useStepKeys(tree, at, onChoose);
  // What steps are compared with, instead of the one before each: of another branch, say.
  const [pinned, pin] = useState<string | null>(null);
  const base = tree.byId.get(pinned ?? "")?.checkpoint ?? null;
  return (
    <Pane label="History" className="history-pane">
      <Bar title="History" note={tree.rows.length === 0 ? "" : [plural(total, "step"), tree.forks > 0 ? plural(tree.forks, "fork") : null].filter(Boolean).join(" · ")}>
        {namespaces.length > 0 && (
          <Picker label="Graph" value={ns} onChange={onNamespace} options={[{ value: "", label: "whole graph" }, ...namespaces.map((name) => ({ value: name, label: name.replaceAll(/:[0-9a-f-]{36}/g, "") }))]} />
        )}
      </Bar>
      <RequestProblem caught={failure} what="The history could not be read" onAgain={again} />
      {tree.rows.length === 0 && !failure && <Empty title="No steps yet">Each step of a run is kept here, with the state behind it.</Empty>}
      {tree.rows.length > 0 && <StepList threadId={threadId} busy={props.busy} tree={tree} at={at} newest={chosen === null} more={more} onChoose={onChoose} />}
      {row && threadId !== null && <StepDetail key={row.checkpoint.checkpoint_id} {...props} threadId={threadId} row={row} base={base} onBase={pin} />}
    </Pane>
  );
}

/** `[` goes to the step before, `]` to the one behind; not while one types. */
function useStepKeys(tree: CheckpointTree, at: string | null, onChoose: (id: string | null) => void): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== "[" && event.key !== "]") return;
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || (target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]"))) return;
    const here = tree.rows.findIndex((row) => row.checkpoint.checkpoint_id === at);
    const next = tree.rows[event.key === "[" ? here + 1 : here - 1];
    if (here < 0 || !next) return;
    event.preventDefault();
    onChoose(next === tree.rows[0] ? null : next.checkpoint.checkpoint_id);
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => onKey(event);
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}

function refTo(checkpoint: CheckpointSummary): CheckpointRef {
  return { checkpoint_id: checkpoint.checkpoint_id, checkpoint_ns: checkpoint.ns };
}

interface DetailProps extends Props {
  threadId: string;
  row: TreeRow;
  base: CheckpointSummary | null;
  onBase: (checkpointId: string | null) => void;
}

function StepDetail({ threadId, row, base, onBase, onRerun, onForked, busy }: DetailProps) {
  const { checkpoint } = row;
  const since = base === null ? checkpoint.parent_id : base.checkpoint_id;
  const [forking, setForking] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const own = useStateAt(threadId, checkpoint.checkpoint_id, checkpoint.ns);
  const before = useStateAt(threadId, since, checkpoint.ns);
  const ready = own.data !== undefined && (since === null || before.data !== undefined || before.isError);
  const changes = useMemo(() => (ready ? diffStates(before.data?.values ?? {}, own.data?.values ?? {}) : null), [ready, before.data, own.data]);
  const rerun = async (): Promise<void> => {
    setFailure(null);
    try {
      await onRerun(refTo(checkpoint));
    } catch (error) {
      setFailure(failureOf(error));
    }
  };
  return (
    <div className="history-detail">
      <Bar
        title={`Step ${checkpoint.step}`}
        actions={
          <>
            <Button kind="quiet" icon aria-label="Compare others with it" title="Compare others with it" aria-pressed={base === checkpoint} onClick={() => onBase(base === checkpoint ? null : checkpoint.checkpoint_id)}>
              <Pin />
            </Button>
            <Button disabled={busy || !own.data} onClick={() => setForking(true)}>
              Edit &amp; fork
            </Button>
            <Button disabled={busy} aria-label="Re-run from here" onClick={() => void rerun()}>
              <span>
                Re-run<span className="history-wide"> from here</span>
              </span>
            </Button>
          </>
        }
      />
      <RequestProblem caught={failure} what="It was not run again" onClose={() => setFailure(null)} />
      <RequestProblem caught={own.error} what="The state could not be read" onAgain={() => void own.refetch()} />
      {base !== null && (
        <p className="history-base" role="status">
          {base === checkpoint ? "Choose another step: it is compared with this one." : `Compared with step ${base.step}, ${checkpointName(base)}`}
          <Button kind="quiet" onClick={() => onBase(null)}>
            With the one before
          </Button>
        </p>
      )}
      {changes && base !== checkpoint && <DiffView changes={changes} />}
      {forking && own.data && (
        <ForkDialog
          threadId={threadId}
          from={refTo(checkpoint)}
          state={own.data}
          nodes={checkpoint.nodes}
          onClose={() => setForking(false)}
          onForked={(to, run) => {
            setForking(false);
            onForked(to, run);
          }}
        />
      )}
    </div>
  );
}
