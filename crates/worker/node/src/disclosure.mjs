// What clients are told of an exception: its message, unless this server keeps those of unexpected exceptions to itself.

import { messageOf, nameOf } from "./diagnostics.mjs";

const HIDDEN = "An internal error occurred";
/** Raised at what a client sent, by validation and by langgraph, so that clients are used to reading them. */
const FOR_CLIENTS = /^(?:TypeError|RangeError|ZodError|\$ZodError|Graph\w*Error|Invalid\w*Error|Empty\w*Error|NodeInterrupt|UnreachableNodeError)$/;

/** Who decides what is told. */
export class Disclosure {
  #hides;

  /** @param {boolean} hides whether the messages of unexpected exceptions are kept from clients */
  constructor(hides) {
    this.#hides = hides;
  }

  /**
   * The text of an exception as clients see it.
   * @param {unknown} error
   */
  message(error) {
    return this.#hides && !FOR_CLIENTS.test(nameOf(error)) ? HIDDEN : messageOf(error);
  }

  /**
   * The text of an exception of which nothing else is known any more.
   * @param {string} text
   */
  text(text) {
    return this.#hides ? HIDDEN : text;
  }

  /**
   * An event of langchain's, which has a message and its stack as one text where a tool has failed.
   * @param {any} event
   */
  event(event) {
    const error = event.data?.error;
    return typeof error === "string" ? { ...event, data: { ...event.data, error: this.text(withoutStack(error)) } } : event;
  }

  /**
   * What langgraph keeps of the error of a task, as clients see it.
   * @param {any} error
   */
  taskError(error) {
    return this.#hides && error && !FOR_CLIENTS.test(error.name) ? { ...error, message: HIDDEN } : error;
  }

  /**
   * `{"error": name, "message": text}`, as runs, streams and threads show an exception.
   * @param {unknown} error
   */
  runError(error) {
    return { error: nameOf(error), message: this.message(error) };
  }
}

/**
 * The message of what langchain makes of an error: behind an empty line follows the stack, whose first line ends with it as well.
 * @param {string} text
 */
function withoutStack(text) {
  const [head = ""] = text.split("\n    at ", 1);
  for (let at = head.indexOf("\n\n"); at >= 0; at = head.indexOf("\n\n", at + 1)) {
    const message = head.slice(0, at);
    if (head.slice(at + 2).endsWith(message)) return message;
  }
  return head === text ? text : (head.split("\n\n", 1)[0] ?? "");
}
