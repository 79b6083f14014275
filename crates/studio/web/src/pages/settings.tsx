// What the server knows of the project: its Python, its graphs, what is odd in its configuration.
import { Bar, Pane, PaneBody } from "../parts/pane.tsx";
import { StatusDot } from "../parts/status-dot.tsx";
import { useProject } from "../studio.tsx";

export function SettingsPage() {
  const project = useProject();
  return (
    <Pane label="Settings">
      <Bar title={project.name} note={project.root} />
      <PaneBody>
        {project.graphs.map((graph) => (
          <p key={graph.id}>
            <StatusDot tone={graph.loaded ? "ok" : "bad"} /> {graph.id} <code>{graph.target}</code>
          </p>
        ))}
      </PaneBody>
    </Pane>
  );
}
