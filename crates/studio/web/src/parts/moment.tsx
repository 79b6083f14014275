// A time as people say it: the time of day today, the date before; the whole of it on hover.
import { useState } from "react";

interface Props {
  at: string | null;
  /** Where there is none. */
  none?: string;
}

export function Moment({ at, none = "–" }: Props) {
  const [now] = useState(() => new Date());
  if (at === null) return <span>{none}</span>;
  const date = new Date(at);
  return (
    <time dateTime={at} title={date.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" })}>
      {shortMoment(date, now)}
    </time>
  );
}

export function shortMoment(date: Date, now: Date): string {
  if (date.toDateString() === now.toDateString()) return date.toLocaleTimeString();
  const year = date.getFullYear() === now.getFullYear() ? {} : { year: "numeric" as const };
  return date.toLocaleString(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", ...year });
}
