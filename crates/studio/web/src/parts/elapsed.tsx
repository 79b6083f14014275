// How long something took, or takes: while it has no end, the time goes on by itself.
import { duration, elapsed } from "../model/format.ts";
import { useNow } from "./use-now.ts";

interface Props {
  from: string | null;
  to: string | null;
  none?: string;
}

export function Elapsed({ from, to, none = "–" }: Props) {
  const now = useNow(from !== null && to === null);
  const ms = elapsed(from, to, now);
  return <span className="elapsed">{ms === null ? none : duration(ms)}</span>;
}
