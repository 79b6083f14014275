// What the server knows of the project (its Python, its graphs, what is odd in its configuration), and how this page looks.
import type { ReactNode } from "react";
import { Link } from "wouter";
import { unrecorded } from "../model/recording.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { ErrorCard } from "../parts/error-card.tsx";
import { OpenInEditor } from "../parts/open-in-editor.tsx";
import { Bar, Pane, PaneBody } from "../parts/pane.tsx";
import { Seg } from "../parts/seg.tsx";
import { StatusDot } from "../parts/status-dot.tsx";
import { paths } from "../paths.ts";
import type { Interpreter, Project, ProjectGraph } from "../api/wire.ts";
import { ConfigProblems } from "../shell/config-problems.tsx";
import { KeyList } from "../shell/keys.tsx";
import { useTheme } from "../shell/theme.ts";
import { useIdentity, useProject, useStudio } from "../studio.tsx";
import "./settings.css";

export function SettingsPage() {
  const project = useProject();
  return (
    <Pane label="Settings">
      <Bar title="Settings" note={project.name} />
      <PaneBody className="settings">
        <Check project={project} />
        <Graphs graphs={project.graphs} />
        <Interpreters project={project} />
        <Asking project={project} />
        <Look />
        <Section title="Keys">
          <div className="settings-pad">
            <KeyList />
          </div>
        </Section>
      </PaneBody>
    </Pane>
  );
}

function Section({ title, note, children }: { title: string; note?: string; children: ReactNode }) {
  return (
    <section className="settings-section" aria-label={title}>
      <h2>
        {title} {note !== undefined && <span>{note}</span>}
      </h2>
      <div className="settings-card">{children}</div>
    </section>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="settings-row">
      <span className="settings-name">{name}</span>
      <span className="settings-value">{children}</span>
    </div>
  );
}

function Check({ project }: { project: Project }) {
  const { problems, graphs } = project;
  const missing = unrecorded(project);
  const failed = graphs.filter((graph) => !graph.loaded).length;
  const fine = problems.length === 0 && failed === 0 && project.failed_reload === null;
  return (
    <Section title="Project check" note={fine ? "nothing is wrong" : undefined}>
      <Row name="Folder">
        <code>{project.root}</code>
        {project.root !== null && <CopyButton label="Copy the folder" text={project.root} />}
      </Row>
      <Row name="Configuration">
        <code>{project.config ?? "none"}</code>
      </Row>
      <Row name="Code">
        <StatusDot tone={project.state === "serving" ? (project.failed_reload ? "bad" : "ok") : project.state === "loading" ? "run" : "bad"} />
        {project.state === "serving" ? `generation ${project.generation ?? "none"} serves` : project.state}
        {project.failed_reload && ", the newest edit does not load"}
      </Row>
      <Row name="Runs at once">
        {project.slots.used} of {project.slots.total}, {project.slots.queued} in the queue
      </Row>
      {missing.steps !== null && <Row name="Steps of runs">{missing.steps}</Row>}
      <Row name="Model and tool calls">{missing.calls ?? "recorded on this machine"}</Row>
      <Row name="Editor">{project.editor ? "known: “Open in editor” works" : "unknown: set LGX_EDITOR, or have code or cursor on PATH"}</Row>
      {problems.length > 0 && <ConfigProblems problems={problems} />}
    </Section>
  );
}

function Graphs({ graphs }: { graphs: readonly ProjectGraph[] }) {
  const failed = graphs.filter((graph) => !graph.loaded).length;
  return (
    <Section title="Graphs" note={failed ? `${failed} of ${graphs.length} did not load` : `${graphs.length} loaded`}>
      {graphs.length === 0 && <p className="settings-pad">langgraph.json names none below “graphs”.</p>}
      <ul className="settings-graphs">
        {graphs.map((graph) => (
          <li key={graph.id}>
            <div className="settings-graph">
              <StatusDot tone={graph.loaded ? "ok" : "bad"} />
              <Link href={paths.graph(graph.id)}>{graph.id}</Link>
              <span className="settings-about">{graph.description}</span>
              <code title={graph.target}>{graph.file === null ? graph.target : [graph.file, graph.line].filter((part) => part !== null).join(":")}</code>
              {graph.file !== null ? <OpenInEditor file={graph.file} line={graph.line ?? 1} small /> : <span />}
            </div>
            {graph.notices.map((notice) => (
              <p key={notice} className="settings-notice">
                {notice}
              </p>
            ))}
            {graph.error && (
              <div className="settings-pad">
                <ErrorCard diagnostic={graph.error} />
              </div>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function ChosenInterpreter({ name, chosen }: { name: string; chosen: Interpreter }) {
  return (
    <>
      <Row name={name}>
        <code>{chosen.executable}</code>
      </Row>
      <Row name="Chosen because">
        {chosen.why} ({name} {chosen.version})
      </Row>
    </>
  );
}

function Interpreters({ project }: { project: Project }) {
  const { python, node, versions } = project;
  return (
    <Section title="Interpreters and versions">
      {python && <ChosenInterpreter name="Python" chosen={python} />}
      {node && <ChosenInterpreter name="Node.js" chosen={node} />}
      {!python && !node && <Row name="Interpreter">none found</Row>}
      <Row name="lgx">{project.version}</Row>
      {Object.entries(versions).map(([name, version]) => (
        <Row key={name} name={name}>
          {version}
        </Row>
      ))}
    </Section>
  );
}

function Asking({ project }: { project: Project }) {
  const { identity } = useStudio();
  const { headers } = useIdentity();
  const { auth } = project;
  return (
    <Section title="Who asks">
      <Row name="auth">{auth.configured ? <code>{auth.target}</code> : "none: everybody on this machine may do everything"}</Row>
      {auth.configured && <Row name="Studio user">{auth.studio_user ? "may do everything, unless the box has headers" : "disabled by the project (disable_studio_auth)"}</Row>}
      <Row name="This tab">
        <button type="button" className="settings-link" onClick={() => identity.show(true)}>
          {headers ? "asks with your headers: change…" : "set headers…"}
        </button>
      </Row>
    </Section>
  );
}

function Look() {
  const [theme, setTheme] = useTheme();
  return (
    <Section title="Look">
      <Row name="Colours">
        <Seg
          label="Colours"
          value={theme}
          onChange={setTheme}
          options={[
            { value: "system", label: "System" },
            { value: "light", label: "Light" },
            { value: "dark", label: "Dark" },
          ]}
        />
      </Row>
    </Section>
  );
}
