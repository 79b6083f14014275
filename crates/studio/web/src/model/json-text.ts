// JSON as somebody types it: the value, or what is wrong and in which line and column.

import type { Json } from "../api/wire.ts";

export interface JsonFault {
  message: string;
  /** From 1. */
  line: number;
  column: number;
}

export type JsonRead = { ok: true; value: Json } | { ok: false; fault: JsonFault };

/** Browsers say where JSON is wrong each in their own words, or not at all; therefore the place is found here. */
export function readJson(text: string): JsonRead {
  const at = faultIn(text);
  if (at !== null) return { ok: false, fault: { message: at.message, ...placeOf(text, at.offset) } };
  const value: Json = JSON.parse(text);
  return { ok: true, value };
}

export function faultText(fault: JsonFault): string {
  return `Line ${fault.line}, column ${fault.column}: ${fault.message}`;
}

function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

interface Fault {
  message: string;
  offset: number;
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[A-Za-z_][\w]*/y;
// oxlint-disable-next-line no-control-regex -- JSON forbids them in strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/** Null when the text is JSON. Goes through it without recursion: what is typed may be nested as deep as it likes. */
function faultIn(text: string): Fault | null {
  const open: ("{" | "[")[] = [];
  let at = 0;
  let expects: "value" | "value or ]" | "key" | "key or }" | "after" = "value";
  const skip = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? "";
    at += found.length;
    return found;
  };
  for (;;) {
    skip(SPACE);
    const letter = text[at];
    const inside = open.at(-1);
    if (expects === "after") {
      if (inside === undefined) return letter === undefined ? null : { message: `${quoted(letter)} stands after the value`, offset: at };
      if (letter === ",") {
        at += 1;
        expects = inside === "{" ? "key" : "value";
      } else if (letter === closing(inside)) {
        at += 1;
        open.pop();
      } else return { message: `a comma or ${closing(inside)} is expected, not ${quoted(letter)}`, offset: at };
    } else if (expects === "key" || expects === "key or }") {
      if (letter === "}" && expects === "key or }") {
        at += 1;
        open.pop();
        expects = "after";
        continue;
      }
      if (letter === "}") return { message: "a comma stands before }", offset: at };
      if (letter !== '"') return { message: `a key in double quotes is expected, not ${quoted(letter)}`, offset: at };
      if (skip(STRING) === "") return badString(text, at);
      skip(SPACE);
      if (text[at] !== ":") return { message: `a colon is expected after the key, not ${quoted(text[at])}`, offset: at };
      at += 1;
      expects = "value";
    } else if (letter === "{" || letter === "[") {
      at += 1;
      open.push(letter);
      expects = letter === "{" ? "key or }" : "value or ]";
    } else if (letter === "]" && expects === "value or ]") {
      at += 1;
      open.pop();
      expects = "after";
    } else if (letter === '"') {
      if (skip(STRING) === "") return badString(text, at);
      expects = "after";
    } else {
      const begin = at;
      if (skip(NUMBER) === "") {
        const word = skip(WORD);
        if (!["true", "false", "null"].includes(word)) return { message: noValue(word, letter), offset: begin };
      } else if (/[\w.]/.test(text[at] ?? "")) return { message: "this is no number as JSON writes it", offset: begin };
      expects = "after";
    }
  }
}

function closing(opening: "{" | "["): string {
  return opening === "{" ? "}" : "]";
}

function quoted(letter: string | undefined): string {
  return letter === undefined ? "the end of the text" : letter === '"' ? "a double quote" : `“${letter}”`;
}

function noValue(word: string, letter: string | undefined): string {
  const meant: Record<string, string> = { True: "true", False: "false", None: "null", undefined: "null", NaN: "null" };
  const instead = meant[word];
  if (instead !== undefined) return `${word} is ${instead} in JSON`;
  if (word !== "") return `“${word}” is no value: a text needs double quotes`;
  if (letter === "'") return "a text needs double quotes, not single ones";
  if (letter === "]" || letter === "}") return `a comma stands before ${letter}`;
  return `a value is expected, not ${quoted(letter)}`;
}

/** Where a string that begins at a place goes wrong. */
function badString(text: string, begin: number): Fault {
  for (let at = begin + 1; at < text.length; at += 1) {
    const letter = text[at] ?? "";
    if (letter === '"') break;
    if (letter === "\n" || letter === "\r") return { message: "the text begun here is not closed in its line", offset: begin };
    if (letter < " ") return { message: "a text has a control character that is not escaped", offset: at };
    if (letter === "\\") {
      if (!/^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.test(text.slice(at, at + 6))) {
        return { message: `\\${text[at + 1] ?? ""} is no escape that JSON knows`, offset: at };
      }
      at += 1;
    }
  }
  return { message: "the text begun here is not closed", offset: begin };
}
