// What is copied is what was asked for: each text is read again, by a parser of its language, into the same values.

import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../src/api/wire.ts";
import { javascriptValue, pythonValue, snippet, type RunRequest } from "../src/model/snippets.ts";

const HARD: Json[] = [
  null, true, false, 0, -1.5, 1e21, "", "it's \"quoted\"", "a\\b\n\tc", "é☃😀\u2028\u007f", "\ud800", "$HOME `x` $(y) !z", "'", "''", "'''\"\"\"", "#{x} %s {y}", [], {}, [[]], { a: {} },
  { __proto__x: 1, "key with spaces": [1, "2", null], constructor: true, "it's": "'" }, Array.from({ length: 40 }, (_, at) => ({ at, text: "x".repeat(at) })),
];

/** The words of one command line, as a shell splits them. */
function words(line: string): string[] {
  const found: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at] ?? "";
    if (letter === "'") {
      const end = line.indexOf("'", at + 1);
      word = (word ?? "") + line.slice(at + 1, end);
      at = end;
    } else if (letter === '"') {
      const end = line.indexOf('"', at + 1);
      word = (word ?? "") + line.slice(at + 1, end);
      at = end;
    } else if (letter === "\\") {
      at += 1;
      if (line[at] !== "\n") word = (word ?? "") + (line[at] ?? "");
    } else if (/\s/.test(letter)) {
      if (word !== null) found.push(word);
      word = null;
    } else word = (word ?? "") + letter;
  }
  return word === null ? found : [...found, word];
}

/** Literals of Python: those words, numbers, strings in double quotes, lists and dictionaries, with commas at their ends. */
function pythonLiteral(text: string): Json {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,"]+/gs) ?? [];
  let at = 0;
  const value = (): Json => {
    const token = tokens[at] ?? "";
    at += 1;
    if (token === "[") return list();
    if (token === "{") return dictionary();
    if (token.startsWith('"')) return JSON.parse(token) as Json;
    const word = ({ None: null, True: true, False: false } as Record<string, Json>)[token];
    if (word !== undefined) return word;
    if (token === "" || Number.isNaN(Number(token))) throw new Error(`no literal: ${token}`);
    return Number(token);
  };
  const list = (): Json => {
    const items: Json[] = [];
    while (tokens[at] !== "]") {
      items.push(value());
      if (tokens[at] === ",") at += 1;
    }
    at += 1;
    return items;
  };
  const dictionary = (): Json => {
    const items: [string, Json][] = [];
    while (tokens[at] !== "}") {
      const key = value();
      expect(tokens[at]).toBe(":");
      at += 1;
      items.push([String(key), value()]);
      if (tokens[at] === ",") at += 1;
    }
    at += 1;
    return Object.fromEntries(items);
  };
  const found = value();
  expect(at).toBe(tokens.length);
  return found;
}

function request(body: JsonObject, more: Partial<RunRequest> = {}): RunRequest {
  return { url: "http://127.0.0.1:2024", threadId: "7f3a", how: "stream", body: { assistant_id: "agent", ...body }, ...more };
}

describe.each(HARD)("%j", (value) => {
  it("is the same in Python, JavaScript and for curl", () => {
    expect(pythonLiteral(pythonValue(value, 0))).toEqual(value);
    // oxlint-disable-next-line no-new-func, no-implied-eval -- it is the parser
    expect(new Function(`return ${javascriptValue(value, 0)}`)()).toEqual(value);
    const line = words(snippet("curl", request({ input: value })));
    expect(JSON.parse(line.at(-1) ?? "")).toEqual({ assistant_id: "agent", input: value });
  });
});

describe("curl", () => {
  it.each([
    [{}, "http://127.0.0.1:2024/threads/7f3a/runs/stream"],
    [{ how: "wait" as const, threadId: null }, "http://127.0.0.1:2024/runs/wait"],
    [{ how: "background" as const, url: "http://127.0.0.1:2024/api" }, "http://127.0.0.1:2024/api/threads/7f3a/runs"],
  ])("goes to the right place %#", (more, url) => {
    expect(words(snippet("curl", request({}, more)))).toContain(url);
  });

  it("takes secrets from the environment", () => {
    expect(snippet("curl", request({}, { headers: ["Authorization", "x-api-key"] }))).toContain('-H "Authorization: $AUTHORIZATION" \\\n  -H "x-api-key: $X_API_KEY"');
  });
});

describe("Python", () => {
  it("is a program", () => {
    expect(snippet("python", request({ input: { n: 1 }, stream_mode: ["values"], interrupt_before: null }))).toBe(
      [
        "from langgraph_sdk import get_sync_client",
        "",
        'client = get_sync_client(url="http://127.0.0.1:2024")',
        "for part in client.runs.stream(",
        '    "7f3a",',
        '    "agent",',
        '    input={"n": 1},',
        '    stream_mode=["values"],',
        "    interrupt_before=None,",
        "):",
        "    print(part.event, part.data)",
        "",
      ].join("\n"),
    );
  });

  it("takes secrets from the environment", () => {
    expect(snippet("python", request({}, { headers: ["Authorization"] }))).toContain('headers={"Authorization": os.environ["AUTHORIZATION"]}');
  });
});

describe("JavaScript", () => {
  it("is a program, with the names of the SDK", () => {
    expect(snippet("javascript", request({ input: { "a-b": 1 }, stream_mode: ["values"], multitask_strategy: "enqueue" }, { threadId: null, how: "wait" }))).toBe(
      [
        'import { Client } from "@langchain/langgraph-sdk";',
        "",
        'const client = new Client({ apiUrl: "http://127.0.0.1:2024" });',
        'const run = await client.runs.wait(null, "agent", {input: {"a-b": 1}, streamMode: ["values"], multitaskStrategy: "enqueue"});',
        "console.log(run);",
        "",
      ].join("\n"),
    );
  });

  it("has no options where there are none", () => {
    expect(snippet("javascript", request({}))).toContain('client.runs.stream("7f3a", "agent")) {');
  });
});
