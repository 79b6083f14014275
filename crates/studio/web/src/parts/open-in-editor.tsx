// Opens a file in the developer's editor; where the server knows none, the browser may.
import { SquareArrowOutUpRight } from "lucide-react";
import { useMutation } from "@tanstack/react-query";
import { failureOf } from "../api/failure.ts";
import { useLgx } from "../studio.tsx";
import { Button } from "./button.tsx";
import { useToast } from "./toast.tsx";
import "./open-in-editor.css";

interface Props {
  file: string;
  line: number;
  /** Only the icon. */
  small?: boolean;
}

export function OpenInEditor({ file, line, small = false }: Props) {
  const lgx = useLgx();
  const toast = useToast();
  const opening = useMutation({
    mutationFn: () => lgx.open(file, line),
    onSuccess: (opened) => {
      if ("opened_with" in opened) toast({ text: `Opened in ${opened.opened_with}`, name: "opened" });
    },
  });
  const refused = opening.data && "detail" in opening.data ? opening.data : null;
  return (
    <span className="open-in-editor">
      <Button kind={small ? "quiet" : "plain"} icon={small} aria-label={`Open in editor: ${file}:${line}`} disabled={opening.isPending} onClick={() => opening.mutate()}>
        {small ? <SquareArrowOutUpRight /> : "Open in editor"}
      </Button>
      {refused && (
        <span className="open-in-editor-note" role="status">
          {refused.link ? <a href={refused.link}>Open with the browser’s link</a> : null} {refused.detail}
        </span>
      )}
      {opening.error && (
        <span className="open-in-editor-note" role="alert">
          {failureOf(opening.error).detail}
        </span>
      )}
    </span>
  );
}
