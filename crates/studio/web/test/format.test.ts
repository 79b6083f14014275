// Durations, sizes, times and ids as they are written.

import { describe, expect, it } from "vitest";
import { bytes, clock, count, dateTime, duration, elapsed, plural, relative, shortId, shortTime } from "../src/model/format.ts";

describe("durations", () => {
  it.each([[0, "0 ms"], [0.42, "0.4 ms"], [31, "31 ms"], [999, "999 ms"], [999.7, "1.0 s"], [2_140, "2.1 s"], [12_400, "12 s"], [60_000, "1 min"], [64_000, "1 min 4 s"], [3_599_900, "60 min"], [7_380_000, "2 h 3 min"], [200_000_000, "2 d 7 h"]])("%d", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});

describe("sizes", () => {
  it.each([[0, "0 B"], [999, "999 B"], [1_234, "1.2 kB"], [45_678, "46 kB"], [999_900, "1.0 MB"], [5_000_000, "5.0 MB"]])("%d", (size, text) => {
    expect(bytes(size)).toBe(text);
  });
  it.each([[812, "812"], [1_000, "1k"], [1_234, "1.2k"], [34_100, "34k"], [999_900, "1M"]])("count %d", (size, text) => {
    expect(count(size)).toBe(text);
  });
  it.each([[0, "0 runs"], [1, "1 run"], [2, "2 runs"]])("%d runs", (number, text) => {
    expect(plural(number, "run")).toBe(text);
  });
});

describe("times", () => {
  const at = new Date(2026, 2, 4, 14, 2, 11);
  const iso = at.toISOString();
  it("are those of the machine", () => {
    expect(clock(iso)).toBe("14:02:11");
    expect(dateTime(iso)).toBe("2026-03-04 14:02:11");
    expect(clock("never")).toBe("never");
  });
  it.each([[new Date(2026, 2, 4, 20), "14:02:11"], [new Date(2026, 2, 5), "4 Mar 14:02"], [new Date(2027, 0, 1), "2026-03-04"]])("are short %#", (now, text) => {
    expect(shortTime(iso, now)).toBe(text);
  });
  it.each([[3, "just now"], [40, "40 s ago"], [240, "4 min ago"], [7_200, "2 h ago"], [400_000, "5 days ago"], [-3, "now"], [-7_200, "in 2 h"]])("relative to %d seconds later", (seconds, text) => {
    expect(relative(iso, new Date(at.getTime() + seconds * 1000))).toBe(text);
  });
  it("between", () => {
    expect(elapsed(iso, new Date(at.getTime() + 5).toISOString(), at)).toBe(5);
    expect(elapsed(iso, null, new Date(at.getTime() + 7))).toBe(7);
    expect(elapsed(null, null, at)).toBeNull();
    expect(elapsed(iso, null, new Date(at.getTime() - 7))).toBe(0);
  });
});

describe("ids", () => {
  it.each([["01a21e1f-a652-7010-a0d0-5410a821d951", "01a2…951"], ["my-thread", "my-thread"], ["a-very-long-name-of-something-else", "a-very-long-…ing-else"]])("%s", (id, text) => {
    expect(shortId(id)).toBe(text);
  });
});
