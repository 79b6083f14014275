// The state of a thread, as it is now or was at the chosen step.

import { JsonView } from "../../parts/json-view.tsx";
import { Empty } from "../../parts/empty.tsx";
import type { ThreadPage } from "./use-thread-page.ts";

export function StateTab({ page }: { page: ThreadPage }) {
  const { state, history, view } = page;
  const nested = state.checkpoint === null && history.ns !== "" ? view.nestedValues[history.ns] : undefined;
  const values = nested ?? state.values;
  if (values === null || Object.keys(values).length === 0) {
    return state.loading ? null : <Empty title="The state is empty">Nothing was written to it yet. What a run writes appears here as it happens.</Empty>;
  }
  return (
    <div className="state-tab">
      {state.next.length > 0 && <p className="state-tab-next">Next: {state.next.join(", ")}</p>}
      <JsonView value={values} label="State" whole />
    </div>
  );
}
