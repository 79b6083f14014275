// Which lines of the log are shown, and keeping only so many.

import type { LogLine } from "../api/wire.ts";

export const LEVELS = ["debug", "info", "warning", "error", "critical"] as const;

export interface LogFilter {
  /** This level and what is worse. */
  level: LogLine["level"];
  /** Beginning of a run's id, or "". */
  run: string;
  /** Anywhere in the line, upper and lower case alike. */
  text: string;
}

export const ALL_LINES: LogFilter = { level: "debug", run: "", text: "" };

export function filterLines(lines: readonly LogLine[], filter: LogFilter): readonly LogLine[] {
  const least = LEVELS.indexOf(filter.level);
  const run = filter.run.trim().toLowerCase();
  const text = filter.text.trim().toLowerCase();
  if (least === 0 && run === "" && text === "") return lines;
  return lines.filter(
    (line) =>
      LEVELS.indexOf(line.level) >= least &&
      (run === "" || (line.run_id?.toLowerCase().startsWith(run) ?? false)) &&
      (text === "" || line.message.toLowerCase().includes(text) || (line.logger?.toLowerCase().includes(text) ?? false) || (line.node?.toLowerCase().includes(text) ?? false)),
  );
}

/** Old lines and new ones in order, each once; beyond `most` the oldest go. */
export function mergeLines(old: readonly LogLine[], more: readonly LogLine[], most: number): readonly LogLine[] {
  if (more.length === 0) return old;
  const last = old.at(-1)?.id ?? -1;
  const first = more[0]?.id ?? 0;
  if (first > last) return [...old, ...more].slice(-most);
  const known = new Set(old.map((line) => line.id));
  return [...old, ...more.filter((line) => !known.has(line.id))].toSorted((a, b) => a.id - b.id).slice(-most);
}
