// All calls of a run, in the order in which they began.
import type { Call } from "../../api/wire.ts";
import { CallCard } from "../../parts/call-card.tsx";
import { Empty } from "../../parts/empty.tsx";

export function CallList({ calls, traces }: { calls: Call[]; traces: boolean }) {
  if (calls.length === 0) {
    return (
      <Empty title="No calls">
        {traces
          ? "No model, tool or retriever of LangChain was called in this run. Calls that go around LangChain are not seen."
          : "lgx was started with --no-trace or LGX_TRACE=0: start it without, to see prompts, answers, tools and tokens."}
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
