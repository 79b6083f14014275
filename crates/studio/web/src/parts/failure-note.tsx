// What the server said to a request that it refused, where the request was made; it stays until the next try.
import { failureOf } from "../api/failure.ts";
import "./failure-note.css";

export function FailureNote({ caught, doing }: { caught: unknown; doing: string }) {
  if (caught === null || caught === undefined) return null;
  const failure = failureOf(caught);
  return (
    <div className="failure-note" role="alert">
      <b>
        {doing} failed{failure.status > 0 && ` (${failure.status})`}
      </b>
      <span>{failure.detail}</span>
    </div>
  );
}
