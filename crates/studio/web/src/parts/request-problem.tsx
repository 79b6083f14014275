// A request that failed, where it belongs: what the server said, until it is tried again. It never goes by itself.

import { failureOf } from "../api/failure.ts";
import { Button } from "./button.tsx";
import "./request-problem.css";

interface Props {
  /** What was thrown; nothing is shown where that is nothing. */
  caught: unknown;
  /** What did not happen: `The run was not started`. */
  what: string;
  onAgain?: () => void;
  onClose?: () => void;
}

export function RequestProblem({ caught, what, onAgain, onClose }: Props) {
  if (caught === null || caught === undefined) return null;
  const { status, detail } = failureOf(caught);
  return (
    <div className="request-problem" role="alert">
      <div className="request-problem-text">
        <b>{what}</b>
        {status > 0 && <code>{status}</code>}
        <span>{detail}</span>
      </div>
      {onAgain && <Button onClick={onAgain}>Try again</Button>}
      {onClose && (
        <Button kind="quiet" onClick={onClose}>
          Close
        </Button>
      )}
    </div>
  );
}
