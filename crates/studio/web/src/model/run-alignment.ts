// Two runs side by side: which step of one answers to which of the other, and where they begin to differ.

import type { Json, JsonObject, Step } from "../api/wire.ts";

/** A step with the state as it was after it, where a checkpoint has it. */
export interface ComparedStep {
  step: Step;
  values: JsonObject | null;
}

/** A state of a run's thread, as the API's history has it; of it what is compared. */
export interface RunState {
  values: unknown;
  metadata?: { step?: unknown } | null | undefined;
}

/** Steps with the states that they made. Steps of subgraphs have none: the history is that of the whole graph. */
export function comparedSteps(steps: Step[], states: readonly RunState[]): ComparedStep[] {
  const values = new Map<number, JsonObject>();
  for (const state of states) {
    const step = state.metadata?.step;
    // What the API answers is JSON.
    if (typeof step === "number" && isJsonObject(state.values)) values.set(step, state.values);
  }
  return inOrder(steps).map((step) => ({ step, values: step.ns === "" ? (values.get(step.step) ?? null) : null }));
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export interface AlignedStep {
  /** `child:inner`: the node's path in the drawing. */
  path: string;
  left: ComparedStep | null;
  right: ComparedStep | null;
  /** In what the two differ; empty when they agree, or when that is not known yet. */
  differs: ("missing" | "status" | "error" | "state")[];
  /** One of the runs goes on, and has not come so far. */
  awaited: boolean;
  /** The keys of the state that differ after this step. */
  keys: string[];
}

/** `child:2b1f…|inner:77…` of a namespace and a node's name → `child:inner:node`. */
export function nodePath(step: Pick<Step, "ns" | "node">): string {
  const parents = step.ns === "" ? [] : step.ns.split("|").map((part) => part.split(":")[0] ?? part);
  return [...parents, step.node].join(":");
}

/** In the order in which they began; those of one step, which began together, by name, so that two runs agree on it. */
export function inOrder(steps: Step[]): Step[] {
  return steps.toSorted((one, other) => {
    if (one.ns === other.ns && one.step !== other.step) return one.step - other.step;
    if (one.ns === other.ns) return nodePath(one).localeCompare(nodePath(other)) || one.attempt - other.attempt;
    return one.started_at.localeCompare(other.started_at);
  });
}

/** `goesOn`: which of the runs have not ended; steps that they have not come to yet are no difference. */
export function alignRuns(left: ComparedStep[], right: ComparedStep[], goesOn = { left: false, right: false }): AlignedStep[] {
  const steps = pairs(left, right).map(([one, other]) => aligned(one, other));
  for (const step of steps.toReversed()) {
    if (!(step.left === null && goesOn.left) && !(step.right === null && goesOn.right)) break;
    step.differs = [];
    step.awaited = true;
  }
  return steps;
}

/** The place of the first step in which the two are not the same; -1 when there is none. */
export function firstDifference(steps: AlignedStep[]): number {
  return steps.findIndex((step) => step.differs.length > 0);
}

function aligned(left: ComparedStep | null, right: ComparedStep | null): AlignedStep {
  const some = left ?? right;
  const path = some === null ? "" : nodePath(some.step);
  if (left === null || right === null) return { path, left, right, differs: ["missing"], awaited: false, keys: [] };
  const differs: AlignedStep["differs"] = [];
  const awaited = left.step.status === "running" || right.step.status === "running";
  if (awaited) return { path, left, right, differs, awaited, keys: [] };
  if (left.step.status !== right.step.status) differs.push("status");
  if (left.step.error !== right.step.error) differs.push("error");
  const keys = left.values === null || right.values === null ? [] : differingKeys(left.values, right.values);
  if (keys.length > 0) differs.push("state");
  return { path, left, right, differs, awaited, keys };
}

type Pair = [ComparedStep | null, ComparedStep | null];

/** The longest common row of node names is matched; what is between is on one side only. */
function pairs(left: ComparedStep[], right: ComparedStep[]): Pair[] {
  const a = left.map(({ step }) => nodePath(step));
  const b = right.map(({ step }) => nodePath(step));
  let begin = 0;
  while (begin < a.length && begin < b.length && a[begin] === b[begin]) begin++;
  const lengths = commonLengths(a, b, begin);
  const width = b.length - begin + 1;
  const length = (i: number, j: number) => lengths[(i - begin) * width + (j - begin)] ?? 0;
  const found: Pair[] = left.slice(0, begin).map((one, place) => [one, right[place] ?? null]);
  let [i, j] = [begin, begin];
  while (i < a.length || j < b.length) {
    const one = left[i] ?? null;
    const other = right[j] ?? null;
    if (one !== null && other !== null && a[i] === b[j]) {
      found.push([one, other]);
      i++;
      j++;
    } else if (one !== null && (other === null || length(i + 1, j) >= length(i, j + 1))) {
      found.push([one, null]);
      i++;
    } else {
      found.push([null, other]);
      j++;
    }
  }
  return found;
}

/** How long the longest common row of what follows each pair of places is. A run keeps 2,000 steps at most. */
function commonLengths(a: string[], b: string[], begin: number): Uint16Array {
  const width = b.length - begin + 1;
  const lengths = new Uint16Array((a.length - begin + 1) * width);
  for (let i = a.length - 1; i >= begin; i--) {
    for (let j = b.length - 1; j >= begin; j--) {
      const at = (i - begin) * width + (j - begin);
      lengths[at] =
        a[i] === b[j]
          ? (lengths[at + width + 1] ?? 0) + 1
          : Math.max(lengths[at + width] ?? 0, lengths[at + 1] ?? 0);
    }
  }
  return lengths;
}

export function differingKeys(left: JsonObject, right: JsonObject): string[] {
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].filter((key) => !sameValue(left[key], right[key])).toSorted();
}

/** The same but for what no two runs share: the ids of messages. */
export function sameValue(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (left === undefined || right === undefined) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, place) => sameValue(item, right[place]));
  }
  const ignored = isMessage(left) && isMessage(right) ? "id" : null;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => key === ignored || sameValue(left[key], right[key]));
}

function isMessage(value: JsonObject): boolean {
  return "content" in value && (typeof value["type"] === "string" || typeof value["role"] === "string");
}
