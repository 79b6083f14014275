// An exception of user code: what, where, the line that raised it, the traceback folded, what to do next.
import { useQuery } from "@tanstack/react-query";
import type { Diagnostic } from "../api/wire.ts";
import { useLgx } from "../studio.tsx";
import type { ReactNode } from "react";
import { CopyButton } from "./copy-button.tsx";
import { OpenInEditor } from "./open-in-editor.tsx";
import { SourceExcerpt } from "./source-excerpt.tsx";
import "./error-card.css";

interface Props {
  diagnostic: Diagnostic;
  /** Before the buttons: what goes on in spite of it. */
  note?: ReactNode;
  actions?: ReactNode;
}

export function ErrorCard({ diagnostic, note, actions }: Props) {
  const { type, message, file, line, column, hint, traceback } = diagnostic;
  const place = file === null ? null : [file, line, line === null ? null : column].filter((part) => part !== null).join(":");
  return (
    <section className="error-card" aria-label={`${type}: ${message}`}>
      <header className="error-card-head">
        <p className="error-card-what">
          <b>{type}</b> <span>{message}</span>
        </p>
        {place !== null && <code className="error-card-place">{place}</code>}
      </header>
      <Where diagnostic={diagnostic} />
      {hint !== null && <p className="error-card-hint">{hint}</p>}
      {traceback && (
        <details className="error-card-trace">
          <summary>Traceback</summary>
          <pre>{traceback}</pre>
        </details>
      )}
      <footer className="error-card-foot">
        {note !== undefined && <span className="error-card-note">{note}</span>}
        <span className="error-card-space" />
        {actions}
        <CopyButton label="Copy the error" text={() => [`${type}: ${message}`, place, hint, traceback].filter(Boolean).join("\n")} />
        {file !== null && line !== null && <OpenInEditor file={file} line={line} />}
      </footer>
    </section>
  );
}

/** The lines around, as the file is now; until they are there, or when it may not be read, the line as it was raised. */
function Where({ diagnostic }: { diagnostic: Diagnostic }) {
  const lgx = useLgx();
  const { file, line, source } = diagnostic;
  const around = useQuery({
    queryKey: ["source", file, line, source],
    queryFn: () => lgx.sourceAt(file ?? "", line ?? 1),
    enabled: file !== null && line !== null && !OF_A_PACKAGE.test(file),
  }).data;
  if (line === null) return null;
  if (around && stillThere(around.lines[line - around.first], source)) {
    const from = Math.max(0, line - around.first - 4);
    return <SourceExcerpt label="Source" lines={around.lines.slice(from, from + 8)} first={around.first + from} marked={line} />;
  }
  return source === null ? null : <SourceExcerpt label="Source" lines={[source]} first={line} marked={line} />;
}

/** Files that the server keeps to itself, as they are nobody's to edit. */
const OF_A_PACKAGE = /[\\/](site|dist)-packages[\\/]|[\\/]lib[\\/]python\d/;

/** A file that was changed since has something else on this line: that would only mislead. */
const stillThere = (now: string | undefined, then: string | null): boolean => now !== undefined && (then === null || now.trim() === then.trim());
