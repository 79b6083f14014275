// What somebody types to find threads: fields that the server filters by, an id, or words that are looked for in what is listed.

import type { Json, JsonObject } from "../api/wire.ts";

/** A search as it is typed: `graph_id:chat user.tier=2 refund`. */
export interface ThreadSearch {
  /** For the server. */
  metadata: JsonObject;
  ids: string[];
  /** Looked for in the names, ids and first messages of the threads that came. */
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
  return search;
}

/** Whether what is shown of a thread has all of the words. */
export function hasWords(shown: string, words: string[]): boolean {
  const text = shown.toLowerCase();
  return words.every((word) => text.includes(word));
}
