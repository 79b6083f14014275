// A request that failed, where it belongs: what the server said, until it is tried again. It never goes by itself.

import type { ApiFailure } from "../api/failure.ts";
import { Button } from "./button.tsx";
import "./request-problem.css";

interface Props {
  failure: ApiFailure;
  /** What was tried: `The run was not started`. */
  what?: string;
  onAgain?: () => void;
  onClose?: () => void;
}

export function RequestProblem({ failure, what, onAgain, onClose }: Props) {
  return (
    <div className="request-problem" role="alert">
      <div className="request-problem-text">
        <b>{what ?? "The request failed"}</b>
        {failure.status > 0 && <code>{failure.status}</code>}
        <span>{failure.detail}</span>
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
