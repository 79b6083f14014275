// How long an item lives from its writing on: a write sets it anew.
import { useId } from "react";
import type { ItemLife } from "../../model/item-life.ts";

const CHOICES: [ItemLife["kind"], string][] = [
  ["default", "as langgraph.json says"],
  ["ever", "for ever"],
  ["minutes", "minutes:"],
];

export function LifeField({ life, onChange }: { life: ItemLife; onChange: (life: ItemLife) => void }) {
  const name = useId();
  return (
    <fieldset className="item-life">
      <legend>Lives</legend>
      {CHOICES.map(([kind, words]) => (
        <label key={kind}>
          <input type="radio" name={name} checked={life.kind === kind} onChange={() => onChange({ ...life, kind })} />
          {words}
        </label>
      ))}
      <input
        type="number"
        aria-label="Minutes"
        min="0.1"
        step="any"
        value={life.minutes}
        disabled={life.kind !== "minutes"}
        onChange={(event) => onChange({ ...life, minutes: event.target.value })}
      />
    </fieldset>
  );
}
