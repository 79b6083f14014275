// How long something took, or takes: while it has no end, the time goes on by itself.
import { useEffect, useState } from "react";
import { duration, elapsed } from "../model/format.ts";

interface Props {
  from: string | null;
  to: string | null;
  none?: string;
}

const TICK_MS = 250;

export function Elapsed({ from, to, none = "–" }: Props) {
  const [now, setNow] = useState(() => new Date());
  const goesOn = from !== null && to === null;
  useEffect(() => {
    if (!goesOn) return undefined;
    const ticking = setInterval(() => setNow(new Date()), TICK_MS);
    return () => clearInterval(ticking);
  }, [goesOn]);
  const ms = elapsed(from, to, now);
  return <span className={goesOn ? "elapsed elapsed-now" : "elapsed"}>{ms === null ? none : duration(ms)}</span>;
}
