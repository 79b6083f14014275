// All calls of a run, in the order in which they began.
import type { Call } from "../../api/wire.ts";
import { CallCard } from "../../parts/call-card.tsx";
import { Empty } from "../../parts/empty.tsx";

interface CallListProps {
  calls: Call[];
  /** Why none are recorded; null where they are. */
  unrecorded: string | null;
}

export function CallList({ calls, unrecorded }: CallListProps) {
  if (calls.length === 0) {
    return (
      <Empty title="No calls">
        {unrecorded === null
          ? "No model, tool or retriever of LangChain was called in this run. Calls that go around LangChain are not seen."
          : `${unrecorded}. Where they are, this shows prompts, answers, tools and tokens.`}
      </Empty>
    );
  }
  return (
    <div className="run-scroll">
      {calls.map((call) => (
        <CallCard key={call.call_id} call={call} open={calls.length === 1} />
      ))}
    </div>
  );
}
