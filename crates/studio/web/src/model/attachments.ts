// Files that are sent with a message: which block of content each becomes.

import type { Json, JsonObject } from "../api/wire.ts";

/** A file that is about to be sent. */
export interface Attachment {
  id: string;
  name: string;
  mime: string;
  bytes: number;
  /** `data:image/png;base64,…` */
  url: string;
}

/** Larger files are refused: they would be in the state, and so in every checkpoint. */
export const LARGEST_ATTACHMENT = 10 * 1024 * 1024;

/** Why a file cannot be sent; null when it can. */
export function refusal(file: { name: string; size: number }): string | null {
  if (file.size > LARGEST_ATTACHMENT) return `${file.name} is larger than 10 MB: it would be kept in every checkpoint`;
  if (file.size === 0) return `${file.name} is empty`;
  return null;
}

/**
 * The block of a file. Images go as `image_url`, which models of every provider and every version of LangChain take;
 * other files as blocks of base64 data.
 */
export function attachmentBlock(file: Attachment): JsonObject {
  if (file.mime.startsWith("image/")) return { type: "image_url", image_url: { url: file.url } };
  const data = file.url.slice(file.url.indexOf(",") + 1);
  const block: JsonObject = { source_type: "base64", mime_type: file.mime || "application/octet-stream", data };
  if (file.mime.startsWith("audio/")) return { type: "audio", ...block };
  return { type: "file", ...block, filename: file.name, metadata: { filename: file.name } };
}

/** What a message of this text and these files has as its content. */
export function contentOf(text: string, files: Attachment[]): Json {
  if (files.length === 0) return text;
  const blocks: Json[] = text === "" ? [] : [{ type: "text", text }];
  return [...blocks, ...files.map(attachmentBlock)];
}
