// Where the process begins: on a Node that is too old to read the worker's modules it says so, in words that any Node reads.

"use strict";

var oldest = [20, 19];
var version = process.versions.node.split(".").map(Number);

if (version[0] > oldest[0] || (version[0] === oldest[0] && version[1] >= oldest[1])) {
  var lifeline = process.env.LGX_LIFELINE_FD;
  if (lifeline !== undefined) require("./lifeline.cjs").endWithServer(Number(lifeline));
  import("./src/main.mjs").then(function (worker) {
    return worker.main();
  });
} else {
  var meta = Buffer.from(
    JSON.stringify({
      protocol: 2,
      pid: process.pid,
      runtime: { name: "node", version: process.versions.node },
      executable: process.execPath,
      missing: [],
    }),
  );
  var header = Buffer.alloc(20);
  header.writeUInt32LE(4 + meta.length, 0);
  header.writeUInt8(1, 4);
  header.writeUInt32LE(meta.length, 16);
  require("fs").writeSync(Number(process.env.LGX_WORKER_FD), Buffer.concat([header, meta]));
}
