// The pictures of docs/studio.md, made of the pages as they are; only where `LGX_WRITE_DOCS` asks for it.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nodeIs, open, studio } from "./browser.js";
import { get, post, PROJECT, runToEnd, runsOf, threadWith } from "./server.js";

const FOLDER = process.env.LGX_WRITE_DOCS ?? "";

for (const colorScheme of ["light", "dark"]) {
  studio(`pictures for the documentation, ${colorScheme}`, { skip: FOLDER === "" && "LGX_WRITE_DOCS names no folder", context: { colorScheme } }, async ({ page }) => {
    await mkdir(FOLDER, { recursive: true });
    // The edges of a graph are drawn once its boxes are measured, a frame later.
    const drawn = () => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    const picture = async (name) => {
      await drawn();
      await page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}.png`) });
    };
    const waits = await threadWith("hitl", { question: "Cancel order 4471?" });
    await open(page, `/threads/${waits}?view=chat`);
    await nodeIs(page, "ask", "waiting");
    await page.locator("[data-interrupt]").first().waitFor();
    await picture("question");
    const chat = await threadWith("chat", { messages: [{ role: "user", content: "What is the weather?" }] });
    await open(page, `/threads/${chat}?view=chat`);
    await nodeIs(page, "model", "done");
    await page.locator('[data-edge="model->tools"][data-taken="true"]').waitFor({ state: "attached" });
    await page.getByText("You said: sunny in Paris").first().waitFor();
    await picture("chat");
    const parallel = await threadWith("parallel", { delay: 0.3 });
    await runToEnd(parallel, "parallel", { input: { delay: 0.2 } });
    const [{ run_id: run }] = await runsOf(parallel);
    await open(page, `/runs/${run}`);
    await page.getByRole("main").getByText("join", { exact: true }).first().waitFor();
    await picture("run");
    const forked = await threadWith("multi", { log: ["first"] });
    const history = await get(`/threads/${forked}/history?limit=10`);
    const { checkpoint } = history[2];
    await post(`/threads/${forked}/state`, { values: { log: ["another way"] }, checkpoint, as_node: "a" });
    await runToEnd(forked, "multi", { input: null });
    await open(page, `/threads/${forked}?view=state&checkpoint=${checkpoint.checkpoint_id}`);
    await page.getByText(/1 fork/).first().waitFor();
    await page.getByRole("list", { name: "What changed" }).waitFor();
    await picture("fork");
    const file = join(PROJECT, "src/multi.py");
    const before = await readFile(file, "utf8");
    const overlay = page.getByRole("alertdialog", { name: "The new code does not load" });
    try {
      await writeFile(file, before.replace('return {"log": ["b"]}', 'return {"log": ["b"]'));
      await overlay.locator("[aria-current]").waitFor();
      await picture("overlay");
    } finally {
      await writeFile(file, before);
      await overlay.waitFor({ state: "detached" });
    }
  });
}
