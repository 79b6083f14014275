// Each shape of a question is recognised, and its answer is what the node expects.

import { describe, expect, it } from "vitest";
import type { Json } from "../src/api/wire.ts";
import { cardOf, hitlAnswer, inboxAnswer, questionLine, resumeCommand, type InterruptCard } from "../src/model/interrupts.ts";

const card = (value: Json): InterruptCard => cardOf({ id: "i", value });
const INBOX = {
  action_request: { action: "send", args: { to: "ada" } },
  config: { allow_accept: true, allow_edit: true, allow_respond: false, allow_ignore: true },
  description: "An e-mail",
};
const HITL: Json = {
  action_requests: [
    { name: "cancel", args: { id: 1 }, description: "Cancel it" },
    { name: "mail", args: { to: "ada" } },
  ],
  review_configs: [
    { action_name: "mail", allowed_decisions: ["approve", "reject"] },
    { action_name: "cancel", allowed_decisions: ["approve", "edit", "reject"] },
  ],
};

describe("shapes", () => {
  it.each([[INBOX], [[INBOX]]])("agent-inbox's", (value) => {
    expect(card(value)).toMatchObject({ shape: "inbox", action: { name: "send", args: { to: "ada" }, description: "An e-mail", allowed: ["approve", "edit", "ignore"] } });
  });

  it("LangChain's, with the configuration of each action by its name", () => {
    expect(card(HITL)).toMatchObject({
      shape: "hitl",
      actions: [
        { name: "cancel", description: "Cancel it", allowed: ["approve", "edit", "reject"] },
        { name: "mail", description: null, allowed: ["approve", "reject"] },
      ],
    });
  });

  it.each<[Json]>([["go on?"], [{ q: "?" }], [null], [7], [{ action_request: "text" }], [{ action_requests: [] }], [[INBOX, INBOX]]])("%j is plain", (value) => {
    expect(card(value)).toEqual({ shape: "plain", value, schema: null });
  });

  it("a plain one with the schema of its answer", () => {
    expect(cardOf({ id: "i", value: "first", responseSchema: { type: "string" } })).toMatchObject({ shape: "plain", schema: { type: "string" } });
  });
});

describe("answers to agent-inbox's shape", () => {
  const asked = card(INBOX);
  const action = asked.shape === "inbox" ? asked.action : null;
  it.each([
    [{ type: "approve" as const }, [{ type: "accept", args: { action: "send", args: { to: "ada" } } }]],
    [{ type: "edit" as const, args: { to: "bob" } }, [{ type: "edit", args: { action: "send", args: { to: "bob" } } }]],
    [{ type: "respond" as const, text: "no" }, [{ type: "response", args: "no" }]],
    [{ type: "ignore" as const }, [{ type: "ignore", args: null }]],
  ])("%j", (decision, answer) => {
    expect(action && inboxAnswer(action, decision)).toEqual(answer);
  });
});

describe("answers to LangChain's shape", () => {
  const asked = card(HITL);
  const actions = asked.shape === "hitl" ? asked.actions : [];

  it("hold a decision for each action, in order", () => {
    expect(hitlAnswer(actions, [{ type: "approve" }, { type: "reject", reason: "not her" }])).toEqual({ decisions: [{ type: "approve" }, { type: "reject", message: "not her" }] });
    expect(hitlAnswer(actions, [{ type: "edit", args: { id: 2 } }, { type: "reject", reason: "" }])).toEqual({
      decisions: [{ type: "edit", edited_action: { name: "cancel", args: { id: 2 } } }, { type: "reject" }],
    });
  });

  it("wait until each action has one", () => {
    expect(hitlAnswer(actions, [{ type: "approve" }])).toBeNull();
    expect(hitlAnswer(actions, [null, { type: "approve" }])).toBeNull();
  });
});

describe("the command", () => {
  it("answers by id, one or several", () => {
    expect(resumeCommand([{ id: "a", value: 1 }])).toEqual({ resume: { a: 1 } });
    expect(resumeCommand([{ id: "a", value: 1 }, { id: "b", value: null }])).toEqual({ resume: { a: 1, b: null } });
  });

  it("is the answer itself where there are no ids", () => {
    expect(resumeCommand([{ id: "", value: "yes" }])).toEqual({ resume: "yes" });
  });
});

describe("a line for lists", () => {
  it.each<[Json, string]>([
    ["Go on?\nreally", "Go on?"],
    [{ q: "Really?" }, "Really?"],
    [{ item: "a" }, '{"item":"a"}'],
    [INBOX, "send(to)"],
    [HITL, "cancel(id), mail(to)"],
    [null, "null"],
  ])("of %j", (value, line) => {
    expect(questionLine({ id: "", value })).toBe(line);
  });
});
