// What the server said to a request that it refused, where the request was made; it stays until the next try.
import { failureOf } from "../api/failure.ts";
import { RequestProblem } from "./request-problem.tsx";

/** Shows nothing where nothing was caught. */
export function FailureNote({ caught, doing }: { caught: unknown; doing: string }) {
  if (caught === null || caught === undefined) return null;
  return <RequestProblem failure={failureOf(caught)} what={`${doing} failed`} />;
}
