// The suite asks for `describe` and `it` without importing them.

export default { test: { globals: true, include: ["tests/validation/*.spec.mjs"] } };
