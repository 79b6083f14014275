// A run as a waterfall: its nodes and calls as bars that lie in each other, what waited apart from what worked, and idle time that can be left out.

import type { Call, RunStatus, Step } from "../api/wire.ts";

export interface Bar {
  id: string;
  label: string;
  kind: "run" | "node" | "model" | "tool" | "retriever";
  status: "running" | "success" | "error" | "interrupted" | "cancelled" | "pending";
  /** 0 for the run, one more for each level within. */
  depth: number;
  parent: string | null;
  /** Milliseconds from the beginning of the timeline. */
  from: number;
  to: number;
  /** Where waiting ended and work began: of the run, when it got its slot. Before it the bar is drawn as waiting. */
  workFrom: number;
  firstToken: number | null;
  /** Bars of the same parent that overlap lie in different lanes. */
  lane: number;
  attempt: number;
  step: Step | null;
  call: Call | null;
}

export interface Gap {
  from: number;
  to: number;
}

export interface Timeline {
  /** In time as the clock has it. */
  begins: number;
  total: number;
  /** Each after what it lies in, by time. */
  bars: Bar[];
  /** When nothing worked, though the run had begun. */
  idle: Gap[];
}

export interface TimedRun {
  run_id: string;
  status: RunStatus;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  attempt: number;
}

/** `now` is where bars end that have not. */
export function timelineOf(run: TimedRun, steps: readonly Step[], calls: readonly Call[], now: Date): Timeline {
  const begins = Date.parse(run.created_at);
  const end = run.ended_at === null ? now.getTime() : Date.parse(run.ended_at);
  const times = { begins, end };
  const bars = [runBar(run, times), ...steps.map((step) => stepBar(run, step, times)), ...calls.map((call) => callBar(run, call, steps, times))];
  const nested = nest(bars);
  const total = Math.max(1, ...bars.map((bar) => bar.to));
  return { begins, total, bars: nested, idle: idleIn(bars) };
}

interface Times {
  begins: number;
  /** Of the run, or now. */
  end: number;
}

function at(iso: string | null, { begins, end }: Times): number {
  const ms = iso === null ? end : Date.parse(iso);
  return Math.max(0, (Number.isNaN(ms) ? end : ms) - begins);
}

function runBar(run: TimedRun, times: Times): Bar {
  const to = at(run.ended_at, times);
  const workFrom = run.started_at === null ? to : Math.min(to, at(run.started_at, times));
  return { ...BLANK, id: run.run_id, label: "run", kind: "run", status: runStatus(run.status), from: 0, to, workFrom, attempt: run.attempt };
}

const BLANK: Omit<Bar, "id" | "label" | "kind" | "status" | "from" | "to" | "workFrom"> = { depth: 0, parent: null, firstToken: null, lane: 0, attempt: 1, step: null, call: null };

function runStatus(status: RunStatus): Bar["status"] {
  return status === "timeout" ? "error" : status;
}

export function stepKey(step: Step): string {
  return `${step.task_id}#${step.attempt}`;
}

function stepBar(run: TimedRun, step: Step, times: Times): Bar {
  const from = at(step.started_at, times);
  const to = Math.max(from, at(step.ended_at, times));
  // The subgraph's namespace ends with the task that started it.
  const around = step.ns.split("|").findLast((part) => !/^\d+$/.test(part))?.split(":")[1];
  const parent = around ? `${around}#${step.attempt}` : run.run_id;
  return { ...BLANK, id: stepKey(step), label: step.node, kind: "node", status: step.status, parent, from, to, workFrom: from, attempt: step.attempt, step };
}

function callBar(run: TimedRun, call: Call, steps: readonly Step[], times: Times): Bar {
  const from = at(call.started_at, times);
  const to = Math.max(from, at(call.ended_at, times));
  // A node that was executed again has several bars: the call lies in the last that had begun.
  const step = steps.findLast((one) => one.task_id === call.task_id && one.started_at <= call.started_at) ?? steps.findLast((one) => one.task_id === call.task_id);
  const parent = call.parent_call_id ?? (step ? stepKey(step) : run.run_id);
  const label = call.kind === "model" ? (call.model ?? call.name) : call.name;
  const firstToken = call.first_token_at === null ? null : at(call.first_token_at, times);
  return { ...BLANK, id: call.call_id, label, kind: call.kind, status: call.status, parent, from, to, workFrom: from, firstToken, call };
}

