// Filtering and merging of log lines, as tables.
import { describe, expect, it } from "vitest";
import type { LogLine } from "../src/api/wire.ts";
import { ALL_LINES, filterLines, mergeLines, type LogFilter } from "../src/model/log-filter.ts";

function line(id: number, part: Partial<LogLine> = {}): LogLine {
  return { id, at: "2026-01-01T00:00:00Z", level: "info", logger: null, message: `line ${id}`, stream: "log", run_id: null, thread_id: null, node: null, task_id: null, generation: 1, ...part };
}

const LINES = [line(1, { level: "debug" }), line(2, { run_id: "abc-1", node: "tools" }), line(3, { level: "error", run_id: "abd-2", message: "Kaboom" }), line(4, { logger: "httpx" })];

describe("a filter", () => {
  const rows: [string, Partial<LogFilter>, number[]][] = [
    ["nothing", {}, [1, 2, 3, 4]],
    ["a level and worse", { level: "warning" }, [3]],
    ["the beginning of a run", { run: "ab" }, [2, 3]],
    ["a whole run", { run: "abc-1" }, [2]],
    ["text in any case", { text: "kaBOOM" }, [3]],
    ["a node", { text: "tools" }, [2]],
    ["a logger", { text: "httpx" }, [4]],
    ["all at once", { text: "line", run: "ab", level: "info" }, [2]],
  ];
  it.each(rows)("by %s", (_, part, ids) => expect(filterLines(LINES, { ...ALL_LINES, ...part }).map((one) => one.id)).toEqual(ids));

  it("by nothing copies nothing", () => expect(filterLines(LINES, ALL_LINES)).toBe(LINES));
});

describe("merging", () => {
  const ids = (lines: readonly LogLine[]) => lines.map((one) => one.id);
  it("appends what is newer", () => expect(ids(mergeLines(LINES, [line(5)], 10))).toEqual([1, 2, 3, 4, 5]));
  it("takes each line once", () => expect(ids(mergeLines(LINES, [line(3), line(4), line(5)], 10))).toEqual([1, 2, 3, 4, 5]));
  it("puts late ones where they belong", () => expect(ids(mergeLines([line(5)], LINES, 10))).toEqual([1, 2, 3, 4, 5]));
  it("lets the oldest go", () => expect(ids(mergeLines(LINES, [line(5)], 2))).toEqual([4, 5]));
});
