// The assistants below the names of their graphs, narrowed by what is typed.
import type { Assistant } from "@langchain/langgraph-sdk";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";
import { isDefault, nameOf, useChosen } from "../../api/use-assistants.ts";
import { Button } from "../../parts/button.tsx";
import { Bar } from "../../parts/pane.tsx";
import { paths } from "../../paths.ts";
import "./assistant-list.css";

interface Props {
  assistants: Assistant[];
  chosen: string | null;
  onNew: () => void;
}

export function AssistantList({ assistants, chosen, onNew }: Props) {
  const [typed, setTyped] = useState("");
  const used = useChosen().assistant?.assistant_id;
  const groups = byGraph(assistants.filter((one) => matches(one, typed)));
  return (
    <>
      <Bar
        title="Assistants"
        note={assistants.length}
        actions={
          <Button kind="quiet" icon aria-label="New assistant" onClick={onNew}>
            <Plus />
          </Button>
        }
      />
      <div className="assistant-search">
        <input type="search" aria-label="Search assistants" placeholder="Name, graph, id" value={typed} onChange={(event) => setTyped(event.target.value)} />
      </div>
      <nav className="assistant-list" aria-label="Assistants">
        {groups.map(([graph, members]) => (
          <section key={graph}>
            <h3 className="assistant-graph">{graph}</h3>
            {members.map((one) => (
              <Link
                key={one.assistant_id}
                href={paths.assistant(one.assistant_id)}
                className="assistant-row"
                aria-current={one.assistant_id === chosen ? "true" : undefined}
              >
                <span className="assistant-name">{nameOf(one)}</span>
                {one.assistant_id === used && <span className="assistant-used">in use</span>}
                <span className="assistant-version">v{one.version}</span>
              </Link>
            ))}
          </section>
        ))}
        {groups.length === 0 && <p className="assistant-none">No assistant has “{typed}” in its name, graph or id.</p>}
      </nav>
    </>
  );
}

function matches(assistant: Assistant, typed: string): boolean {
  const words = typed.trim().toLowerCase();
  return [assistant.name, assistant.graph_id, assistant.assistant_id].some((text) => text.toLowerCase().includes(words));
}

/** Graphs by name, the default assistant of each first. */
function byGraph(assistants: Assistant[]): [string, Assistant[]][] {
  const groups = new Map<string, Assistant[]>();
  for (const one of assistants) groups.set(one.graph_id, [...(groups.get(one.graph_id) ?? []), one]);
  return [...groups]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([graph, members]) => [
      graph,
      members.toSorted((one, other) => Number(isDefault(other)) - Number(isDefault(one)) || one.name.localeCompare(other.name)),
    ]);
}
