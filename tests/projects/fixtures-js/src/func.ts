// Functional-API entrypoint: squares numbers in tasks, keeps a running total through the previous state.

import { entrypoint, getPreviousState, task } from "@langchain/langgraph";

const square = task("square", async (n: number) => n * n);

export const graph = entrypoint("graph", async (nums: number[]) => {
  const squares = await Promise.all(nums.map((n) => square(n)));
  const total = squares.reduce((sum, n) => sum + n, getPreviousState<number>() ?? 0);
  return entrypoint.final({ value: { squares, total }, save: total });
});
