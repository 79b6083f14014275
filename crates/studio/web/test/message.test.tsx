// Messages, calls of tools and media as they are shown.

import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import type { Json } from "../src/api/wire.ts";
import { showMessages } from "../src/model/messages.ts";
import { Message } from "../src/parts/message.tsx";

afterEach(cleanup);

function show(...messages: Json[]) {
  return render(
    <>
      {showMessages(messages).map((message) => (
        <Message key={message.index} message={message} />
      ))}
    </>,
  );
}

const call = { type: "ai", id: "a", content: "", tool_calls: [{ id: "c1", name: "find_order", args: { id: 4471 } }] };

test("a call and its answer are one card, arguments and result on one line where they are short", () => {
  show(call, { type: "tool", id: "t", tool_call_id: "c1", content: "packed", status: "success" });
  expect(screen.getAllByRole("article")).toHaveLength(1);
  expect(screen.getByText('{"id":4471} → packed')).toBeTruthy();
  expect(screen.getByText("ok")).toBeTruthy();
});

test("an answer that is JSON is a tree; a long one is folded and can be opened", () => {
  const long = Array.from({ length: 60 }, (_, line) => `line ${line}`).join("\n");
  show(call, { type: "tool", id: "t", tool_call_id: "c1", content: long });
  expect(screen.queryByText(/line 59/)).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Show all 60 lines" }));
  expect(screen.getByText(/line 59/)).toBeTruthy();
  cleanup();
  show(call, { type: "tool", id: "t", tool_call_id: "c1", content: JSON.stringify({ status: "packed", lines: ["a", "b"], customer: { name: "Ada", city: "London", street: "1 St James's Square, in the third house", zip: "x".repeat(40) } }) });
  expect(screen.getByRole("group", { name: "Result" })).toBeTruthy();
});

test("tokens are shown where the message tells of them, and nowhere else", () => {
  show({ type: "ai", id: "a", content: "x", usage_metadata: { input_tokens: 3, output_tokens: 5, total_tokens: 8 } }, { type: "ai", id: "b", content: "y" });
  expect(screen.getAllByText(/tokens/)).toHaveLength(1);
  expect(screen.getByText("8 tokens · 3 in, 5 out")).toBeTruthy();
});

test("an image in the message is shown, one elsewhere is a link that nothing loads", () => {
  const { container } = show({
    type: "human",
    id: "h",
    content: [
      { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
      { type: "image_url", image_url: { url: "https://example.org/far.png" } },
    ],
  });
  expect([...container.querySelectorAll("img")].map((image) => image.getAttribute("src"))).toEqual(["data:image/png;base64,AAAA"]);
  expect(screen.getByRole("link").getAttribute("href")).toBe("https://example.org/far.png");
});

test("reasoning is folded, what nobody knows is JSON", () => {
  const { container } = show({ type: "ai", id: "a", content: [{ type: "thinking", thinking: "because" }, { type: "hologram", depth: 3 }] });
  expect(container.querySelector("details.message-reasoning")?.hasAttribute("open")).toBe(false);
  expect(screen.getByRole("group", { name: "A block of an unknown kind" }).textContent).toContain("hologram");
});
