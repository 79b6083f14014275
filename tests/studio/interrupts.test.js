// What nodes ask, and what they are answered.

import assert from "node:assert/strict";
import { eventually, nodeIs, open, studio } from "./browser.js";
import { newThread, runBy, runToEnd, stateOf, threadWith, valuesOf } from "./server.js";

const cards = (page) => page.locator("[data-interrupt]");
const resume = (page) => page.getByRole("button", { name: /^Resume/ });

studio("a question is shown with its value, and Ctrl+Enter answers it", async ({ page }) => {
  const thread = await threadWith("hitl", { question: "Really?" });
  await open(page, `/threads/${thread}`);
  await nodeIs(page, "ask", "waiting");
  await cards(page).getByText("Really?").first().waitFor();
  await resume(page).waitFor();
  assert.equal(await page.getByRole("button", { name: /^(Submit|Send)/ }).count(), 0);
  await cards(page).getByRole("textbox", { name: "Answer", exact: true }).fill("yes");
  await runBy(page, () => page.keyboard.press("Control+Enter"));
  await nodeIs(page, "done", "done");
  assert.equal((await valuesOf(thread)).final, "answer=yes");
  await cards(page).waitFor({ state: "detached" });
  await page.getByRole("button", { name: /^(Submit|Send)/ }).first().waitFor();
});

studio("several questions are told apart, and one is answered without the others", async ({ page }) => {
  const thread = await threadWith("hitl_many", { items: ["a", "b"] });
  await open(page, `/threads/${thread}`);
  await cards(page).nth(1).waitFor();
  assert.equal(await cards(page).count(), 2);
  for (const at of [0, 1]) await cards(page).nth(at).getByText("worker asks before it goes on").waitFor();
  const { interrupts } = await stateOf(thread);
  const second = page.locator(`[data-interrupt="${interrupts[1].id}"]`);
  await second.getByRole("textbox", { name: "Answer", exact: true }).fill("two");
  const run = await runBy(page, () => resume(page).click());
  assert.deepEqual(run.kwargs.command.resume, { [interrupts[1].id]: "two" });
  await second.waitFor({ state: "detached" });
  await page.locator(`[data-interrupt="${interrupts[0].id}"]`).waitFor();
  await eventually(page, "only the other question", () => document.querySelectorAll("[data-interrupt]").length === 1);
  assert.deepEqual((await stateOf(thread)).interrupts.map(({ id }) => id), [interrupts[0].id]);
  await cards(page).getByRole("textbox", { name: "Answer", exact: true }).fill("one");
  await runBy(page, () => resume(page).click());
  await cards(page).first().waitFor({ state: "detached" });
  assert.deepEqual((await valuesOf(thread)).out.toSorted(), ["a:one", "b:two"]);
});

studio("a question with a schema has a form, and goes on to the next one", async ({ page }) => {
  const thread = await threadWith("schema_int", {});
  await open(page, `/threads/${thread}`);
  await cards(page).getByRole("tab", { name: "Form" }).waitFor();
  await cards(page).getByRole("textbox").first().fill("first answer");
  await resume(page).click();
  await cards(page).getByText("second").first().waitFor();
  await cards(page).getByRole("textbox", { name: "Answer", exact: true }).fill("second answer");
  await runBy(page, () => resume(page).click());
  await cards(page).first().waitFor({ state: "detached" });
  assert.deepEqual(await valuesOf(thread), { a: "first answer", b: "second answer" });
});

studio("actions of LangChain's shape are decided one by one, in their order", async ({ page }) => {
  const question = {
    action_requests: [
      { name: "cancel_order", args: { id: 4471 }, description: "Cancels the order" },
      { name: "send_mail", args: { to: "ada" }, description: "Tells Ada" },
    ],
    review_configs: [
      { action_name: "cancel_order", allowed_decisions: ["approve", "edit", "reject"] },
      { action_name: "send_mail", allowed_decisions: ["approve", "reject"] },
    ],
  };
  const thread = await threadWith("review", { question });
  await open(page, `/threads/${thread}`);
  const [cancel, mail] = ["cancel_order", "send_mail"].map((name) => cards(page).getByRole("group", { name, exact: true }));
  await cancel.getByText("Cancels the order").waitFor();
  assert.equal(await mail.getByRole("button", { name: "Edit" }).count(), 0);
  await mail.getByRole("button", { name: "Reject…" }).click();
  await mail.getByRole("textbox", { name: "Reason" }).fill("not her");
  assert.equal(await resume(page).isDisabled(), true);
  await cancel.getByRole("button", { name: "Approve" }).click();
  await runBy(page, () => resume(page).click());
  await cards(page).first().waitFor({ state: "detached" });
  assert.deepEqual((await valuesOf(thread)).answer, { decisions: [{ type: "approve" }, { type: "reject", message: "not her" }] });
});

studio("an action of agent-inbox's shape is edited", async ({ page }) => {
  const question = [
    { action_request: { action: "send_mail", args: { to: "ada" } }, config: { allow_accept: true, allow_edit: true, allow_respond: true, allow_ignore: false }, description: "An e-mail" },
  ];
  const thread = await threadWith("review", { question });
  await open(page, `/threads/${thread}`);
  const card = cards(page).getByRole("group", { name: "send_mail", exact: true });
  await card.getByText("An e-mail").waitFor();
  assert.equal(await card.getByRole("button", { name: "Ignore" }).count(), 0);
  await card.getByRole("button", { name: "Edit" }).click();
  await card.getByRole("textbox", { name: "Arguments of send_mail" }).fill('{"to": "bob"}');
  await runBy(page, () => resume(page).click());
  await cards(page).first().waitFor({ state: "detached" });
  assert.deepEqual((await valuesOf(thread)).answer, [{ type: "edit", args: { action: "send_mail", args: { to: "bob" } } }]);
});

studio("the inbox lists what waits, and the count is in the title", async ({ page }) => {
  const thread = await newThread();
  await runToEnd(thread, "hitl", { input: { question: "Really?" } });
  await open(page, "/inbox");
  await page.locator(`[data-thread="${thread}"]`).first().waitFor();
  await page.getByText("Really?").first().waitFor();
  await page.waitForFunction(() => document.title.startsWith("(1) "));
});
