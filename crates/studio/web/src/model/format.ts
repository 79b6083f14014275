// How durations, sizes, times and ids are written: the same everywhere.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** `38 ms`, `2.1 s`, `1 min 4 s`, `2 h 3 min` */
export function duration(ms: number): string {
  if (ms < 0.95) return `${Math.max(0, Math.round(ms * 10) / 10)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 59_500) return `${Math.round(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (ms < HOUR) return two(Math.floor(seconds / 60), "min", seconds % 60, "s");
  const minutes = Math.round(ms / MINUTE);
  if (minutes < 48 * 60) return two(Math.floor(minutes / 60), "h", minutes % 60, "min");
  return two(Math.floor(minutes / 1440), "d", Math.floor((minutes % 1440) / 60), "h");
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** `512 B`, `1.2 kB`, `3.4 MB` */
export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = size;
  let unit = "B";
  for (const next of units) {
    if (value < 999.5 && unit !== "B") break;
    value /= 1000;
    unit = next;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** `812`, `1.2k`, `34k`, `1.2M` */
export function count(value: number): string {
  if (value < 1000) return String(value);
  const [scaled, unit] = value < 999_500 ? [value / 1000, "k"] : [value / 1_000_000, "M"];
  return `${scaled < 9.95 ? scaled.toFixed(1).replace(/\.0$/, "") : Math.round(scaled)}${unit}`;
}

/** `1 message`, `3 messages` */
export function plural(number: number, noun: string, nouns = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : nouns}`;
}

const pad = (value: number): string => String(value).padStart(2, "0");

/** `14:02:11`, in the zone of the machine. */
export function clock(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}

/** `2026-03-04 14:02:11` */
export function dateTime(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? iso : `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${clock(iso)}`;
}

/** Today the time, else the day: `14:02:11`, `4 Mar 14:02`, `2025-12-31`. */
export function shortTime(iso: string, now: Date): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  if (at.toDateString() === now.toDateString()) return clock(iso);
  if (at.getFullYear() !== now.getFullYear()) return dateTime(iso).slice(0, 10);
  return `${at.getDate()} ${MONTHS[at.getMonth()] ?? ""} ${pad(at.getHours())}:${pad(at.getMinutes())}`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `just now`, `4 min ago`, `in 2 h`; days beyond two. */
export function relative(iso: string, now: Date): string {
  const ms = now.getTime() - new Date(iso).getTime();
  if (Number.isNaN(ms)) return iso;
  const far = Math.abs(ms);
  if (far < 10_000) return ms >= 0 ? "just now" : "now";
  const amount =
    far < MINUTE ? `${Math.round(far / 1000)} s` : far < HOUR ? `${Math.round(far / MINUTE)} min` : far < 48 * HOUR ? `${Math.round(far / HOUR)} h` : `${Math.round(far / (24 * HOUR))} days`;
  return ms >= 0 ? `${amount} ago` : `in ${amount}`;
}

/** Of a UUID the beginning and the end, which differ most: `7f3a…c21`; of anything short all of it. */
export function shortId(id: string): string {
  return /^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(id) ? `${id.slice(0, 4)}…${id.slice(-3)}` : id.length > 24 ? `${id.slice(0, 12)}…${id.slice(-8)}` : id;
}

/** Between two times, or from one to now; null if it has not begun. */
export function elapsed(from: string | null, to: string | null, now: Date): number | null {
  if (from === null) return null;
  const ms = (to === null ? now : new Date(to)).getTime() - new Date(from).getTime();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}
