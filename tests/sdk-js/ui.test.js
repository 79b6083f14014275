// What a page does with a UI component: asks the server for it by the SDK, loads its files, and has React render it.
import assert from "node:assert/strict";
import { test } from "node:test";
import vm from "node:vm";
import { Client } from "@langchain/langgraph-sdk";
import * as React from "react";
import * as JsxRuntime from "react/jsx-runtime";
import { renderToString } from "react-dom/server";

const apiUrl = process.env.LGX_URL;

/** The attributes of an element, as a browser reads them. */
function attributes(tag) {
  const read = (value) =>
    value.replace(/&(quot|#39|lt|gt|amp);/g, (_, name) => ({ quot: '"', "#39": "'", lt: "<", gt: ">", amp: "&" })[name]);
  return Object.fromEntries([...tag.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, read(value)]));
}

/** What a page has that shows components, with the store in which they arrive. */
function page() {
  const responded = [];
  const modules = { react: React, "react/jsx-runtime": JsxRuntime };
  const shadowRoot = { children: [], appendChild: (child) => shadowRoot.children.push(child) };
  const context = vm.createContext({
    console,
    document: { createElement: (name) => ({ name }), getElementById: (id) => (id === "root-7" ? { shadowRoot } : null) },
  });
  context[Symbol.for("LGUI_REQUIRE")] = (name) => modules[name] ?? assert.fail(`the page has no ${name}`);
  context[Symbol.for("LGUI_EXT_STORE")] = { respond: (id, component, target) => responded.push({ id, component, target }) };
  return { context, responded, shadowRoot };
}

test("a component is loaded and rendered", async () => {
  const client = new Client({ apiUrl });
  const html = await client["~ui"].getComponent("agent", "weather");
  const tags = html.split("\n").map(attributes);
  const style = tags.find((tag) => tag.rel === "stylesheet");
  const script = tags.find((tag) => tag.src);
  assert.equal(new URL(script.src).origin, new URL(apiUrl).origin);

  const css = await fetch(style.href);
  assert.match(css.headers.get("content-type"), /^text\/css/);
  assert.match(await css.text(), /\.weather/);
  const js = await fetch(script.src);
  assert.match(js.headers.get("content-type"), /^text\/javascript/);
  const { context, responded, shadowRoot } = page();
  vm.runInContext(await js.text(), context);
  vm.runInContext(script.onload.replace("{{shadowRootId}}", "root-7"), context);
  const [{ id, component, target }] = responded;
  assert.equal(id, "root-7");
  assert.deepEqual(shadowRoot.children, [target]);
  const shown = renderToString(React.createElement(component, { city: "Bern" }));
  assert.ok(shown.replaceAll("<!-- -->", "").includes(`${process.env.LGX_GREETING} 21`), shown);
});

test("the name of a component cannot leave its attribute", async () => {
  const client = new Client({ apiUrl });
  const name = `x'"></script><b>&quot;`;
  const html = await client["~ui"].getComponent("agent", name);
  assert.ok(!html.includes("<b>"), html);
  const script = html.split("\n").map(attributes).find((tag) => tag.src);
  const { context, responded } = page();
  context.console = { error: (text) => responded.push(text) };
  vm.runInContext(await (await fetch(script.src)).text(), context);
  vm.runInContext(script.onload.replace("{{shadowRootId}}", "root-7"), context);
  assert.equal(responded.length, 1);
  assert.ok(responded[0].includes(JSON.stringify(name)), responded[0]);
});

test("what is not there is not found", async () => {
  const client = new Client({ apiUrl, callerOptions: { maxRetries: 0 } });
  await assert.rejects(client["~ui"].getComponent("nobody", "weather"), /404/);
});
