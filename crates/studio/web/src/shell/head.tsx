// The header of every page: which project, graph and assistant, who asks, what waits, which code serves.
import { Link, useRoute } from "wouter";
import { useChosen, nameOf, type Chosen } from "../api/use-assistants.ts";
import { useWaitingCount } from "../api/use-thread.ts";
import { Picker } from "../parts/picker.tsx";
import { StatusDot } from "../parts/status-dot.tsx";
import { useIdentity, useProject, useStudio } from "../studio.tsx";
import { Generation } from "./generation.tsx";
import "./head.css";

export function Head() {
  const project = useProject();
  const chosen = useChosen();
  return (
    <header className="head">
      <Link href="/" className="head-mark" aria-label="lgx, to the graph">
        lgx
      </Link>
      <span className="head-project" title={project.root ?? undefined}>
        {project.name}
      </span>
      <span className="head-sep">/</span>
      <GraphPicker chosen={chosen} />
      <AssistantPicker chosen={chosen} />
      <ThreadCrumb />
      <span className="head-space" />
      <Waiting />
      <Who />
      <Generation />
    </header>
  );
}

function GraphPicker({ chosen }: { chosen: Chosen }) {
  const { graphs } = useProject();
  if (chosen.graph === null) return null;
  const now = graphs.find((graph) => graph.id === chosen.graph);
  return (
    <Picker
      label="Graph"
      dot={now && !now.loaded ? "bad" : "ok"}
      value={chosen.graph}
      onChange={chosen.chooseGraph}
      options={graphs.map((graph) => ({ value: graph.id, label: graph.loaded ? graph.id : `${graph.id} (did not load)` }))}
    />
  );
}

function AssistantPicker({ chosen }: { chosen: Chosen }) {
  const { assistant, assistants, chooseAssistant } = chosen;
  if (!assistant) return null;
  return (
    <Picker
      label="Assistant"
      value={assistant.assistant_id}
      onChange={chooseAssistant}
      options={assistants.map((one) => ({ value: one.assistant_id, label: `${nameOf(one)} · v${one.version}` }))}
    />
  );
}

function ThreadCrumb() {
  const [onThread, params] = useRoute<{ id: string }>("/threads/:id");
  if (!onThread) return null;
  const { id } = params;
  return (
    <span className="head-thread">
      <span className="head-sep">/</span> thread <code title={id}>{id.length > 14 ? `${id.slice(0, 4)}…${id.slice(-3)}` : id}</code>
    </span>
  );
}

function Waiting() {
  const waiting = useWaitingCount();
  if (!waiting) return null;
  return (
    <Link href="/inbox" className="head-chip head-waiting">
      <StatusDot tone="wait" />
      <span>
        {waiting} {waiting === 1 ? "waits" : "wait"}
        <span className="head-wide"> for you</span>
      </span>
    </Link>
  );
}

function Who() {
  const { auth } = useProject();
  const { identity } = useStudio();
  const { headers, refused } = useIdentity();
  if (!auth.configured && !headers) return null;
  return (
    <button type="button" className="head-chip head-who" onClick={() => identity.show(true)}>
      {refused && <StatusDot tone="bad" />}
      {headers ? "with your headers" : auth.studio_user ? "as Studio user" : "nobody yet"}
    </button>
  );
}
