// Runs a file of a project that was compiled ahead: `node run.mjs COMPILED ENTRY`.
import { readFileSync } from "node:fs";
import Module, { register } from "node:module";
import { pathToFileURL } from "node:url";
import { initialize, load, resolve } from "./hooks.mjs";

const [compiled, entry] = process.argv.slice(2);
const files = JSON.parse(readFileSync(compiled, "utf8"));
if (Module.registerHooks) {
  initialize(files);
  Module.registerHooks({ resolve, load });
} else {
  register("./hooks.mjs", import.meta.url, { data: files });
}
// Before 24 Node resolves what CommonJS requires without asking its hooks.
const resolveFilename = Module._resolveFilename;
Module._resolveFilename = (specifier, parent, ...rest) =>
  files[parent?.filename]?.imports[specifier] ?? resolveFilename(specifier, parent, ...rest);
await import(pathToFileURL(entry).href);
