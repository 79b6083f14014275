// Why a node ran and where the run went on from it: what the steps before and after it say, beside what the code declares.

import type { Step } from "../api/wire.ts";
import type { Drawing } from "./graph.ts";
import { levelsOf } from "./graph-levels.ts";
import { nameOf, parentPath, pathOfTask } from "./graph-paths.ts";

/** One step from node to node that a run made. */
export interface Way {
  from: string;
  to: string;
  /** `edge`: the code says so; `chosen`: a router chose it; `undeclared`: a Command or Send went where no edge of the drawing leads. */
  kind: "edge" | "chosen" | "undeclared";
  /** What the router's answer is called, where the drawing says. */
  label: string | null;
  /** Where the router could have gone as well, and did not. */
  passed: string[];
}

export interface NodeWays {
  /** Empty where the run began with the node, or it cannot be told. */
  from: Way[];
  to: Way[];
}

/** Of the last time that a node was executed; `finished`: the run came to its end by itself. */
export function nodeWays(drawing: Drawing, steps: readonly Step[], path: string, finished: boolean): NodeWays {
  const last = steps.findLast((step) => pathOfTask(step.ns, step.node) === path);
  if (!last) return { from: [], to: [] };
  const groups = groupsOf(steps.filter((step) => step.ns === last.ns));
  const at = groups.findLastIndex((group) => group.nodes.includes(path));
  const [before, now, after] = [groups[at - 1], groups[at]?.nodes ?? [], groups[at + 1]];
  const routes = new Routes(drawing, path);
  // After a gap it was an input, or a state that a client wrote, which came before.
  const from = before?.step === last.step - 1 ? routes.between(before.nodes, [path], now) : [];
  if (after?.step === last.step + 1) return { from, to: routes.between([path], after.nodes, after.nodes, now.length > 1) };
  return { from, to: after === undefined && finished && last.status === "success" ? routes.toEnd(path) : [] };
}

interface Group {
  step: number;
  nodes: string[];
}

/** What ran together, one group after the other: a branch that was forked off begins with a smaller number again. */
function groupsOf(steps: readonly Step[]): Group[] {
  const groups: Group[] = [];
  for (const step of steps.toSorted((a, b) => a.started_at.localeCompare(b.started_at))) {
    const path = pathOfTask(step.ns, step.node);
    const group = groups.at(-1);
    if (group?.step !== step.step) groups.push({ step: step.step, nodes: [path] });
    else if (!group.nodes.includes(path)) group.nodes.push(path);
  }
  return groups;
}

interface Route {
  from: string;
  to: string;
  conditional: boolean;
  label: string | null;
}

/** The edges of the graph that a node is in. */
class Routes {
  readonly #routes: Route[];

  constructor(drawing: Drawing, path: string) {
    const level = levelsOf(drawing).find((one) => one.path === (parentPath(path) ?? ""));
    const across = level?.edges.filter((edge) => edge.part === "across") ?? [];
    this.#routes = across.map(({ from, to, index, label }) => ({ from, to, label, conditional: drawing.edges[index]?.conditional === true }));
  }

  /** Ways that lead from one step to the next one, in which `ran`. With others beside the source, only what is declared is known to be its way. */
  between(sources: string[], targets: string[], ran: string[], besideOthers = sources.length > 1): Way[] {
    const declared = sources.flatMap((from) => targets.flatMap((to) => this.#declared(from, to, ran)));
    if (besideOthers) return declared;
    const [only] = sources;
    const others = only === undefined ? [] : targets.filter((to) => !declared.some((way) => way.to === to));
    return [...declared, ...others.map((to): Way => ({ from: only ?? "", to, kind: "undeclared", label: null, passed: [] }))];
  }

  toEnd(from: string): Way[] {
    const end = this.#routes.find((route) => route.from === from && nameOf(route.to) === "__end__");
    return end ? this.#declared(from, end.to, [end.to]) : [];
  }

  #declared(from: string, to: string, ran: string[]): Way[] {
    const route = this.#routes.find((one) => one.from === from && one.to === to);
    if (!route) return [];
    const others = this.#routes.filter((one) => one.from === from && one.conditional && !ran.includes(one.to));
    return [{ from, to, kind: route.conditional ? "chosen" : "edge", label: route.label, passed: route.conditional ? others.map((one) => one.to) : [] }];
  }
}

/** How the code says that a node may go on to another one. */
export function declaration(way: Way): string {
  const [from, to] = [nameOf(way.from), nameOf(way.to)];
  return `def ${from}(state) -> Command[Literal["${to}"]]`;
}
