// Some lines of a file, one of them marked.
import "./source-excerpt.css";

interface Props {
  lines: readonly string[];
  /** The number of the first of them. */
  first: number;
  marked: number | null;
  label: string;
}

export function SourceExcerpt({ lines, first, marked, label }: Props) {
  const width = String(first + lines.length - 1).length;
  return (
    // It scrolls sideways: the keyboard has to reach it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <pre className="source-excerpt" role="group" aria-label={label} tabIndex={0}>
      {lines.map((line, index) => {
        const number = first + index;
        const hit = number === marked;
        return (
          <span key={number} className={`source-excerpt-line ${hit ? "source-excerpt-hit" : ""}`} aria-current={hit || undefined}>
            <span className="source-excerpt-number">{String(number).padStart(width)}</span>
            {line || " "}
          </span>
        );
      })}
    </pre>
  );
}
