// A time as people say it: the time of day today, the date before; the whole of it on hover.
import { useState } from "react";
import { shortTime } from "../model/format.ts";

interface Props {
  at: string | null;
  /** Where there is none. */
  none?: string;
}

export function Moment({ at, none = "–" }: Props) {
  const [now] = useState(() => new Date());
  if (at === null) return <span>{none}</span>;
  return (
    <time dateTime={at} title={new Date(at).toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" })}>
      {shortTime(at, now)}
    </time>
  );
}
