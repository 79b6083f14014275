// The suite asks for `describe` and `it` without importing them. `LGX_TEST_CHECKPOINT` names the copy of the library that it runs on, for
// the suite's own package too.

const LIBRARY = "@langchain/langgraph-checkpoint";
const copy = process.env["LGX_TEST_CHECKPOINT"] ?? LIBRARY;

export default {
  resolve: { alias: copy === LIBRARY ? [] : [{ find: new RegExp(`^${LIBRARY}$`), replacement: copy }] },
  test: { globals: true, include: ["tests/validation/*.spec.mjs"], server: { deps: { inline: [/checkpoint-validation/] } } },
};
