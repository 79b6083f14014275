// What a click on a node shows: its executions, where its code stands, its breakpoints.
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { failureOf } from "../api/failure.ts";
import type { BreakpointSide, Breakpoints } from "../api/use-breakpoints.ts";
import type { Step } from "../api/wire.ts";
import type { Drawing } from "../model/graph.ts";
import { nameOf, parentPath, pathOfTask } from "../model/graph-paths.ts";
import { useLgx } from "../studio.tsx";
import { duration } from "../model/format.ts";
import { Button } from "./button.tsx";
import { NodeData } from "./node-data.tsx";
import { NodeWays } from "./node-ways.tsx";
import { OpenInEditor } from "./open-in-editor.tsx";
import { SourceExcerpt } from "./source-excerpt.tsx";
import { StatusDot, toneOf } from "./status-dot.tsx";
import "./node-details.css";

interface Props {
  graph: string;
  path: string;
  /** Beside what it opens. */
  anchor: HTMLElement;
  threadId: string | null;
  steps: readonly Step[];
  drawing: Drawing;
  /** The last of the runs came to its end by itself. */
  finished: boolean;
  breakpoints: Breakpoints;
  toggleBreakpoint: (node: string, side: BreakpointSide) => void;
  onClose: () => void;
}

const WIDTH = 400;
const MOST_STEPS = 6;

export function NodeDetails({ graph, path, anchor, threadId, steps, drawing, finished, breakpoints, toggleBreakpoint, onClose }: Props) {
  const popover = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ left: 0, top: 0 });
  useLayoutEffect(() => {
    const element = popover.current;
    if (!element) return undefined;
    element.showPopover();
    element.querySelector<HTMLElement>("button")?.focus();
    // It grows when what it asks for comes: it stays within the window all the same.
    const grown = new ResizeObserver(() => setPlace(beside(anchor.getBoundingClientRect(), element.offsetHeight)));
    grown.observe(element);
    return () => {
      grown.disconnect();
      anchor.focus({ preventScroll: true });
    };
  }, [anchor]);
  useEffect(() => {
    const element = popover.current;
    const closed = (event: ToggleEvent) => {
      if (event.newState === "closed") onClose();
    };
    element?.addEventListener("toggle", closed);
    return () => element?.removeEventListener("toggle", closed);
  }, [onClose]);
  const name = nameOf(path);
  const own = steps.filter((step) => pathOfTask(step.ns, step.node) === path);
  return (
    <div ref={popover} popover="auto" role="dialog" aria-label={`Node ${name}`} className="node-details" style={{ ...place, width: WIDTH }}>
      <header className="node-details-head">
        <h3>{name}</h3>
        {parentPath(path) !== null && <span className="node-details-note">in {parentPath(path)}</span>}
        <span className="node-details-space" />
        {parentPath(path) === null &&
          (["before", "after"] as const).map((side) => (
            <Button key={side} kind="quiet" className="node-details-break" aria-pressed={breakpoints[side].includes(name)} onClick={() => toggleBreakpoint(name, side)}>
              <i aria-hidden="true" /> {side}
            </Button>
          ))}
        <Button kind="quiet" icon aria-label="Close" onClick={() => popover.current?.hidePopover()}>
          <X />
        </Button>
      </header>
      <div className="node-details-body">
        {own.length > 0 && (
          <ol className="node-details-steps">
            {own.slice(-MOST_STEPS).map((step) => (
              <StepRow key={`${step.task_id}-${step.attempt}`} step={step} />
            ))}
          </ol>
        )}
        <NodeWays drawing={drawing} path={path} steps={steps} finished={finished} />
        {threadId !== null && <NodeData threadId={threadId} path={path} steps={own} />}
        <Source graph={graph} path={path} />
      </div>
    </div>
  );
}

function StepRow({ step }: { step: Step }) {
  const took = step.ended_at === null ? null : Date.parse(step.ended_at) - Date.parse(step.started_at);
  return (
    <li>
      <StatusDot tone={toneOf(step.status)} />
      <span>step {step.step}</span>
      <span>{step.status}</span>
      {step.attempt > 1 && <span>attempt {step.attempt}</span>}
      {step.error !== null && <span className="node-details-error">{step.error}</span>}
      <span className="node-details-space" />
      {took !== null && <span>{duration(took)}</span>}
    </li>
  );
}

function Source({ graph, path }: { graph: string; path: string }) {
  const lgx = useLgx();
  const asked = useQuery({ queryKey: ["source", graph, path, "node"], queryFn: () => lgx.sourceOfNode(graph, path) });
  if (asked.error) return <p className="node-details-note node-details-pad">{failureOf(asked.error).detail}</p>;
  if (asked.data === undefined) return null;
  if (asked.data === null) return <p className="node-details-note node-details-pad">The code of this node is in no file of the project.</p>;
  const { file, line, first, lines } = asked.data;
  return (
    <>
      <div className="node-details-place">
        <code>
          {file}:{line}
        </code>
        <span className="node-details-space" />
        <OpenInEditor file={file} line={line} />
      </div>
      <SourceExcerpt label={`Source of ${path}`} lines={lines} first={first} marked={null} />
    </>
  );
}

/** At the right of the node where there is room, else at its left, else over it; never outside of the window. */
function beside(anchor: DOMRect, height: number): { left: number; top: number } {
  const gap = 10;
  const right = anchor.right + gap;
  const left = right + WIDTH < innerWidth ? right : anchor.left - gap - WIDTH > 0 ? anchor.left - gap - WIDTH : Math.max(8, innerWidth - WIDTH - 8);
  return { left, top: Math.max(8, Math.min(anchor.top, innerHeight - height - 8)) };
}
