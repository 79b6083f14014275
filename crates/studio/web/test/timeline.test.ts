// Bars lie where their times say, in what they are part of; waiting is told from work, and idle time can be left out.

import { describe, expect, it } from "vitest";
import type { Call, Step } from "../src/api/wire.ts";
import { scaleOf, ticks, timelineOf, type TimedRun } from "../src/model/timeline.ts";

const at = (ms: number): string => new Date(1_700_000_000_000 + ms).toISOString();
const now = new Date(1_700_000_000_000 + 5_000);
const run: TimedRun = { run_id: "r", status: "success", created_at: at(0), started_at: at(100), ended_at: at(1_000), attempt: 1 };
const step = (task: string, from: number, to: number | null, more: Partial<Step> = {}): Step => ({
  task_id: task, node: task, ns: "", step: 1, started_at: at(from), ended_at: to === null ? null : at(to), status: to === null ? "running" : "success", error: null, attempt: 1, ...more,
});
const call = (id: string, from: number, to: number | null, more: Partial<Call> = {}): Call => ({
  call_id: id, parent_call_id: null, task_id: null, node: null, ns: "", kind: "model", name: "Chat", model: "fake", provider: null, started_at: at(from), first_token_at: null, ended_at: to === null ? null : at(to),
  status: to === null ? "running" : "success", input: null, output: null, tools: [], parameters: {}, usage: null, error: null, cut: false, ...more,
});
const shown = (steps: Step[], calls: Call[] = [], of = run) => timelineOf(of, steps, calls, now).bars.map((bar) => `${"  ".repeat(bar.depth)}${bar.label} ${bar.from}-${bar.to}${bar.lane ? ` lane ${bar.lane}` : ""}`);

describe("a waterfall", () => {
  it("has the run, then its nodes by time, those side by side in lanes", () => {
    expect(shown([step("b", 300, 600), step("a", 100, 500), step("c", 600, 900)])).toEqual(["run 0-1000", "  a 100-500", "  b 300-600 lane 1", "  c 600-900"]);
  });

  it("has nodes of subgraphs and calls within what made them", () => {
    const steps = [step("child", 100, 900), step("c1", 200, 400, { ns: "child:child" }), step("deep", 210, 300, { ns: "child:child|c1:c1|1" })];
    const calls = [call("m", 210, 390, { task_id: "c1" }), call("t", 220, 380, { parent_call_id: "m", kind: "tool", name: "search" })];
    expect(shown(steps, calls)).toEqual(["run 0-1000", "  child 100-900", "    c1 200-400", "      deep 210-300", "      fake 210-390 lane 1", "        search 220-380"]);
  });

  it("loses nothing whose parent is not known, or that is its own", () => {
    expect(shown([step("x", 1, 2, { ns: "gone:1" })], [call("m", 3, 4, { parent_call_id: "m" }), call("n", 5, 6, { task_id: "gone" })])).toHaveLength(4);
  });

  it("tells waiting from work", () => {
    expect(timelineOf(run, [], [], now).bars[0]).toMatchObject({ from: 0, workFrom: 100, to: 1_000 });
    expect(timelineOf({ ...run, status: "pending", started_at: null, ended_at: null }, [], [], now).bars[0]).toMatchObject({ workFrom: 5_000, to: 5_000, status: "pending" });
  });

  it("ends at this moment what has not ended", () => {
    expect(shown([step("a", 100, null)], [], { ...run, ended_at: null })).toEqual(["run 0-5000", "  a 100-5000"]);
  });

  it("keeps attempts apart, with their calls", () => {
    const steps = [step("a", 100, 200, { status: "cancelled" }), step("a", 500, 700, { attempt: 2 })];
    expect(shown(steps, [call("m", 550, 600, { task_id: "a" }), call("n", 110, 120, { task_id: "a" })])).toEqual(["run 0-1000", "  a 100-200", "    fake 110-120", "  a 500-700", "    fake 550-600"]);
  });

  it("knows when nothing worked", () => {
    expect(timelineOf(run, [step("a", 150, 300), step("b", 250, 400), step("c", 800, 1_000)], [], now).idle).toEqual([{ from: 0, to: 100 }, { from: 100, to: 150 }, { from: 400, to: 800 }]);
  });
});

describe("a scale", () => {
  const timeline = timelineOf({ ...run, started_at: at(0), ended_at: at(100_000) }, [step("a", 0, 1_000), step("b", 99_000, 100_000)], [], now);

  it("is straight when nothing is left out", () => {
    const { place } = scaleOf(timeline, { from: 0, to: 100_000, collapse: false });
    expect([0, 25_000, 100_000].map(place)).toEqual([0, 0.25, 1]);
  });

  it("gives idle time no more than a notch", () => {
    const scale = scaleOf(timeline, { from: 0, to: 100_000, collapse: true });
    expect(scale.cut).toEqual([{ from: 1_000, to: 99_000 }]);
    expect(scale.place(1_000)).toBeCloseTo(0.49);
    expect(scale.place(99_000)).toBeCloseTo(0.51);
    expect(scale.place(100_000)).toBeCloseTo(1);
    expect(scale.ms(scale.place(500))).toBeCloseTo(500, 3);
    const places = Array.from({ length: 101 }, (_, part) => scale.place(part * 1_000));
    expect(places.every((place, index) => index === 0 || place >= (places[index - 1] ?? 0))).toBe(true);
  });

  it("shows a part", () => {
    const { place } = scaleOf(timeline, { from: 500, to: 1_500, collapse: false });
    expect([500, 1_000, 1_500].map(place)).toEqual([0, 0.5, 1]);
  });
});

describe("marks", () => {
  it.each([
    [0, 1_000, 5, [0, 200, 400, 600, 800, 1_000]],
    [0, 95, 10, [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]],
    [130, 470, 4, [200, 300, 400]],
    [0, 0, 4, [0]],
  ])("from %d to %d", (from, to, most, marks) => {
    expect(ticks(from, to, most)).toEqual(marks);
  });
});
