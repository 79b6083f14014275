// What is odd in langgraph.json, where, and what was meant perhaps.
import type { ConfigProblem } from "../api/wire.ts";
import { OpenInEditor } from "../parts/open-in-editor.tsx";
import "./config-problems.css";

export function ConfigProblems({ problems }: { problems: readonly ConfigProblem[] }) {
  return (
    <ul className="config-problems">
      {problems.map((problem) => (
        <li key={`${problem.file}:${problem.line}:${problem.message}`}>
          <div>
            <p>{problem.message}</p>
            {problem.hint !== null && <p className="config-problems-hint">{problem.hint}</p>}
            {problem.file !== null && (
              <code>{[problem.file, problem.line, problem.line === null ? null : problem.column].filter((part) => part !== null).join(":")}</code>
            )}
          </div>
          {problem.file !== null && <OpenInEditor file={problem.file} line={problem.line ?? 1} small />}
        </li>
      ))}
    </ul>
  );
}
