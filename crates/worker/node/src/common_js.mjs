// Between a file that TypeScript would make CommonJS of and the CommonJS that it imports stands a module made here, which gives what `require`
// and TypeScript's `esModuleInterop` would: Node alone gives the names that it can tell without running the code, and never `exports.default`.

/** Under which name everything is asked for; `crates/transpile/src/common_js.rs` writes it into the code. */
const NAMESPACE = "lgxNamespace";
/** Marks the URL of the module between, before the names that it gives. */
const MARK = "?lgx-names=";

/**
 * The URL of the module between: the one of the module that it stands before, marked.
 * @param {string} url
 * @param {string[]} names
 */
export function markedUrl(url, names) {
  return url + MARK + encodeURIComponent(JSON.stringify(names));
}

/**
 * The code of the module that a marked URL stands for; null for any other URL.
 * @param {string} url
 */
export function moduleBetween(url) {
  const at = url.lastIndexOf(MARK);
  if (at < 0) return null;
  const from = JSON.stringify(url.slice(0, at));
  /** @type {string[]} */
  const names = JSON.parse(decodeURIComponent(url.slice(at + MARK.length)));
  const lines = [
    `import exported from ${from};`,
    `import { defaultOf, namespaceOf } from ${JSON.stringify(import.meta.url)};`,
    `export * from ${from};`,
    "export default defaultOf(exported);",
  ];
  for (const [number, name] of names.entries()) {
    if (name === "default") continue;
    const value = name === NAMESPACE ? "namespaceOf(exported)" : `Object(exported)[${JSON.stringify(name)}]`;
    lines.push(`const name${number} = ${value};`, `export { name${number} as ${JSON.stringify(name)} };`);
  }
  return lines.join("\n");
}

/** @param {string | undefined} url */
export function isMarked(url) {
  return url?.includes(MARK) ?? false;
}

/**
 * What `import name from` gives.
 * @param {any} exported
 */
export function defaultOf(exported) {
  return exported?.__esModule ? exported.default : exported;
}

/**
 * What `import * as name from` gives: everything that there is when it is asked for, and not what was there when it was imported.
 * @param {any} exported
 */
export function namespaceOf(exported) {
  if (exported?.__esModule) return exported;
  const whole = Object(exported);
  const namespace = Object.create(Object.getPrototypeOf(whole), { default: { value: exported, enumerable: true } });
  for (const name of Object.getOwnPropertyNames(whole)) {
    if (name === "default") continue;
    const { enumerable = false } = Object.getOwnPropertyDescriptor(whole, name) ?? {};
    Object.defineProperty(namespace, name, { get: () => whole[name], enumerable });
  }
  return namespace;
}
