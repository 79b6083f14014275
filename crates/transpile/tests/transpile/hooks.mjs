// Gives Node what was compiled ahead: for each file its code, its format, and where what it imports lies.
import { fileURLToPath, pathToFileURL } from "node:url";

let files = {};

export function initialize(compiled) {
  files = compiled;
}

export function resolve(specifier, context, next) {
  const importer = context.parentURL?.startsWith("file:") ? files[fileURLToPath(context.parentURL)] : undefined;
  const found = importer?.imports[specifier];
  return found ? { url: pathToFileURL(found).href, shortCircuit: true } : next(specifier, context);
}

export function load(url, context, next) {
  const file = url.startsWith("file:") ? files[fileURLToPath(url)] : undefined;
  return file ? { format: file.format, source: file.code, shortCircuit: true } : next(url, context);
}
