// The lines of a JSON value as a tree shows them: only of what is open, so that a value of megabytes costs what is seen of it.

import type { Json } from "../api/wire.ts";

/** One line of the tree. */
export interface JsonRow {
  /** Where the value is: a JSON pointer. */
  path: string;
  depth: number;
  /** The name in its object, the index in its array, null for the whole. */
  key: string | number | null;
  kind: "leaf" | "folded" | "open" | "close" | "more";
  value: Json;
  /** Whether a comma follows. */
  comma: boolean;
  /** Of `more`: how many children are not listed yet. */
  hidden: number;
}

/** How many children of one array or object are listed before somebody asks for more. */
const PAGE = 200;
/** Beyond so many lines nothing is listed at all; the value can still be copied. */
const MOST_ROWS = 100_000;

/** What of a value is open, and how many pages of large containers are listed. */
export interface JsonUnfolding {
  open: ReadonlySet<string>;
  pages: ReadonlyMap<string, number>;
}

export function isContainer(value: Json): value is Json[] | { [key: string]: Json } {
  return typeof value === "object" && value !== null;
}

export function sizeOf(value: Json[] | { [key: string]: Json }): number {
  return Array.isArray(value) ? value.length : Object.keys(value).length;
}

export function childPath(path: string, key: string | number): string {
  return `${path}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function childrenOf(value: Json[] | { [key: string]: Json }, limit: number): [string | number, Json][] {
  if (Array.isArray(value)) return value.slice(0, limit).map((child, index) => [index, child]);
  return Object.keys(value)
    .slice(0, limit)
    .map((key) => [key, value[key] ?? null]);
}

/** The lines of what is open of a value. */
export function jsonRows(value: Json, unfolding: JsonUnfolding): JsonRow[] {
  const rows: JsonRow[] = [];
  const visit = (at: Json, key: string | number | null, path: string, depth: number, comma: boolean): void => {
    if (rows.length >= MOST_ROWS) return;
    const row = { path, depth, key, value: at, comma, hidden: 0 };
    if (!isContainer(at) || sizeOf(at) === 0) {
      rows.push({ ...row, kind: "leaf" });
      return;
    }
    if (!unfolding.open.has(path)) {
      rows.push({ ...row, kind: "folded" });
      return;
    }
    rows.push({ ...row, kind: "open", comma: false });
    const size = sizeOf(at);
    const listed = Math.min(size, PAGE * (unfolding.pages.get(path) ?? 1));
    childrenOf(at, listed).forEach(([name, child], index) => {
      visit(child, name, childPath(path, name), depth + 1, index < size - 1);
    });
    if (listed < size) {
      rows.push({ path, depth: depth + 1, key: null, kind: "more", value: null, comma: false, hidden: size - listed });
    }
    rows.push({ ...row, kind: "close" });
  };
  visit(value, null, "", 0, false);
  return rows;
}

/** What is open at first: level by level, as long as there are few lines. */
export function firstOpen(value: Json, most: number): Set<string> {
  const open = new Set<string>();
  let level: [string, Json][] = [["", value]];
  let lines = 1;
  while (level.length > 0) {
    const next: [string, Json][] = [];
    for (const [path, at] of level) {
      if (!isContainer(at)) continue;
      const size = sizeOf(at);
      if (size === 0) continue;
      const more = Math.min(size, PAGE) + 1;
      if (path !== "" && lines + more > most) continue;
      open.add(path);
      lines += more;
      for (const [key, child] of childrenOf(at, PAGE)) next.push([childPath(path, key), child]);
    }
    level = next;
  }
  return open;
}

/** Every container within a value, or as many as there is room for. */
export function allOpen(value: Json): Set<string> {
  return firstOpen(value, 20_000);
}

/** A value on one line, cut: what a folded container holds. */
export function preview(value: Json, most = 60): string {
  let text = "";
  const add = (at: Json): void => {
    if (text.length > most) return;
    if (typeof at === "string") text += JSON.stringify(at.length > most ? `${at.slice(0, most)}…` : at);
    else if (!isContainer(at)) text += String(at);
    else if (Array.isArray(at)) {
      text += "[";
      at.slice(0, 20).forEach((child, index) => {
        if (index > 0) text += ", ";
        add(child);
      });
      text += "]";
    } else {
      text += "{";
      childrenOf(at, 20).forEach(([key, child], index) => {
        if (text.length > most) return;
        text += `${index > 0 ? ", " : ""}${key}: `;
        add(child);
      });
      text += "}";
    }
  };
  add(value);
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
