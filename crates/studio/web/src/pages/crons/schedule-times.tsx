// When a schedule that is typed would fire, as the server reads it, or what it says is wrong.
import { useDeferredValue } from "react";
import { failureOf } from "../../api/failure.ts";
import { useScheduleTimes } from "../../api/use-crons.ts";
import { inZone } from "../../model/cron-draft.ts";

interface Props {
  schedule: string;
  timezone: string;
  endTime: string;
}

export function ScheduleTimes(props: Props) {
  const { schedule, timezone, endTime } = useDeferredValue(props);
  const { data, error } = useScheduleTimes(schedule.trim(), timezone.trim(), endTime.trim());
  return (
    <div className="cron-times" role="status" aria-label="When it would fire">
      {error !== null && <p className="cron-times-fault">{failureOf(error).detail}</p>}
      {error === null && data !== undefined && (
        <>
          <h3>{data.next.length === 0 ? "Never: it ends before it fires." : `Fires next, by the clocks of ${timezone.trim() || "UTC"}`}</h3>
          <ol>
            {data.next.map((time) => (
              <li key={time}>
                <time dateTime={time} title={`${new Date(time).toLocaleString()} here`}>
                  {inZone(time, timezone.trim() || null)}
                </time>
              </li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}
