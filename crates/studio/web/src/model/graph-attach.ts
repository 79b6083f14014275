// Where lines leave and reach a box: side by side at its upper or lower border, in the order in which they come, so that none crosses a neighbour.

export interface LineEnd {
  /** The box: its middle and its size. */
  box: { path: string; x: number; y: number; width: number; height: number };
  /** The first point of the line that is not at the box. */
  next: { x: number; y: number };
  put: (point: { x: number; y: number }) => void;
}

const APART = 26;
const CORNER = 16;

export function attach(ends: LineEnd[]): void {
  const borders = new Map<string, LineEnd[]>();
  for (const end of ends) {
    const border = `${isBelow(end) ? "lower" : "upper"} ${end.box.path}`;
    const list = borders.get(border) ?? [];
    borders.set(border, list);
    list.push(end);
  }
  for (const list of borders.values()) spread(list);
}

function isBelow({ box, next }: LineEnd): boolean {
  return next.y > box.y;
}

function spread(ends: LineEnd[]): void {
  const sorted = ends.toSorted((a, b) => a.next.x - b.next.x);
  sorted.forEach((end, at) => {
    const { box, next } = end;
    const room = box.width - 2 * CORNER;
    const gap = sorted.length < 2 ? 0 : Math.min(APART, room / (sorted.length - 1));
    const x = sorted.length === 1 ? Math.min(box.x + room / 2, Math.max(box.x - room / 2, next.x)) : box.x + (at - (sorted.length - 1) / 2) * gap;
    end.put({ x, y: box.y + (isBelow(end) ? box.height / 2 : -box.height / 2) });
  });
}
