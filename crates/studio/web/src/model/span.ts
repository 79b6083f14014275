// The stretch of a run that a waterfall shows, in milliseconds: zoomed and moved.

export interface Span {
  from: number;
  to: number;
}

/** A part of the width, as styles have it. */
export function percent(part: number): string {
  return `${(part * 100).toFixed(3)}%`;
}

/** Within the run, and never of no length. */
export function clamped({ from, to }: Span, total: number): Span {
  const begin = Math.max(0, Math.min(from, total));
  return { from: begin, to: Math.max(begin + total / 10_000, Math.min(to, total)) };
}

/** Zoomed around its middle; null is the whole run. */
export function around({ from, to }: Span, by: number, total: number): Span | null {
  const middle = (from + to) / 2;
  const half = ((to - from) / 2) * by;
  if (half * 2 >= total) return null;
  return clamped({ from: middle - half, to: middle + half }, total);
}

/** Moved by a part of its length. */
export function shifted({ from, to }: Span, by: number, total: number): Span {
  const length = to - from;
  const begin = Math.max(0, Math.min(total - length, from + length * by));
  return { from: begin, to: begin + length };
}
