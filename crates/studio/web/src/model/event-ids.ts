// The ids of a thread's events, which say of two which came first.

/** Below zero if `left` came before `right`. Ids are numbers with dashes between: `1795801720366-0`. */
export function compareEventIds(left: string, right: string): number {
  const [lefts, rights] = [left.split("-"), right.split("-")];
  for (let at = 0; at < Math.max(lefts.length, rights.length); at += 1) {
    const [a, b] = [Number(lefts[at] ?? -1), Number(rights[at] ?? -1)];
    if (Number.isNaN(a) || Number.isNaN(b)) return left < right ? -1 : Number(left > right);
    if (a !== b) return a - b;
  }
  return 0;
}
