// Messages in both serialisations become the same blocks, calls and tokens; nothing is invented.

import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../src/api/wire.ts";
import { blocksOf } from "../src/model/message-blocks.ts";
import { isMessage, messageKeys, showMessages, sumUsage, usageOf, withStreaming } from "../src/model/messages.ts";
import { recording, schemas } from "./recorded.ts";

const held = (graph: string): Json[] => {
  const { messages } = recording(graph).state.values;
  return Array.isArray(messages) ? messages : [];
};

describe("roles", () => {
  it.each([
    [{ type: "human", content: "" }, "human"],
    [{ type: "HumanMessageChunk", content: "" }, "human"],
    [{ role: "user", content: "" }, "human"],
    [{ type: "AIMessageChunk", content: "" }, "ai"],
    [{ role: "assistant", content: "" }, "ai"],
    [{ role: "developer", content: "" }, "system"],
    [{ type: "system", content: "" }, "system"],
    [{ type: "function", content: "" }, "tool"],
    [{ type: "chat", role: "critic", content: "" }, "other"],
    [{ content: "" }, "other"],
  ])("%j is %s", (message, role) => {
    expect(showMessages([message])[0]?.role).toBe(role);
  });

  it("of a message that is only a text is the user's", () => {
    expect(showMessages(["hi"])[0]).toMatchObject({ role: "human", blocks: [{ kind: "text", text: "hi" }] });
  });
});

