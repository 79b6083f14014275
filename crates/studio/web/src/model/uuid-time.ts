// UUIDs of version 7, which begin with the time at which they were made: messages whose ids have one tell their time.

const SEVEN = /([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/i;
const DAY = 86_400_000;
/** No id is older: ids that only look like version 7 mostly mean some other time. */
const EARLIEST = Date.UTC(2023, 0, 1);

/** When an id was made, as ISO text; null where it does not tell. `lc_run--0193…` is one, too. */
export function timeOfId(id: string, now: number): string | null {
  const found = SEVEN.exec(id);
  if (!found?.[1] || !found[2]) return null;
  const ms = Number.parseInt(found[1] + found[2], 16);
  return ms < EARLIEST || ms > now + DAY ? null : new Date(ms).toISOString();
}

/** A new id that tells its time. */
export function timedId(now = Date.now(), random = crypto.randomUUID()): string {
  const time = now.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`;
}
