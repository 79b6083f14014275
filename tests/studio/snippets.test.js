// Requests as code: what the page gives out as curl, Python and JavaScript is run, and asks for the same.

import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { open, studio } from "./browser.js";
import { get, runsOf, threadWith, valuesOf } from "./server.js";

const PYTHON = process.env.LGX_PYTHON ?? "";
/** Where the JavaScript SDK is installed. */
const SDK_JS = process.env.LGX_SDK_JS ?? "";
const run = promisify(execFile);

const LANGUAGES = [
  { name: "curl", missing: spawnSync("curl", ["--version"]).error ? "there is no curl" : undefined, execute: (code) => run("bash", ["-c", code]) },
  { name: "Python", missing: PYTHON === "" ? "LGX_PYTHON names no interpreter" : undefined, execute: (code) => run(PYTHON, ["-c", code]) },
  { name: "JavaScript", missing: SDK_JS === "" ? "LGX_SDK_JS names no folder" : undefined, execute: runJavaScript },
];

/** Packages are looked for beside the file. */
async function runJavaScript(code) {
  const folder = await mkdtemp(join(tmpdir(), "snippet-"));
  try {
    await symlink(join(SDK_JS, "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "snippet.mjs"), code);
    return await run(process.execPath, [join(folder, "snippet.mjs")]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Words that a shell, a string or a terminal could take for something else. */
const SAID = `it's "naïve" $HOME \`id\` \\n ${"\u2028"} 😀`;
const input = { messages: [{ role: "user", content: SAID }] };

const inputOf = async (runId) => (await get(`/lgx/runs/${runId}`)).kwargs.input;

for (const { name, missing, execute } of LANGUAGES) {
  studio(`a run as ${name} asks for the same again`, { skip: missing }, async ({ page }) => {
    const thread = await threadWith("chat", input);
    const [{ run_id: first }] = await runsOf(thread);
    await open(page, `/runs/${first}?view=request`);
    await page.getByRole("tab", { name, exact: true }).click();
    const code = await page.getByRole("group", { name: "The same as code" }).textContent();
    const { stdout } = await execute(code);
    assert.match(stdout, /values|updates/, "what was streamed is printed");
    const runs = await runsOf(thread);
    assert.deepEqual(runs.map((one) => one.status), ["success", "success"]);
    assert.deepEqual(await inputOf(runs[0].run_id), await inputOf(first));
    const said = (await valuesOf(thread)).messages.filter((message) => message.type === "human");
    assert.deepEqual(said.map((message) => message.content), [SAID, SAID]);
  });

  studio(`what is sent on a thread is copied as ${name}`, { skip: missing, context: { permissions: ["clipboard-read", "clipboard-write"] } }, async ({ page }) => {
    const thread = await threadWith("goto", { to: "left" });
    await open(page, `/threads/${thread}`);
    await page.locator('[data-run-status="success"]').waitFor();
    await page.getByRole("button", { name: "Copy as…" }).click();
    await page.getByRole("button", { name, exact: true }).click();
    await page.getByText(`The request is copied as ${name}`).waitFor();
    await execute(await page.evaluate(() => navigator.clipboard.readText()));
    const [newest, before] = await runsOf(thread);
    assert.equal(newest.status, "success");
    assert.deepEqual(await inputOf(newest.run_id), await inputOf(before.run_id));
  });
}
