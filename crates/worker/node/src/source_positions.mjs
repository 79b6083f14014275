// Where compiled code was written: lines of the project's own files for lines of what Node runs.

import { findSourceMap } from "node:module";
import { fileURLToPath } from "node:url";

/** @typedef {{file: string, line: number, column: number}} Position both counted from 1 */

/**
 * The position in what a person wrote. What is in no source map was not compiled.
 * @param {Position} compiled
 * @returns {Position}
 */
export function writtenAt({ file, line, column }) {
  const entry = findSourceMap(file)?.findEntry(line - 1, column - 1);
  if (!entry || !("originalSource" in entry) || !entry.originalSource) return { file, line, column };
  const source = entry.originalSource;
  return {
    file: source.startsWith("file:") ? fileURLToPath(source) : file,
    line: entry.originalLine + 1,
    column: entry.originalColumn + 1,
  };
}
