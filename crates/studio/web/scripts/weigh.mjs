// Says how large the page is that was built, packed as it is sent, and fails when that is more than it may be.
import { readFileSync, readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";

const dist = new URL("../../dist/", import.meta.url);
const most = 500 * 1024;

let whole = 0;
for (const name of readdirSync(dist).filter((name) => /\.(js|css)$/.test(name))) {
  const packed = gzipSync(readFileSync(new URL(name, dist)), { level: 9 }).length;
  console.log(`${(packed / 1024).toFixed(1).padStart(7)} KiB  ${name}`);
  whole += packed;
}
console.log(`${(whole / 1024).toFixed(1).padStart(7)} KiB  scripts and styles, of ${most / 1024} at most`);
if (whole > most) {
  console.error("The page is too large: see what is new in it, and whether a smaller way is there.");
  process.exit(1);
}
