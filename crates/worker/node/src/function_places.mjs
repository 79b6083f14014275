// Where functions of the project are written. JavaScript does not tell, but the inspector does: at which line and column of its script a
// function begins, and what its closure holds. Which file the script is, it says only to a debugger that has been told of all scripts, which
// takes a while; so that is found out by the text of the function, which is at that place in one of the files of the project.

import { Session } from "node:inspector";

import { writtenAt } from "./source_positions.mjs";

/** @typedef {import("./source.mjs").Source} Source */
/** @typedef {{file: string, line: number, count: number}} FunctionPlace the first line and how many there are */
/** @typedef {(...parameters: any[]) => unknown} AnyFunction */
/** @typedef {import("node:inspector").Runtime.RemoteObject} RemoteObject */

/** Through so many functions that call others a function of the project is looked for. */
const DEEPEST = 5;
/** Where the inspector finds what it is asked about. */
const ASKED = Symbol.for("lgx.asked");

/**
 * The place of a function, or of the one of the project that a library has wrapped; null if it is none of the project's.
 * @param {AnyFunction} asked
 * @param {Source} source
 * @returns {FunctionPlace | null}
 */
export function placeOf(asked, source) {
  const session = new Session();
  session.connect();
  try {
    return new Inspection(session, source).place(asked, DEEPEST);
  } finally {
    session.disconnect();
    Reflect.deleteProperty(globalThis, ASKED);
  }
}

/** Questions about functions, which are answered on the spot. */
class Inspection {
  #session;
  #source;

  /**
   * @param {Session} session
   * @param {Source} source
   */
  constructor(session, source) {
    this.#session = session;
    this.#source = source;
  }

  /**
   * @param {AnyFunction} asked
   * @param {number} depth
   * @returns {FunctionPlace | null}
   */
  place(asked, depth) {
    const object = this.#objectOf(asked);
    const parts = this.#parts(object);
    const location = parts.get("[[FunctionLocation]]")?.value;
    const own = location && this.#written(asked, location.lineNumber, location.columnNumber);
    if (own || depth === 0) return own ?? null;
    for (const inner of this.#within(parts)) {
      const found = this.place(inner, depth - 1);
      if (found) return found;
    }
    return null;
  }

  /**
   * The functions that one has been made of: the target of a bound one, what the innermost closure holds of others.
   * @param {Map<string, RemoteObject>} parts
   * @returns {AnyFunction[]}
   */
  #within(parts) {
    const target = parts.get("[[TargetFunction]]");
    if (target) return [this.#given(target)];
    const scopes = parts.get("[[Scopes]]");
    const [innermost] = scopes ? this.#ask("Runtime.getProperties", { objectId: scopes.objectId, ownProperties: true }).result : [];
    if (!innermost?.value?.description?.startsWith("Closure")) return [];
    const held = this.#ask("Runtime.getProperties", { objectId: innermost.value.objectId, ownProperties: true }).result;
    const functions = held.filter((/** @type {any} */ { value }) => value?.type === "function");
    return functions.map((/** @type {any} */ { value }) => this.#given(value));
  }

  /**
   * @param {AnyFunction} asked
   * @returns {RemoteObject}
   */
  #objectOf(asked) {
    Object.defineProperty(globalThis, ASKED, { value: asked, configurable: true, writable: true });
    return this.#ask("Runtime.evaluate", { expression: "globalThis[Symbol.for('lgx.asked')]" }).result;
  }

  /**
   * The function itself.
   * @param {RemoteObject} object
   * @returns {AnyFunction}
   */
  #given({ objectId }) {
    const functionDeclaration = "function () { globalThis[Symbol.for('lgx.asked')] = this; }";
    this.#ask("Runtime.callFunctionOn", { objectId, functionDeclaration });
    return /** @type {any} */ (globalThis)[ASKED];
  }

  /**
   * What only the inspector sees of an object.
   * @param {RemoteObject} object
   * @returns {Map<string, RemoteObject>}
   */
  #parts({ objectId }) {
    const { internalProperties = [] } = this.#ask("Runtime.getProperties", { objectId, ownProperties: true });
    return new Map(internalProperties.map((/** @type {any} */ { name, value }) => [name, value]));
  }

  /**
   * @param {string} method
   * @param {object} params
   * @returns {any}
   */
  #ask(method, params) {
    /** @type {unknown} */
    let answer;
    this.#session.post(method, params, (error, given) => {
      if (error) throw new Error(`the inspector does not answer ${method}: ${error.message}`);
      answer = given;
    });
    return answer;
  }

  /**
   * Where the function is written that begins at this position of a script, both counted from 0.
   * @param {AnyFunction} asked
   * @param {number} row
   * @param {number} column
   * @returns {FunctionPlace | null}
   */
  #written(asked, row, column) {
    const text = Function.prototype.toString.call(asked);
    for (const [file, code] of this.#source.code) {
      const begin = beginOf(text, code, row, column);
      if (begin === null) continue;
      const [first, last] = [positionOf(code, begin), positionOf(code, begin + text.length - 1)].map((at) => writtenAt({ file, ...at }));
      if (first && last) return { file: first.file, line: first.line, count: Math.max(last.line - first.line, 0) + 1 };
    }
    return null;
  }
}

/**
 * Where the text begins that is around a position of the code: a function is said to begin with its parameters, behind its name.
 * @param {string} text
 * @param {string} code
 * @param {number} row
 * @param {number} column
 */
function beginOf(text, code, row, column) {
  let line = 0;
  for (let passed = 0; passed < row; passed += 1) {
    line = code.indexOf("\n", line) + 1;
    if (line === 0) return null;
  }
  const position = line + column;
  const begin = code.lastIndexOf(text, position);
  return begin >= 0 && begin + text.length > position ? begin : null;
}

/**
 * @param {string} code
 * @param {number} index
 */
function positionOf(code, index) {
  const before = code.slice(0, index);
  const lastLine = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: index - lastLine + 1 };
}
