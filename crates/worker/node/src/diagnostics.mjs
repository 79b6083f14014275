// What went wrong in the user's code, and where: the Diagnostic of the protocol.

import { readFileSync } from "node:fs";
import { dirname, isAbsolute, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

import { locatedIn } from "./transpiler.mjs";

/**
 * @typedef {{type: string, message: string, file: string | null, line: number | null, column: number | null, source: string | null,
 *   function: string | null, traceback: string, hint: string | null}} Diagnostic
 */
/** @typedef {{file: string, line: number, column: number, function: string | null}} Place */

const OWN = dirname(fileURLToPath(import.meta.url)) + sep;
const FRAME = /^\s+at (?:(?:async )?(?<name>.*?) \()?(?<place>(?:file:\/\/)?\/.*?):(?<line>\d+):(?<column>\d+)\)?$/;
/** What Node prints above a syntax error: the file and line, the line itself, and where in it. */
const SYNTAX = /^(?<place>(?:file:\/\/)?\/.*?):(?<line>\d+)\n(?<source>.*)\n(?<before> *)\^/;

/**
 * What an exception says; classes of the user's may fail at it.
 * @param {unknown} error
 */
export function messageOf(error) {
  try {
    if (error instanceof Error) return String(error.message);
    // An error that comes from another thread may be an object that only looks like one.
    return typeof error === "object" && error !== null ? inspect(error) : String(error);
  } catch {
    return "(it has no readable message)";
  }
}

/**
 * The name of what was thrown, which may be anything.
 * @param {unknown} error
 */
export function nameOf(error) {
  return error instanceof Error ? error.name || "Error" : "Error";
}

/**
 * The Diagnostic of an exception: its place in the project at `root` when it has one, else where it was raised.
 * @param {unknown} error
 * @param {string} root
 * @returns {Diagnostic}
 */
export function diagnose(error, root) {
  const located = locatedIn(error);
  if (located) return located;
  const stacks = causes(error).map((cause) => String(cause.stack ?? ""));
  const places = stacks.flatMap((stack) => [...syntaxPlace(stack), ...framesOf(stack)]);
  const place = places.find(({ file }) => isOfProject(file, root)) ?? places[0] ?? null;
  return {
    type: nameOf(error),
    message: messageOf(error),
    file: place?.file ?? null,
    line: place?.line ?? null,
    column: place?.column ?? null,
    source: place ? lineOf(place.file, place.line) : null,
    function: place?.function ?? null,
    traceback: stacks.map(withoutMachinery).filter(Boolean).join("\n\ncaused by\n\n"),
    hint: hintFor(error),
  };
}

/**
 * Whether a file is one of the project's own, and of nothing that it has installed.
 * @param {string} file
 * @param {string} root
 */
export function isOfProject(file, root) {
  return file.startsWith(root + sep) && !file.includes(`${sep}node_modules${sep}`) && !isOwn(file);
}

/**
 * Whether a file is one of the worker's.
 * @param {string} file
 */
export function isOwn(file) {
  return file.startsWith(OWN);
}

/**
 * The exception, and what led to it.
 * @param {unknown} error
 */
function causes(error) {
  /** @type {Error[]} */
  const found = [];
  for (let cause = error; cause instanceof Error && !found.includes(cause); cause = cause.cause) {
    found.push(cause);
    if (cause instanceof AggregateError) found.push(...cause.errors.filter((inner) => inner instanceof Error));
  }
  return found;
}

/**
 * The lines of a stack that are not the worker's or Node's own, innermost first.
 * @param {string} stack
 * @returns {Place[]}
 */
export function framesOf(stack) {
  return stack.split("\n").flatMap((line) => {
    const { name, place, line: row, column } = FRAME.exec(line)?.groups ?? {};
    if (place === undefined) return [];
    const file = fileOf(place);
    if (isOwn(file)) return [];
    return [{ file, line: Number(row), column: Number(column), function: name?.replace(/^(?:new |Object\.)/, "") ?? null }];
  });
}

/**
 * @param {string} stack
 * @returns {Place[]}
 */
function syntaxPlace(stack) {
  const { place, line, before } = SYNTAX.exec(stack)?.groups ?? {};
  if (place === undefined) return [];
  return [{ file: fileOf(place), line: Number(line), column: (before?.length ?? 0) + 1, function: null }];
}

/** @param {string} place */
function fileOf(place) {
  const [path] = place.split("?");
  return path?.startsWith("file://") ? fileURLToPath(path) : (path ?? place);
}

/** @param {string} stack */
function withoutMachinery(stack) {
  const lines = stack.split("\n").filter((line) => !line.includes(OWN) && !/^\s+at .*\bnode:/.test(line));
  // Without a frame it would only say again what the message says.
  return lines.some((line) => FRAME.test(line) || SYNTAX.test(stack)) ? lines.join("\n") : "";
}

/**
 * The text of a line, if it can be read.
 * @param {string} file
 * @param {number} line
 */
export function lineOf(file, line) {
  if (!isAbsolute(file)) return null;
  try {
    return readFileSync(file, "utf8").split("\n")[line - 1] ?? null;
  } catch {
    return null;
  }
}

/** @param {unknown} error */
function hintFor(error) {
  const code = error instanceof Error && "code" in error ? error.code : null;
  const name = /Cannot find package '(?<name>[^']+)'/.exec(messageOf(error))?.groups?.["name"];
  if (code === "ERR_MODULE_NOT_FOUND" && name) return `install it: \`npm install ${name}\``;
  return null;
}
