// What the benchmark's graphs take in one Node.js process, with no server at all; run in a copy of the project, its graphs compiled.

const WARM_UP = 20;
const REPEATS = 200;
const CHAT = { messages: [{ role: "user", content: "hi" }] };

/** @param {number[]} times */
const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

const begun = performance.now();
const graphs = await import("./src/graphs.mjs");
/** @type {Record<string, number>} */
const found = { import: (performance.now() - begun) / 1e3 };

const { MemorySaver } = await import("@langchain/langgraph");
for (const [name, input] of Object.entries({ echo: CHAT, steps: { seen: [] } })) {
  const graph = Object.assign(Object.create(Object.getPrototypeOf(graphs[name])), graphs[name], { checkpointer: new MemorySaver() });
  const times = [];
  for (let number = 0; number < WARM_UP + REPEATS; number += 1) {
    const start = performance.now();
    await graph.invoke(input, { configurable: { thread_id: String(number) } });
    times.push(performance.now() - start);
  }
  found[name] = median(times.slice(WARM_UP));
}

const start = performance.now();
let count = 0;
for await (const _ of await graphs.tokens.stream(CHAT, { streamMode: "messages" })) count += 1;
found.tokens = count / ((performance.now() - start) / 1e3);
console.log(JSON.stringify(found));
