// The waterfall: bars where the times say, waiting apart from work, keys that walk and zoom.
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Step } from "../src/api/wire.ts";
import { timelineOf } from "../src/model/timeline.ts";
import { Waterfall } from "../src/parts/waterfall.tsx";

const begun = Date.parse("2026-11-27T10:00:00Z");

function at(ms: number): string {
  return new Date(begun + ms).toISOString();
}

function step(id: string, from: number, to: number): Step {
  return { task_id: id, node: id, ns: "", step: 1, started_at: at(from), ended_at: at(to), status: "success", error: null, attempt: 1 };
}

const run = { run_id: "r", status: "success" as const, created_at: at(0), started_at: at(500), ended_at: at(2000), attempt: 1 };
const timeline = timelineOf(run, [step("a", 500, 1000), step("b", 1000, 2000), step("c", 1100, 1900)], [], new Date());

function Shown() {
  const [selected, setSelected] = useState<string | null>(null);
  return <Waterfall timeline={timeline} selected={selected} onSelect={({ id }) => setSelected(id)} />;
}

function bar(name: string): HTMLElement {
  const row = document.querySelector<HTMLElement>(`[data-bar="${name}"]`);
  if (!row) throw new Error(`no bar ${name}`);
  return row;
}

function part(name: string, of: string): CSSStyleDeclaration | undefined {
  return bar(name).querySelector<HTMLElement>(of)?.style;
}

// happy-dom lays nothing out.
beforeAll(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(400);
});

afterEach(cleanup);

test("the run's wait for a slot is drawn apart from its work", () => {
  render(<Shown />);
  expect(part("run", ".waterfall-wait")).toMatchObject({ width: "25.000%" });
  expect(part("run", ".waterfall-bar")?.width).toBe("75.000%");
  expect(part("a", ".waterfall-wait")).toBeUndefined();
  expect(screen.getByRole("option", { name: /^run ?1\.5 s ?, waited 500 ms, success$/ })).toBeTruthy();
});

test("bars begin and end when their steps did, so that parallel ones overlap", () => {
  render(<Shown />);
  const spans = ["a", "b", "c"].map((name) => [Number(bar(name).dataset.from), Number(bar(name).dataset.to)]);
  expect(spans).toEqual([
    [500, 1000],
    [1000, 2000],
    [1100, 1900],
  ]);
});

test("arrows walk the bars, + zooms and 0 shows all again", () => {
  render(<Shown />);
  const list = screen.getByRole("listbox", { name: "Steps and calls" });
  fireEvent.keyDown(list, { key: "ArrowDown" });
  expect(bar("a").getAttribute("aria-selected")).toBe("true");
  const width = part("a", ".waterfall-bar")?.width;
  fireEvent.keyDown(list, { key: "+" });
  expect(part("a", ".waterfall-bar")?.width).not.toBe(width);
  fireEvent.keyDown(list, { key: "0" });
  expect(part("a", ".waterfall-bar")?.width).toBe(width);
});
