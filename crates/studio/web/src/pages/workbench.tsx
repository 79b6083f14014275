// The page of a graph and of a thread: graph, thread and history beside one another.
import { useChosen } from "../api/use-assistants.ts";
import { Empty } from "../parts/empty.tsx";
import { NO_STATES } from "../parts/graph-live.tsx";
import { GraphPane } from "../parts/graph-pane.tsx";
import { useOverlay } from "../shell/overlay.tsx";

export function WorkbenchPage() {
  const { graph, assistant } = useChosen();
  const { setHost } = useOverlay();
  if (graph === null) return <Empty title="This project has no graph" />;
  return <GraphPane graph={graph} assistantId={assistant?.assistant_id ?? null} states={NO_STATES} threadId={null} steps={[]} onCanvas={setHost} />;
}
