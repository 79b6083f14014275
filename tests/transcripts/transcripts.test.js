// What the server at LGX_URL streams of `tests/projects/told` is what the official server streams, but for the differences that are known.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { comparable, DIFFERENCES, LIKE } from "./differences.js";
import { fileName, normal } from "./normal.js";
import { playRuns, playSession } from "./play.js";
import { RUNS, SESSIONS } from "./scenarios.js";

const unused = new Set([...Object.keys(DIFFERENCES), ...Object.keys(LIKE)]);

for (const [kind, scenarios, play] of [["runs", RUNS, playRuns], ["sessions", SESSIONS, playSession]]) {
  describe(kind, () => {
    for (const [name, scenario] of Object.entries(scenarios)) {
      test(name, async () => {
        const told = await play(process.env.LGX_URL, scenario);
        assert.deepEqual(normal(told.map((events) => events.map(comparable))), expected(kind, name, scenario));
      });
    }
  });
}

test("every difference is still one", () => assert.deepEqual([...unused], []));

/** What was recorded, as lgx sends it. */
function expected(kind, name, [graph]) {
  const like = LIKE[name];
  if (like) unused.delete(name);
  const file = `recorded/${kind}/${fileName(like ?? name)}.json`;
  const recorded = JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8"));
  return normal(recorded.map((events) => events.flatMap((event, index) => changed(event, { kind, graph, before: events.slice(0, index) }))));
}

/** An event with the differences that there are for it; none if lgx does not send it. */
function changed(event, { kind, ...about }) {
  let result = event;
  for (const [name, { [kind]: change }] of Object.entries(DIFFERENCES)) {
    const other = change && result && change(result, about);
    if (!change || other === result) continue;
    unused.delete(name);
    result = other;
  }
  return result ? [result] : [];
}
