// The page of a graph and of a thread: graph, thread and history beside one another.
import { useChosen } from "../api/use-assistants.ts";
import { Bar, Pane } from "../parts/pane.tsx";
import "./workbench.css";

export function WorkbenchPage() {
  const { graph } = useChosen();
  return (
    <div className="workbench">
      <Pane label="Graph">
        <Bar title={graph ?? ""} />
      </Pane>
    </div>
  );
}
