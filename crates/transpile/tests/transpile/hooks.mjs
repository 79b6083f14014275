// Gives Node what was compiled ahead: for each file its code, its format, where what it imports lies, and what it takes from CommonJS.
import { fileURLToPath, pathToFileURL } from "node:url";
import { isMarked, markedUrl, moduleBetween } from "../../../worker/node/src/common_js.mjs";

let files = {};

export function initialize(compiled) {
  files = compiled;
}

export function resolve(specifier, context, next) {
  const { parentURL, conditions } = context;
  const importer = parentURL?.startsWith("file:") && !isMarked(parentURL) ? files[fileURLToPath(parentURL)] : undefined;
  const names = conditions.includes("require") ? undefined : importer?.common_js[specifier];
  const between = ({ url }) => ({ url: names ? markedUrl(url, names) : url, shortCircuit: true });
  const found = importer?.imports[specifier];
  if (found) return between({ url: pathToFileURL(found).href });
  if (!names) return next(specifier, context);
  const byNode = next(specifier, context);
  return byNode instanceof Promise ? byNode.then(between) : between(byNode);
}

export function load(url, context, next) {
  const between = moduleBetween(url);
  if (between) return { format: "module", source: between, shortCircuit: true };
  const file = url.startsWith("file:") ? files[fileURLToPath(url)] : undefined;
  return file ? { format: file.format, source: file.code, shortCircuit: true } : next(url, context);
}
