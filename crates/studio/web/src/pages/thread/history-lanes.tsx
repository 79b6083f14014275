// The branches of a history beside its rows: a dot for the step, lines to what came before it and past what lies beside.

import type { TreeRow } from "../../model/checkpoint-tree.ts";

const LANE = 12;
/** More lanes than this are drawn in the last one: the names need their room. */
const MOST_LANES = 6;

const x = (lane: number): number => Math.min(lane, MOST_LANES - 1) * LANE + LANE / 2 + 1;

export function HistoryLanes({ row, lanes, height }: { row: TreeRow; lanes: number; height: number }) {
  const width = Math.min(lanes, MOST_LANES) * LANE + 2;
  const middle = height / 2;
  return (
    <svg className="history-lanes" width={width} height={height} aria-hidden="true">
      {row.passing.map((lane) => (
        <line key={lane} x1={x(lane)} y1={0} x2={x(lane)} y2={height} />
      ))}
      {row.children.length > 0 && <line x1={x(row.lane)} y1={0} x2={x(row.lane)} y2={middle} />}
      {row.parentLane !== null && (
        <path d={`M${x(row.lane)} ${middle}C${x(row.lane)} ${height} ${x(row.parentLane)} ${middle} ${x(row.parentLane)} ${height}`} />
      )}
      <circle cx={x(row.lane)} cy={middle} r={row.children.length > 1 ? 4 : 3} />
    </svg>
  );
}
