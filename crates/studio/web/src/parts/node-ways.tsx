// Why a node ran, and where the run went on from it; for a way that no edge declares, how the code can say so.
import { useMemo } from "react";
import type { Step } from "../api/wire.ts";
import type { Drawing } from "../model/graph.ts";
import { nameOf } from "../model/graph-paths.ts";
import { declaration, nodeWays, type Way } from "../model/node-ways.ts";
import "./node-ways.css";

interface Props {
  drawing: Drawing;
  path: string;
  steps: readonly Step[];
  finished: boolean;
}

export function NodeWays({ drawing, path, steps, finished }: Props) {
  const { from, to } = useMemo(() => nodeWays(drawing, steps, path, finished), [drawing, steps, path, finished]);
  if (from.length === 0 && to.length === 0) return null;
  return (
    <dl className="node-ways">
      {from.length > 0 && <dt>Came from</dt>}
      {from.map((way) => (
        <WayLine key={way.from} way={way} node={way.from} />
      ))}
      {to.length > 0 && <dt>Went on to</dt>}
      {to.map((way) => (
        <WayLine key={way.to} way={way} node={way.to} />
      ))}
    </dl>
  );
}

function WayLine({ way, node }: { way: Way; node: string }) {
  return (
    <dd data-way={`${way.from}->${way.to}`} data-kind={way.kind}>
      <b>{named(node)}</b> {why(way)}
      {way.kind === "undeclared" && (
        <small>
          The code does not declare this way, so the graph could not draw it beforehand. Declare it as <code>{declaration(way)}</code>, or name it in the <code>path_map</code> of <code>add_conditional_edges</code>.
        </small>
      )}
    </dd>
  );
}

const named = (path: string): string => ({ __start__: "the start", __end__: "the end" })[nameOf(path)] ?? nameOf(path);

function why(way: Way): string {
  switch (way.kind) {
    case "edge":
      return "by an edge";
    case "undeclared":
      return "by a Command or Send";
    case "chosen": {
      const chosen = way.label === null ? "chosen at run time" : `chosen at run time: ${way.label}`;
      return way.passed.length === 0 ? chosen : `${chosen}, not ${way.passed.map(named).join(", ")}`;
    }
  }
}
