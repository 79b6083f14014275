// Says how large the page is that was built, packed as it is sent, and fails when that is more than it may be.
import { readFileSync, readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";

const dist = new URL("../../dist/", import.meta.url);
const most = 500 * 1024;

let whole = 0;
for (const name of readdirSync(dist).filter((file) => /\.(js|css)$/.test(file))) {
  const packed = gzipSync(readFileSync(new URL(name, dist)), { level: 9 }).length;
  process.stdout.write(`${(packed / 1024).toFixed(1).padStart(7)} KiB  ${name}\n`);
  whole += packed;
}
process.stdout.write(`${(whole / 1024).toFixed(1).padStart(7)} KiB  scripts and styles, of ${most / 1024} at most\n`);
if (whole > most) {
  process.stderr.write("The page is too large: see what is new in it, and whether a smaller way is there.\n");
  process.exit(1);
}
