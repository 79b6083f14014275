// Writes down what the page was built from, one line a file as sha256sum has them, so that `tests/house.rs` finds out without Node whether dist is old.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

const web = new URL("../", import.meta.url);
/** What decides how the page comes out, beside `src`; the same list is in `tests/house.rs`. */
const configuration = ["index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts"];

const sources = readdirSync(new URL("src/", web), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => `${entry.parentPath}/${entry.name}`.replaceAll("\\", "/").replaceAll("//", "/"))
  .map((path) => path.slice(path.lastIndexOf("/web/src/") + "/web/".length));

const lines = [...configuration, ...sources].toSorted().map((path) => {
  const text = readFileSync(new URL(path, web), "utf8").replaceAll("\r\n", "\n");
  return `${createHash("sha256").update(text).digest("hex")}  ${path}\n`;
});
writeFileSync(new URL("../dist/sources.sha256", web), lines.join(""));