describe("blocks", () => {
  it.each<[string, JsonObject, JsonObject[]]>([
    ["a text", { content: "hi" }, [{ kind: "text", text: "hi" }]],
    ["no text", { content: "" }, []],
    ["texts side by side", { content: ["a", { type: "text", text: "b" }] }, [{ kind: "text", text: "ab" }]],
    ["thinking", { content: [{ type: "thinking", thinking: "hm", signature: "x" }] }, [{ kind: "reasoning", text: "hm" }]],
    ["a summary of reasoning", { content: [{ type: "reasoning", summary: [{ text: "one" }, { text: "two" }] }] }, [{ kind: "reasoning", text: "one\n\ntwo" }]],
    ["reasoning beside the content", { content: "hi", additional_kwargs: { reasoning_content: "hm" } }, [{ kind: "reasoning", text: "hm" }, { kind: "text", text: "hi" }]],
    ["an image as data", { content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AA==" } }] }, [{ kind: "image", mime: "image/png", data: "data:image/png;base64,AA==", link: null }]],
    ["an image elsewhere", { content: [{ type: "image_url", image_url: "https://example.com/a.png" }] }, [{ kind: "image", data: null, link: "https://example.com/a.png" }]],
    ["an image of Anthropic", { content: [{ type: "image", source: { type: "base64", media_type: "image/jpeg", data: "AA==" } }] }, [{ kind: "image", mime: "image/jpeg", data: "data:image/jpeg;base64,AA==" }]],
    ["an image of LangChain", { content: [{ type: "image", base64: "AA==", mime_type: "image/webp" }] }, [{ kind: "image", data: "data:image/webp;base64,AA==" }]],
    ["a file", { content: [{ type: "file", source_type: "base64", mime_type: "application/pdf", data: "AA==", metadata: { filename: "a.pdf" } }] }, [{ kind: "file", name: "a.pdf", data: "data:application/pdf;base64,AA==" }]],
    ["audio", { content: [{ type: "input_audio", input_audio: { data: "AA==", format: "mp3" } }] }, [{ kind: "audio", mime: "audio/mp3", data: "data:audio/mp3;base64,AA==" }]],
    ["what nobody knows", { content: [{ type: "hologram", x: 1 }] }, [{ kind: "unknown", value: { type: "hologram", x: 1 } }]],
    ["an image that is a script", { content: [{ type: "image_url", image_url: "javascript:alert(1)" }] }, [{ kind: "unknown" }]],
    ["an image of nothing", { content: [{ type: "image" }] }, [{ kind: "unknown", value: { type: "image" } }]],
  ])("%s", (_, message, blocks) => {
    expect(blocksOf(message)).toMatchObject(blocks);
    expect(blocksOf(message)).toHaveLength(blocks.length);
  });
});

describe("calls", () => {
  it("stand with their results, which do not come again", () => {
    const shown = showMessages(held("chat"));
    expect(shown.map(({ role }) => role)).toEqual(["human", "ai", "ai"]);
    expect(shown[1]?.calls).toMatchObject([{ name: "get_weather", args: { city: "Paris" }, result: { status: "success", content: [{ kind: "text", text: "sunny in Paris" }] } }]);
  });

  it("that failed say so", () => {
    const calls = showMessages(held("tools_kinds")).flatMap((message) => message.calls);
    expect(calls.map(({ name, result }) => [name, result?.status])).toEqual([["good", "success"], ["nothing", "error"], ["kid", "success"]]);
  });

  it("of OpenAI are read too", () => {
    const call = { id: "c", type: "function", function: { name: "f", arguments: '{"x":1}' } };
    const shown = showMessages([{ role: "assistant", content: null, tool_calls: [call] }, { role: "tool", tool_call_id: "c", content: "done" }]);
    expect(shown).toHaveLength(1);
    expect(shown[0]?.calls).toMatchObject([{ name: "f", args: { x: 1 }, result: { content: [{ text: "done" }] } }]);
  });

  it("of Anthropic are read from the content, once", () => {
    const block = { type: "tool_use", id: "c", name: "f", input: { x: 1 } };
    expect(showMessages([{ type: "ai", content: [block] }])[0]?.calls).toMatchObject([{ name: "f", args: { x: 1 } }]);
    const both = { type: "ai", content: [block], tool_calls: [{ id: "c", name: "f", args: { x: 1 } }] };
    expect(showMessages([both])[0]?.calls).toHaveLength(1);
  });

  it("that are no JSON keep their text", () => {
    const shown = showMessages(held("msgs"));
    expect(shown.find(({ role }) => role === "ai")?.calls).toMatchObject([{ name: "t", argsText: "{", error: "e" }]);
  });

  it("a result without its call stands by itself", () => {
    expect(showMessages([{ type: "tool", tool_call_id: "gone", content: "r", status: "error", artifact: { z: 1 } }])).toMatchObject([
      { role: "tool", result: { status: "error", artifact: { z: 1 } } },
    ]);
  });
});

describe("tokens", () => {
  it("are those that are told", () => {
    expect(usageOf({ usage_metadata: { input_tokens: 1, output_tokens: 2, total_tokens: 3 } })).toEqual({ input: 1, output: 2, total: 3 });
    expect(usageOf({ response_metadata: { token_usage: { prompt_tokens: 4, completion_tokens: 5 } } })).toEqual({ input: 4, output: 5, total: 9 });
    expect(usageOf({ usage_metadata: null, additional_kwargs: { usage_metadata: { input_tokens: 1, output_tokens: 2, total_tokens: 3 } } })).toEqual({ input: 1, output: 2, total: 3 });
    expect(usageOf({ content: "many words" })).toBeNull();
    expect(usageOf({ usage_metadata: {} })).toBeNull();
  });

  it("are summed, and are nothing where nothing is told", () => {
    expect(sumUsage(showMessages(held("chat")))).toEqual(usageOf(held("chat").at(-1) as JsonObject));
    expect(sumUsage(showMessages(["hi"]))).toBeNull();
  });
});

describe("which keys hold a conversation", () => {
  it.each(["chat", "nested_chat", "msgs", "tools_kinds"])("the schema of %s says it", (graph) => {
    expect(messageKeys(null, schemas[graph]?.input_schema ?? null)).toEqual(["messages"]);
  });

  it.each(["multi", "hitl", "loop", "kinds", "goto"])("none of %s", (graph) => {
    expect(messageKeys({}, schemas[graph]?.input_schema ?? null)).toEqual([]);
  });

  it("a list that says nothing of what is in it holds them if it is called messages", () => {
    const schema = { properties: { messages: { type: "array", items: {} }, log: { type: "array", items: {} }, counts: { type: "array", items: { type: "integer" } } } };
    expect(messageKeys({}, schema)).toEqual(["messages"]);
    expect(messageKeys({}, { properties: { messages: { type: "array", items: { type: "integer" } } } })).toEqual([]);
  });

  it("schemas of graphs in JavaScript say it", () => {
    const schema = { properties: { talk: { langgraph_type: "messages", description: "A list of chat messages" }, log: {} } };
    expect(messageKeys({}, schema)).toEqual(["talk"]);
  });

  it("the values say it, whatever the schema is", () => {
    expect(messageKeys({ talk: [{ role: "user", content: "hi" }], log: ["a"], messages: held("chat") }, null)).toEqual(["messages", "talk"]);
    expect(isMessage({ type: "document", content: "text" })).toBe(false);
    expect(messageKeys({ messages: ["a"] }, schemas.chat?.input_schema ?? null)).toEqual([]);
  });
});

describe("what streams", () => {
  it("comes after what the state holds, and not again", () => {
    const old = { id: "1", type: "ai", content: "a" };
    const streaming = [{ id: "1", message: old }, { id: "2", message: { id: "2", type: "ai", content: "b" } }];
    expect(withStreaming([old], streaming)).toEqual([old, { id: "2", type: "ai", content: "b" }]);
    expect(showMessages([old], new Set(["1"]))[0]?.streaming).toBe(true);
  });
});
