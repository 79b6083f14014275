// What the agent can do beside talking.

import { tool } from "langchain";
import { z } from "zod";

import { evaluate } from "./arithmetic.ts";

export const calculator = tool(
  ({ expression }) => {
    try {
      return String(evaluate(expression));
    } catch (error) {
      // The model reads it and can try again; an exception would end the run.
      return `error: ${error instanceof Error ? error.message : error}`;
    }
  },
  {
    name: "calculator",
    description: "Calculate an arithmetic expression, such as `12 * (3 + 4)`.",
    schema: z.object({ expression: z.string() }),
  },
);

export const utcNow = tool(() => new Date().toISOString(), {
  name: "utc_now",
  description: "Tell the date and time now, in UTC.",
  schema: z.object({}),
});
