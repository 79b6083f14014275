// A channel that a graph appends words to.

import { Annotation } from "@langchain/langgraph";

export const log = () => Annotation<string[]>({ reducer: (before, more) => [...before, ...more], default: () => [] });
