// What the module gives that stands between a file and the CommonJS that it imports.
import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultOf, isMarked, markedUrl, moduleBetween, namespaceOf } from "../src/common_js.mjs";

test("a marked URL stands for a module that gives the names that are asked for", () => {
  const url = markedUrl("file:///a%20b/index.js?x", ["default", "lgxNamespace", 'say "hi"']);
  assert.ok(isMarked(url) && !isMarked("file:///a%20b/index.js?x") && !isMarked(undefined));
  const code = moduleBetween(url) ?? "";
  assert.match(code, /import exported from "file:\/\/\/a%20b\/index\.js\?x";/);
  assert.match(code, /const name1 = namespaceOf\(exported\);\nexport \{ name1 as "lgxNamespace" \};/);
  assert.match(code, /const name2 = Object\(exported\)\["say \\"hi\\""\];\nexport \{ name2 as "say \\"hi\\"" \};/);
  assert.equal(moduleBetween("file:///a.js"), null);
});

test("the default is exports.default of what says that it was an ES module, else all of it", () => {
  assert.equal(defaultOf({ __esModule: true, default: 1 }), 1);
  assert.equal(defaultOf({ __esModule: true }), undefined);
  assert.deepEqual(defaultOf({ default: 1 }), { default: 1 });
  for (const nothing of [null, undefined, 0]) assert.equal(defaultOf(nothing), nothing);
});

test("a namespace has what is there when it is asked, what is inherited too, and all of it as the default", () => {
  const flagged = { __esModule: true, a: 1 };
  assert.equal(namespaceOf(flagged), flagged);
  class Client {
    count = 0;
    get() {
      return this.count;
    }
  }
  const client = new Client();
  const namespace = namespaceOf(client);
  client.count = 2;
  assert.deepEqual([namespace.count, namespace.get(), namespace.default === client], [2, 2, true]);
  assert.deepEqual(Object.keys(namespace), ["default", "count"]);
  assert.deepEqual([namespaceOf(null).default, namespaceOf(3).default], [null, 3]);
  assert.equal(namespaceOf({ default: "own", b: 1 }).default.default, "own");
});
