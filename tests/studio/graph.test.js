// The graph as the code declares it.

import assert from "node:assert/strict";
import { node, nodeIs, nodeWas, open, studio } from "./browser.js";
import { get, post, threadWith } from "./server.js";

/** The boxes that are drawn, without frames and pills. */
async function boxes(page) {
  return page.locator("[data-node]").evaluateAll((all) =>
    all.map((one) => {
      const { x, y, width, height } = one.getBoundingClientRect();
      return { path: one.getAttribute("data-node"), x, y, width, height };
    }),
  );
}

const apart = (a, b) => a.x + a.width <= b.x + 1 || b.x + b.width <= a.x + 1 || a.y + a.height <= b.y + 1 || b.y + b.height <= a.y + 1;
const within = (path, frame) => path.startsWith(`${frame}:`);

async function isWhole(page) {
  const canvas = await page.getByRole("region", { name: "Graph" }).boundingBox();
  for (const box of await boxes(page)) {
    const inside = box.x >= canvas.x && box.y >= canvas.y && box.x + box.width <= canvas.x + canvas.width && box.y + box.height <= canvas.y + canvas.height;
    assert.ok(inside, `${box.path} is in view`);
  }
}

studio("conditional edges are marked in every graph that has some, and labelled where the API has labels", async ({ page }) => {
  const graphs = [...new Set((await post("/assistants/search", { limit: 1000 })).map((assistant) => assistant.graph_id))];
  const drawn = await Promise.all(graphs.map(async (graph) => ({ graph, ...(await get(`/assistants/${graph}/graph`)) })));
  const conditional = drawn.filter(({ edges }) => edges.some((edge) => edge.conditional));
  assert.ok(conditional.some(({ graph }) => graph === "goto") && conditional.length >= 4, JSON.stringify(conditional.map(({ graph }) => graph)));
  for (const { graph, edges } of conditional) {
    await open(page, `/graphs/${graph}`);
    await node(page, "__start__").waitFor();
    for (const { source, target, conditional: routed, data } of edges) {
      const edge = page.locator(`[data-edge="${source}->${target}"]`);
      assert.equal(await edge.getAttribute("data-conditional"), String(routed === true), `${graph}: ${source} to ${target}`);
      if (data) await page.getByText(data, { exact: true }).first().waitFor();
    }
  }
});

studio("a subgraph opens in its own box and closes again, without boxes over each other, all in view", async ({ page }) => {
  await open(page, "/graphs/nested");
  await node(page, "child").waitFor();
  assert.equal(await node(page, "child:c1").count(), 0);
  await isWhole(page);
  await page.getByRole("button", { name: "Expand child" }).click();
  await node(page, "child:c1").waitFor();
  await node(page, "child:c2").waitFor();
  await isWhole(page);
  const drawn = await boxes(page);
  for (const [at, a] of drawn.entries()) {
    for (const b of drawn.slice(at + 1)) {
      if (within(a.path, b.path) || within(b.path, a.path)) continue;
      assert.ok(apart(a, b), `${a.path} and ${b.path}`);
    }
  }
  const [frame, inner] = ["child", "child:c1"].map((path) => drawn.find((box) => box.path === path));
  assert.ok(inner.x > frame.x && inner.y > frame.y && inner.x + inner.width < frame.x + frame.width);
  await page.getByRole("button", { name: "Collapse child" }).click();
  await node(page, "child:c1").waitFor({ state: "detached" });
});

studio("another graph is shown whole, and nothing of the one before", async ({ page }) => {
  await open(page, "/graphs/nested");
  await node(page, "child").waitFor();
  await page.getByRole("combobox", { name: "Graph", exact: true }).selectOption("multi");
  await node(page, "slow").waitFor();
  assert.equal(await node(page, "child").count(), 0);
  await isWhole(page);
});

studio("a node shows where its code is, by click and by keyboard", async ({ page }) => {
  await open(page, "/graphs/multi");
  await node(page, "slow").getByRole("button", { name: /^slow/ }).click();
  const details = page.getByRole("dialog", { name: "Node slow" });
  await details.getByText(/src\/multi\.py:\d+/).waitFor();
  await details.getByText("async def slow").waitFor();
  await page.keyboard.press("Escape");
  await details.waitFor({ state: "hidden" });
  await page.keyboard.press("Enter");
  await details.waitFor();
});

studio("a node says where the run came from and what was chosen behind it", async ({ page }) => {
  const thread = await threadWith("goto", { to: "left" });
  await open(page, `/threads/${thread}`);
  await nodeIs(page, "left", "done");
  await page.locator('[data-focus="route"]').click();
  const details = page.getByRole("dialog", { name: "Node route" });
  await details.locator('[data-way="route->left"]').getByText("chosen at run time, not right").waitFor();
  await page.keyboard.press("Escape");
  await page.locator('[data-focus="left"]').click();
  await page.getByRole("dialog", { name: "Node left" }).locator('[data-way="route->left"]').waitFor();
});

studio("a run that is over is replayed on its graph", async ({ page }) => {
  const thread = await threadWith("goto", { to: "left" });
  await open(page, `/threads/${thread}`);
  await nodeIs(page, "left", "done");
  await page.getByRole("button", { name: "Replay the run" }).click();
  const replay = page.getByRole("group", { name: "Replay" });
  const moment = replay.getByRole("slider", { name: "Moment of the run" });
  await moment.fill("0");
  await nodeIs(page, "route", "running");
  await nodeIs(page, "left", "idle");
  await moment.press("ArrowRight");
  await nodeIs(page, "route", "done");
  await replay.getByRole("button", { name: "Play", exact: true }).click();
  await nodeWas(page, "left", "running");
  await nodeIs(page, "left", "done");
  await replay.getByText("4 of 4").waitFor();
  await replay.getByRole("button", { name: "End the replay" }).click();
  await replay.waitFor({ state: "detached" });
});
