// Which node an arrow key leads to.

import type { Point, Size } from "./graph-layout.ts";

export type Arrow = "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight";

interface Placed extends Point, Size {
  path: string;
}

/** The nearest node in a direction: upwards and downwards the next row goes first, sideways the same row. Null at the graph's edge. */
export function steer(boxes: readonly Placed[], from: string, arrow: Arrow): string | null {
  const here = boxes.find((box) => box.path === from);
  if (!here) return boxes[0]?.path ?? null;
  const vertical = arrow === "ArrowUp" || arrow === "ArrowDown";
  const sign = arrow === "ArrowDown" || arrow === "ArrowRight" ? 1 : -1;
  let best: { path: string; cost: number } | null = null;
  for (const box of boxes) {
    const dx = middle(box).x - middle(here).x;
    const dy = middle(box).y - middle(here).y;
    const along = (vertical ? dy : dx) * sign;
    const aside = Math.abs(vertical ? dx : dy);
    if (box.path === from || along < 1 || (!vertical && aside > along * 2)) continue;
    const cost = vertical ? 2 * along + aside : along + 2 * aside;
    if (!best || cost < best.cost) best = { path: box.path, cost };
  }
  return best?.path ?? null;
}

const middle = (box: Placed): Point => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 });