/** Each bar after its parent, children by time; one whose parent is not known lies in the run. */
function nest(bars: Bar[]): Bar[] {
  const [run] = bars;
  if (!run) return [];
  const ids = new Set(bars.map((bar) => bar.id));
  const children = new Map<string, Bar[]>();
  for (const bar of bars.slice(1)) {
    const parent = bar.parent !== null && ids.has(bar.parent) && bar.parent !== bar.id ? bar.parent : run.id;
    const list = children.get(parent) ?? [];
    children.set(parent, list);
    list.push({ ...bar, parent });
  }
  const nested: Bar[] = [];
  const put = (bar: Bar, depth: number): void => {
    nested.push({ ...bar, depth });
    const own = children.get(bar.id) ?? [];
    // Taken out, so that bars that name each other as parents do not go on for ever.
    children.delete(bar.id);
    for (const child of inLanes(own.toSorted((a, b) => a.from - b.from || a.to - b.to))) put(child, depth + 1);
  };
  put(run, 0);
  return nested;
}

function inLanes(bars: Bar[]): Bar[] {
  const ends: number[] = [];
  return bars.map((bar) => {
    const free = ends.findIndex((end) => end <= bar.from);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = Math.max(bar.to, bar.from + 0.001);
    return { ...bar, lane };
  });
}

/** Stretches within the run in which no node and no call was at work. */
function idleIn(bars: Bar[]): Gap[] {
  const [run, ...rest] = bars;
  if (!run) return [];
  const busy = rest.map(({ from, to }) => ({ from, to })).toSorted((a, b) => a.from - b.from);
  const idle: Gap[] = [];
  let until = run.workFrom;
  if (until > 0) idle.push({ from: 0, to: until });
  for (const { from, to } of busy) {
    if (from > until) idle.push({ from: until, to: from });
    until = Math.max(until, to);
  }
  if (run.to > until && rest.length > 0) idle.push({ from: until, to: run.to });
  return idle;
}

/** From milliseconds to a part of the width (0 to 1), over the stretch that is shown. */
export interface Scale {
  place: (ms: number) => number;
  /** The other way, for a brush. */
  ms: (place: number) => number;
  /** Stretches that take no width but a notch. */
  cut: Gap[];
}

export interface ScaleWish {
  from: number;
  to: number;
  /** Leave out idle stretches that are longer than a twentieth of what is shown. */
  collapse: boolean;
}

const NOTCH = 0.02;

export function scaleOf(timeline: Timeline, wish: ScaleWish): Scale {
  const shown = Math.max(1e-6, wish.to - wish.from);
  const within = timeline.idle.map((gap) => ({ from: Math.max(gap.from, wish.from), to: Math.min(gap.to, wish.to) }));
  const cut = wish.collapse ? within.filter((gap) => gap.to - gap.from > shown / 20) : [];
  const left = cut.reduce((sum, gap) => sum - (gap.to - gap.from), shown);
  const notch = cut.length === 0 ? 0 : left <= 0 ? 1 / cut.length : Math.min(NOTCH, 0.5 / cut.length);
  const perMs = left <= 0 ? 0 : (1 - notch * cut.length) / left;
  const place = (ms: number): number => {
    let [sum, last] = [0, wish.from];
    for (const gap of cut) {
      if (ms <= gap.from) break;
      sum += (gap.from - last) * perMs + (ms >= gap.to ? notch : (notch * (ms - gap.from)) / (gap.to - gap.from));
      last = Math.min(ms, gap.to);
    }
    return sum + (ms - last) * (ms >= last ? perMs : 0);
  };
  return { place, cut, ms: (part) => inverse(place, part, wish) };
}

function inverse(place: (ms: number) => number, part: number, { from, to }: ScaleWish): number {
  let [low, high] = [from, to];
  for (let round = 0; round < 50; round += 1) {
    const middle = (low + high) / 2;
    if (place(middle) < part) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Round times for the marks above the bars, at most so many. */
export function ticks(from: number, to: number, most = 8): number[] {
  const rough = (to - from) / Math.max(1, most);
  if (!(rough > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor(to / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, place) => Number(((first + place) * step).toPrecision(12)));
}
