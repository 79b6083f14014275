// A text as it is, folded over twenty lines; the button that folds it again stays in sight.

import { useState } from "react";
import "./folded-text.css";

const FOLDED_LINES = 20;
const LONGEST_LINE = 4000;

export function FoldedText({ text }: { text: string }) {
  const [unfolded, setUnfolded] = useState(false);
  const lines = text.split("\n");
  const long = lines.length > FOLDED_LINES || text.length > LONGEST_LINE;
  const shown = long && !unfolded ? lines.slice(0, FOLDED_LINES).join("\n").slice(0, LONGEST_LINE) : text;
  return (
    <div className="folded-text">
      <pre>{shown}</pre>
      {long && (
        <button type="button" className="folded-text-more" aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
          {unfolded ? "Fold" : lines.length > FOLDED_LINES ? `Show all ${lines.length.toLocaleString("en")} lines` : `Show all ${text.length.toLocaleString("en")} characters`}
        </button>
      )}
    </div>
  );
}
