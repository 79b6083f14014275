// Finding by a few letters, as a table.
import { describe, expect, it } from "vitest";
import { findIn } from "../src/model/find.ts";

const NAMES = ["agent", "nested_chat", "chat", "hitl_many", "tools_kinds", "Logs g l", "1f0c2d5e-aaaa-bbbb"];

describe("a few letters", () => {
  const rows: [string, string[]][] = [
    ["", NAMES],
    ["chat", ["chat", "nested_chat"]],
    ["CHAT nest", ["nested_chat"]],
    ["hm", ["hitl_many"]],
    ["1f0c", ["1f0c2d5e-aaaa-bbbb"]],
    ["logs", ["Logs g l"]],
    ["zzz", []],
  ];
  it.each(rows)("%j", (typed, found) => expect(findIn(NAMES, typed, (name) => name, 10)).toEqual(found));

  it("as many as are wanted", () => expect(findIn(NAMES, "", (name) => name, 2)).toEqual(["agent", "nested_chat"]));
});
