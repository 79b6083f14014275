// What somebody types to find threads: fields, an id, or words that are looked for in all that threads hold.

import type { Json, JsonObject } from "../api/wire.ts";

/** A search as it is typed: `graph_id:chat user.tier=2 refund`. */
export interface ThreadSearch {
  metadata: JsonObject;
  ids: string[];
  /** Ids are among them where there are other words too. */
  words: string[];
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const FIELD = /^([\w.-]+)[:=](.+)$/;

function typed(text: string): Json {
  if (text === "true" || text === "false" || text === "null" || /^-?\d+(\.\d+)?$/.test(text)) return JSON.parse(text);
  return text;
}

/** Words apart at spaces, quoted ones together: `name:"my thread"`. */
function split(text: string): string[] {
  return [...text.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ""));
}

export function parseThreadSearch(text: string): ThreadSearch {
  const search: ThreadSearch = { metadata: {}, ids: [], words: [] };
  for (const word of split(text)) {
    const field = FIELD.exec(word);
    if (UUID.test(word)) search.ids.push(word);
    else if (field?.[1] && field[2]) {
      const key = field[1] === "graph" ? "graph_id" : field[1];
      search.metadata[key.replace(/^metadata\./, "")] = typed(field[2]);
    } else search.words.push(word.toLowerCase());
  }
  return search.words.length > 0 ? { ...search, ids: [], words: [...search.words, ...search.ids] } : search;
}

/** A text cut at the words that were looked for, these being every second piece. */
export function markedPieces(text: string, words: readonly string[]): string[] {
  const escaped = words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return escaped.length === 0 ? [text] : text.split(new RegExp(`(${escaped.join("|")})`, "gi"));
}
