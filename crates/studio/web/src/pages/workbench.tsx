// The page of a graph and of a thread: graph, thread and history beside one another.
import { useDeferredValue } from "react";
import { useRoute } from "wouter";
import { useChosen } from "../api/use-assistants.ts";
import { Empty } from "../parts/empty.tsx";
import { GraphPane } from "../parts/graph-pane.tsx";
import { Split, type SplitPane } from "../parts/split.tsx";
import { useOverlay } from "../shell/overlay.tsx";
import { HistoryPane } from "./thread/history-pane.tsx";
import { ThreadPane } from "./thread/thread-pane.tsx";
import { useThreadPage } from "./thread/use-thread-page.ts";

export function WorkbenchPage() {
  const { graph, assistant } = useChosen();
  const [onThread, params] = useRoute<{ id: string }>("/threads/:id");
  if (graph === null) return <Empty title="This project has no graph" />;
  return <Workbench graph={graph} assistantId={assistant?.assistant_id ?? null} threadId={onThread ? decodeURIComponent(params.id) : null} />;
}

interface Props {
  graph: string;
  assistantId: string | null;
  threadId: string | null;
}

function Workbench({ graph, assistantId, threadId }: Props) {
  const { setHost } = useOverlay();
  const page = useThreadPage({ graph, assistantId, threadId });
  const { history } = page;
  // The graph of a long run is drawn when nothing else has to be.
  const steps = useDeferredValue(page.steps);
  const panes: SplitPane[] = [
    {
      id: "graph",
      label: "Graph",
      share: 34,
      least: 300,
      content: (
        <GraphPane graph={graph} assistantId={assistantId} threadId={threadId} steps={steps} finished={page.finished} waiting={page.waiting} tokens={page.tokens} onCanvas={setHost} />
      ),
    },
    { id: "thread", label: "Thread", share: 42, least: 360, content: <ThreadPane page={page} /> },
    {
      id: "history",
      label: "History",
      share: 24,
      least: 260,
      content: (
        <HistoryPane
          threadId={threadId}
          tree={history.tree}
          total={history.total}
          more={history.more}
          failure={page.thread.status === "gone" ? null : history.failure}
          again={history.again}
          chosen={history.chosen}
          onChoose={page.choose}
          namespaces={history.namespaces}
          ns={history.ns}
          onNamespace={history.setNamespace}
          onRerun={page.rerun}
          onForked={(to, run) => void page.forked(to, run)}
          busy={page.active !== null || page.control.starting}
        />
      ),
    },
  ];
  return <Split name="workbench" panes={panes} shown={page.pane} onShow={page.setPane} />;
}
