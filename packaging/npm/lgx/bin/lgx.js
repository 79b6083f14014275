#!/usr/bin/env node
// `lgx`: becomes the binary where Node can do that, else runs it and is as transparent as a process around another one can be.

import { spawn } from "node:child_process";
import { constants } from "node:os";
import { binary, NoBinaryError } from "../binary.js";

function find() {
  try {
    return binary();
  } catch (error) {
    if (!(error instanceof NoBinaryError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return process.exit(1);
  }
}

/** Runs the binary as a child, passes signals on, and ends as it does. */
function run(file, args) {
  const child = spawn(file, args, { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // What is typed on a terminal reaches the child too: a second one would not let it stop cleanly.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on("error", (error) => {
    process.stderr.write(`error: ${file} cannot be run: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

const file = find();
const args = process.argv.slice(2);
if (process.execve) {
  // It warns of being experimental.
  process.removeAllListeners("warning");
  process.execve(file, [file, ...args], process.env);
} else {
  run(file, args);
}
