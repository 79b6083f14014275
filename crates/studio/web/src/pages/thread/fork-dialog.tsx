// Edits the values at a step and makes a fork of them: what is there stays as it is.

import { useState } from "react";
import { failureOf, type ApiFailure } from "../../api/failure.ts";
import { cut } from "../../api/wire-checkpoint.ts";
import { changedByReducers, forkUpdate, overwriting } from "../../model/fork-values.ts";
import { isObject, objectAt } from "../../model/json.ts";
import type { StateAnswer } from "../../model/thread-view.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { JsonEditor, readTyped } from "../../parts/json-editor.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { useClient } from "../../studio.tsx";
import { objectProblem } from "./run-settings.tsx";
import { forkCheckpoint, type CheckpointRef } from "./use-branching.ts";

interface Props {
  threadId: string;
  from: CheckpointRef;
  state: StateAnswer;
  /** Whose writes made the step. */
  nodes: string[];
  onClose: () => void;
  onForked: (to: CheckpointRef, run: boolean) => void;
}

/** A fork that was made, with keys that became something else than what was typed. */
interface Differing {
  to: CheckpointRef;
  keys: string[];
}

export function ForkDialog({ threadId, from, state, nodes, onClose, onForked }: Props) {
  const client = useClient();
  const before = isObject(state.values) ? state.values : {};
  const [text, setText] = useState(() => JSON.stringify(before, null, 2));
  const [asNode, setAsNode] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const [differing, setDiffering] = useState<Differing | null>(null);
  const read = readTyped(text);
  const wanted = read.ok && isObject(read.value) ? read.value : null;
  const update = wanted ? forkUpdate(before, wanted) : null;
  const nothing = update !== null && Object.keys(update.values).length === 0;

  const fork = async (run: boolean, replaced: string[] = []): Promise<void> => {
    if (!wanted || !update) return;
    setBusy(true);
    setFailure(null);
    try {
      const values = overwriting(update.values, replaced, wanted);
      const to = await forkCheckpoint(client, threadId, from, values, asNode || null);
      const made: unknown = await client.threads.getState(threadId, cut(to.checkpoint_id, to.checkpoint_ns));
      const keys = changedByReducers(wanted, objectAt(made, "values") ?? {}, update.values);
      if (keys.length > 0 && replaced.length === 0) setDiffering({ to, keys });
      else onForked(to, run);
    } catch (error) {
      setFailure(failureOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="Edit & fork"
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button disabled={busy || !wanted || nothing} onClick={() => void fork(false)}>
            Fork
          </Button>
          <Button kind="primary" disabled={busy || !wanted || nothing} onClick={() => void fork(true)}>
            Fork and run
          </Button>
        </>
      }
    >
      <div className="fork-form">
        <p className="fork-note">A new branch begins with these values; the step that is there stays unchanged. Only what you change is sent, and goes through the state's reducers.</p>
        <JsonEditor label="Values" text={text} onText={setText} lines={14} problem={objectProblem(text)} />
        {update && update.kept.length > 0 && <p className="fork-note">A state cannot forget a key: {update.kept.join(", ")} stays as it is.</p>}
        <label>
          As if this node had written it
          <select value={asNode} onChange={(event) => setAsNode(event.currentTarget.value)}>
            <option value="">{nodes.length > 0 ? `as before (${nodes.join(", ")})` : "as before"}</option>
            {[...new Set([...nodes, ...(state.next ?? []), "__start__"])].map((node) => (
              <option key={node}>{node}</option>
            ))}
          </select>
        </label>
        <RequestProblem caught={failure} what="The fork was not made" />
        {differing && (
          <div className="fork-warning" role="alert">
            <span>
              The fork is made, but the reducer of {differing.keys.join(", ")} added to what was there instead of replacing it.
            </span>
            <Button onClick={() => onForked(differing.to, false)}>Keep it</Button>
            <Button onClick={() => void fork(false, differing.keys)}>Replace instead</Button>
          </div>
        )}
      </div>
    </Dialog>
  );
}
