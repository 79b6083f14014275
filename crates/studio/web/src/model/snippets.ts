// A request as code that somebody can run: curl, the Python SDK, the JavaScript SDK.

import type { Json, JsonObject } from "../api/wire.ts";
import { isObject } from "./json.ts";

/** What a run was, or is to be, asked for with. */
export interface RunRequest {
  /** `http://127.0.0.1:2024`, with the prefix of the API if there is one. */
  url: string;
  /** Null for a run without a thread. */
  threadId: string | null;
  how: "background" | "wait" | "stream";
  /** As in the body of the request: `assistant_id`, `input`, `command`, `config`, … */
  body: JsonObject;
  /** Names of headers that have to be sent; their values are secrets, and never in the text. */
  headers?: string[];
}

export type Language = "curl" | "python" | "javascript";

export const LANGUAGES: readonly { language: Language; name: string }[] = [
  { language: "curl", name: "curl" },
  { language: "python", name: "Python" },
  { language: "javascript", name: "JavaScript" },
];

export function snippet(language: Language, request: RunRequest): string {
  switch (language) {
    case "curl":
      return curl(request);
    case "python":
      return python(request);
    case "javascript":
      return javascript(request);
  }
}

function curl({ url, threadId, how, body, headers = [] }: RunRequest): string {
  const path = `${threadId === null ? "" : `/threads/${threadId}`}/runs${how === "background" ? "" : `/${how}`}`;
  const lines = [
    `curl -sS${how === "stream" ? "N" : ""} -X POST ${shell(url + path)}`,
    "-H 'content-type: application/json'",
    ...headers.map((name) => `-H "${name}: $${variable(name)}"`),
    `-d ${shell(JSON.stringify(body, null, 2))}`,
  ];
  return `${lines.join(" \\\n  ")}\n`;
}

/** In single quotes nothing has a meaning but the quote itself. */
function shell(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Where a secret is read from: `X-Api-Key` is `X_API_KEY`. */
function variable(header: string): string {
  return header.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_");
}

const METHODS = { background: "create", wait: "wait", stream: "stream" } as const;

function python({ url, threadId, how, body, headers = [] }: RunRequest): string {
  const { assistant_id: assistant, ...rest } = body;
  const named = Object.entries(rest).map(([key, value]) => `    ${key}=${pythonValue(value, 1)},`);
  const sent = headers.map((name) => `${quote(name)}: os.environ[${quote(variable(name))}]`);
  const client = headers.length > 0 ? `get_sync_client(url=${quote(url)}, headers={${sent.join(", ")}})` : `get_sync_client(url=${quote(url)})`;
  const call = [`client.runs.${METHODS[how]}(`, `    ${pythonValue(threadId, 1)},`, `    ${pythonValue(assistant ?? null, 1)},`, ...named, ")"];
  const used = how === "stream" ? [`for part in ${call.join("\n")}:`, "    print(part.event, part.data)"] : [`run = ${call.join("\n")}`, "print(run)"];
  return [...(headers.length > 0 ? ["import os", ""] : []), "from langgraph_sdk import get_sync_client", "", `client = ${client}`, ...used, ""].join("\n");
}

/** A literal of Python: what differs from JSON are its words, and how strings write what cannot be seen. */
export function pythonValue(value: Json, depth: number): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return quote(value);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const items = Array.isArray(value)
    ? value.map((item) => pythonValue(item, depth + 1))
    : Object.entries(value).map(([key, item]) => `${quote(key)}: ${pythonValue(item, depth + 1)}`);
  return laidOut(open, items, close, depth, "    ");
}

/** On one line if it is short, else an item a line. */
function laidOut(open: string, items: string[], close: string, depth: number, indent: string): string {
  const line = `${open}${items.join(", ")}${close}`;
  if (line.length + depth * indent.length <= 96 && !line.includes("\n")) return line;
  const inner = items.map((item) => `${indent.repeat(depth + 1)}${item},`);
  return [open, ...inner, indent.repeat(depth) + close].join("\n");
}

/** JSON's strings are Python's and JavaScript's too: lone surrogates and line separators are written as escapes. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll(/[\u007f-\u009f\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function javascript({ url, threadId, how, body, headers = [] }: RunRequest): string {
  const { assistant_id: assistant, ...rest } = body;
  const options = Object.entries(rest).map(([key, value]) => `${OPTIONS[key] ?? camel(key)}: ${javascriptValue(value, 1)}`);
  const sent = headers.map((name) => `${quote(name)}: process.env.${variable(name)}`);
  const client = headers.length > 0 ? `{ apiUrl: ${quote(url)}, defaultHeaders: { ${sent.join(", ")} } }` : `{ apiUrl: ${quote(url)} }`;
  const last = options.length === 0 ? "" : `, ${laidOut("{", options, "}", 0, "  ")}`;
  const call = `client.runs.${METHODS[how]}(${javascriptValue(threadId, 1)}, ${javascriptValue(assistant ?? null, 1)}${last})`;
  const used = how === "stream" ? [`for await (const part of ${call}) {`, "  console.log(part.event, part.data);", "}"] : [`const run = await ${call};`, "console.log(run);"];
  return ['import { Client } from "@langchain/langgraph-sdk";', "", `const client = new Client(${client});`, ...used, ""].join("\n");
}

/** Where the SDK's name is not that of the field in another spelling. */
const OPTIONS: Record<string, string> = { stream_resumable: "streamResumable", checkpoint_id: "checkpointId" };

function camel(key: string): string {
  return key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export function javascriptValue(value: Json, depth: number): string {
  if (Array.isArray(value)) return laidOut("[", value.map((item) => javascriptValue(item, depth + 1)), "]", depth, "  ");
  if (!isObject(value)) return typeof value === "string" ? quote(value) : JSON.stringify(value);
  const members = Object.entries(value).map(([key, item]) => `${memberName(key)}: ${javascriptValue(item, depth + 1)}`);
  return laidOut("{", members, "}", depth, "  ");
}

/** `__proto__` as a plain name would set what the object inherits from. */
function memberName(key: string): string {
  if (key === "__proto__") return '["__proto__"]';
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key);
}
