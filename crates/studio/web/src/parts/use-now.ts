// The present, again and again while something goes on; it stands still else.
import { useEffect, useState } from "react";

const TICK_MS = 200;

export function useNow(goesOn: boolean): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    if (!goesOn) return undefined;
    const ticking = setInterval(() => setNow(new Date()), TICK_MS);
    return () => clearInterval(ticking);
  }, [goesOn]);
  return now;
}
