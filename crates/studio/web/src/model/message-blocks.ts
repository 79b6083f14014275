// The content of a message in blocks: text, reasoning, images, files, audio, and whatever else as JSON. Nothing is fetched: an image of another host is a link.

import type { Json, JsonObject } from "../api/wire.ts";
import { isObject, listAt, objectAt, textAt } from "./json.ts";

export type Block =
  | { kind: "text"; text: string }
  | { kind: "reasoning"; text: string }
  /** `data` is a `data:` URL that may be shown; `link` is elsewhere and may only be offered. */
  | { kind: "image" | "audio" | "video" | "file"; name: string | null; mime: string | null; data: string | null; link: string | null }
  | { kind: "unknown"; value: Json };

export function blocksOf(message: JsonObject): Block[] {
  const { content } = message;
  const extra = objectAt(message, "additional_kwargs");
  const thought = textAt(extra, "reasoning_content") ?? textAt(message, "reasoning_content");
  const before: Block[] = thought ? [{ kind: "reasoning", text: thought }] : [];
  if (typeof content === "string") return content === "" ? before : [...before, { kind: "text", text: content }];
  if (Array.isArray(content)) return joinTexts([...before, ...content.flatMap(blockOf)]);
  return content === null || content === undefined ? before : [...before, { kind: "unknown", value: content }];
}

/** Texts that follow each other are one. */
function joinTexts(blocks: Block[]): Block[] {
  const joined: Block[] = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    if (block.kind === "text" && last?.kind === "text") joined[joined.length - 1] = { kind: "text", text: last.text + block.text };
    else joined.push(block);
  }
  return joined;
}

function blockOf(block: Json): Block[] {
  if (typeof block === "string") return [{ kind: "text", text: block }];
  if (!isObject(block)) return [{ kind: "unknown", value: block }];
  const type = textAt(block, "type") ?? "";
  switch (type) {
    case "text":
    case "input_text":
    case "output_text":
    case "text-plain":
      return [{ kind: "text", text: textAt(block, "text") ?? "" }];
    case "reasoning":
    case "thinking":
    case "reasoning_content":
      return [{ kind: "reasoning", text: reasoningText(block) }];
    case "tool_use":
    case "tool_call":
    case "tool_call_chunk":
    case "input_json_delta":
      // They are shown as calls.
      return [];
    default:
      return [mediaOf(block, type) ?? { kind: "unknown", value: block }];
  }
}

function reasoningText(block: JsonObject): string {
  const direct = ["reasoning", "thinking", "text", "reasoning_content"].map((key) => block[key]);
  for (const value of direct) {
    if (typeof value === "string") return value;
    if (isObject(value)) return textAt(value, "text") ?? JSON.stringify(value);
  }
  return listAt(block, "summary").map((part) => textAt(part, "text") ?? "").join("\n\n");
}

const MEDIA: Record<string, "image" | "audio" | "video" | "file"> = {
  image: "image",
  image_url: "image",
  input_image: "image",
  audio: "audio",
  input_audio: "audio",
  video: "video",
  file: "file",
  document: "file",
  input_file: "file",
};

function mediaOf(block: JsonObject, type: string): Block | null {
  const kind = MEDIA[type];
  if (!kind) return null;
  const nested = objectAt(block, type) ?? objectAt(block, "source") ?? objectAt(block, "file") ?? {};
  const all = { ...block, ...nested };
  const mime = textAt(all, "mime_type") ?? textAt(all, "media_type") ?? mimeOfFormat(kind, textAt(all, "format"));
  const name = textAt(all, "filename") ?? textAt(objectAt(block, "metadata"), "filename") ?? textAt(objectAt(block, "metadata"), "name") ?? textAt(all, "name") ?? textAt(all, "title");
  const url = textAt(block, type) ?? textAt(all, "url") ?? textAt(all, "file_data");
  const base64 = textAt(all, "base64") ?? textAt(all, "data");
  if (base64 !== null && !base64.startsWith("data:")) return { kind, name, mime, data: `data:${mime ?? fallbackMime(kind)};base64,${base64}`, link: null };
  return placed(kind, name, mime, url ?? base64, block);
}

function placed(kind: "image" | "audio" | "video" | "file", name: string | null, mime: string | null, url: string | null, block: JsonObject): Block {
  if (url === null) return { kind: "unknown", value: block };
  if (url.startsWith("data:")) return { kind, name, mime: mime ?? url.slice(5).split(/[;,]/)[0] ?? null, data: url, link: null };
  // Nothing but addresses of the web becomes a link: a model may write anything.
  return /^https?:\/\//i.test(url) ? { kind, name, mime, data: null, link: url } : { kind: "unknown", value: block };
}

function mimeOfFormat(kind: string, format: string | null): string | null {
  if (format === null) return null;
  return format.includes("/") ? format : `${kind}/${format}`;
}

function fallbackMime(kind: string): string {
  return { image: "image/png", audio: "audio/wav", video: "video/mp4" }[kind] ?? "application/octet-stream";
}

/** Everything in a message that can be read, as one text. */
export function plainText(blocks: Block[]): string {
  return blocks.flatMap((block) => (block.kind === "text" ? [block.text] : [])).join("\n\n");
}
