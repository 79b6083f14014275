// What the last states of two runs differ in.
import { useMemo } from "react";
import { objectOf } from "../../model/assistant-draft.ts";
import { differingKeys, type RunState } from "../../model/run-alignment.ts";
import { diffStates } from "../../model/state-diff.ts";
import { DiffView } from "../../parts/diff-view.tsx";

interface Props {
  left: readonly RunState[];
  right: readonly RunState[];
}

export function FinalStates({ left, right }: Props) {
  const [before, after] = [left.at(-1)?.values, right.at(-1)?.values];
  const keys = useMemo(() => differingKeys(objectOf(before), objectOf(after)), [before, after]);
  const changes = useMemo(() => diffStates(objectOf(before), objectOf(after)).filter((change) => keys.includes(change.key)), [before, after, keys]);
  if (before === undefined || after === undefined) return null;
  return (
    <section className="compare-final" aria-label="Last states" data-keys={keys.join(" ")}>
      <h3>{keys.length === 0 ? "The last states are the same" : `The last states differ in ${keys.join(", ")}`}</h3>
      {keys.length > 0 && <DiffView changes={changes} />}
    </section>
  );
}
