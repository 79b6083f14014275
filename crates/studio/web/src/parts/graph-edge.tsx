// A line of the graph, drawn where the layout says; dashed where the way is chosen at run time.
import { EdgeLabelRenderer, type Edge, type EdgeProps } from "@xyflow/react";
import { memo } from "react";
import { linePath, type EdgeLine } from "../model/graph-layout.ts";
import { useTaken } from "./graph-live.tsx";
import "./graph-edge.css";

export interface LineData extends Record<string, unknown> {
  line: EdgeLine;
  /** Of the edge in the drawing. */
  index: number;
  /** Nobody declared it: a run went there. */
  observed: boolean;
}

export type GraphEdge = Edge<LineData>;

export const LineEdge = memo(function LineEdge({ data }: EdgeProps<GraphEdge>) {
  const drawnTaken = useTaken(data?.index ?? -1);
  if (!data) return null;
  const { line, observed } = data;
  const taken = drawnTaken || observed;
  const classes = ["graph-line", taken && "graph-line-taken", line.conditional && "graph-line-conditional", (line.undeclared || observed) && "graph-line-undeclared"];
  return (
    <g data-edge={`${line.source}->${line.target}`} data-conditional={line.conditional} data-taken={taken} data-observed={observed || undefined}>
      <path className={classes.filter(Boolean).join(" ")} d={linePath(line.points)} markerEnd={taken ? "url(#graph-arrow-taken)" : "url(#graph-arrow)"} />
      {line.label !== null && line.labelAt && (
        <EdgeLabelRenderer>
          <span
            className={`graph-label ${taken ? "graph-label-taken" : ""}`}
            style={{ transform: `translate(-50%, -50%) translate(${line.labelAt.x}px, ${line.labelAt.y}px)` }}
          >
            {line.label}
          </span>
        </EdgeLabelRenderer>
      )}
    </g>
  );
});

/** The tips of lines, referred to by id: once in the page. */
export function ArrowTips() {
  return (
    <svg className="graph-tips" aria-hidden="true">
      <defs>
        {(["graph-arrow", "graph-arrow-taken"] as const).map((id) => (
          <marker key={id} id={id} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
            <path className={id} d="M0.5,0.5 L7.5,4 L0.5,7.5 Z" />
          </marker>
        ))}
      </defs>
    </svg>
  );
}
