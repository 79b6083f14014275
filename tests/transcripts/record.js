// `node record.js URL [FOLDER]`: writes what the server at URL streams, by default as the official server's.

import { mkdirSync, writeFileSync } from "node:fs";
import { fileName, normal } from "./normal.js";
import { playRuns, playSession } from "./play.js";
import { RUNS, SESSIONS } from "./scenarios.js";

const [url, folder = new URL("recorded", import.meta.url).pathname] = process.argv.slice(2);
for (const [kind, scenarios, play] of [["runs", RUNS, playRuns], ["sessions", SESSIONS, playSession]]) {
  mkdirSync(`${folder}/${kind}`, { recursive: true });
  for (const [name, scenario] of Object.entries(scenarios)) {
    const told = normal(await play(url, scenario));
    writeFileSync(`${folder}/${kind}/${fileName(name)}.json`, text(told));
  }
}

/** An event on each line. */
function text(told) {
  return `[\n${told.map((events) => ` [\n${events.map((event) => `  ${JSON.stringify(event)}`).join(",\n")}\n ]`).join(",\n")}\n]\n`;
}
