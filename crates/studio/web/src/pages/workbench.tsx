// The page of a graph and of a thread: graph, thread and history beside one another.
import { useChosen } from "../api/use-assistants.ts";
import type { Step } from "../api/wire.ts";
import { Empty } from "../parts/empty.tsx";
import { GraphPane } from "../parts/graph-pane.tsx";
import { Split, type SplitPane } from "../parts/split.tsx";
import { useOverlay } from "../shell/overlay.tsx";

const NO_STEPS: readonly Step[] = [];

export function WorkbenchPage() {
  const { graph, assistant } = useChosen();
  const { setHost } = useOverlay();
  if (graph === null) return <Empty title="This project has no graph" />;
  const panes: SplitPane[] = [
    {
      id: "graph",
      label: "Graph",
      share: 34,
      least: 300,
      content: <GraphPane graph={graph} assistantId={assistant?.assistant_id ?? null} threadId={null} steps={NO_STEPS} onCanvas={setHost} />,
    },
  ];
  return <Split name="workbench" panes={panes} />;
}
