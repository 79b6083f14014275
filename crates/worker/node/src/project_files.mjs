// The files that decide how a project's code is compiled and what is installed for it, beside the code itself.

import { existsSync, readdirSync } from "node:fs";
import { dirname, join, sep } from "node:path";

const LOCKFILES = ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb"];
/** What package managers keep of what they have installed, in the folder of the packages. */
const INSTALLED = [".package-lock.json", ".modules.yaml", ".yarn-state.yml"];
const SETTINGS = /^(?:tsconfig.*|jsconfig|package)\.json$/;

/**
 * The directories from the project's up to that of its workspace, which has the lockfile.
 * @param {string} root
 * @returns {string[]}
 */
export function workspace(root) {
  const above = [root];
  for (let directory = root; ; directory = dirname(directory)) {
    if (directory !== root) above.push(directory);
    if (LOCKFILES.some((name) => existsSync(join(directory, name)))) return above;
    // None has one.
    if (directory === dirname(directory)) return [root];
  }
}

/**
 * What says which packages are installed, and what would if it were there.
 * @param {string} root
 * @returns {string[]}
 */
export function packageFiles(root) {
  const directories = workspace(root);
  return [
    ...directories.map((directory) => join(directory, "package.json")),
    ...LOCKFILES.map((name) => join(directories.at(-1) ?? root, name)),
    ...directories.flatMap((directory) => INSTALLED.map((name) => join(directory, "node_modules", name))),
  ];
}

/**
 * The files that may have a say in what these files are, and in what they import: package.json, tsconfig.json, the lockfile.
 * @param {string} root
 * @param {readonly string[]} files
 * @returns {string[]}
 */
export function settingsFiles(root, files) {
  const above = workspace(root);
  const top = above.at(-1) ?? root;
  const directories = new Set(above);
  for (const file of files) {
    for (let directory = dirname(file); directory.startsWith(top + sep) && !directories.has(directory); directory = dirname(directory)) {
      directories.add(directory);
    }
  }
  return [...directories].flatMap((directory) => {
    const names = namesIn(directory).filter((name) => SETTINGS.test(name) || LOCKFILES.includes(name));
    return names.map((name) => join(directory, name));
  });
}

/** @param {string} directory */
function namesIn(directory) {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
