// One block of a message: text, reasoning, an image or a file, or something unknown as it is.

import type { Block } from "../model/message-blocks.ts";
import { JsonView } from "./json-view.tsx";
import { MarkdownText } from "./markdown.tsx";
import { MediaBlock } from "./media-block.tsx";
import "./message-block.css";

export function MessageBlock({ block, plain = false }: { block: Block; plain?: boolean }) {
  switch (block.kind) {
    case "text":
      return plain ? <p className="message-plain">{block.text}</p> : <MarkdownText text={block.text} />;
    case "reasoning":
      return (
        <details className="message-reasoning">
          <summary>Reasoning</summary>
          <MarkdownText text={block.text} />
        </details>
      );
    case "unknown":
      return (
        <div className="message-unknown">
          <JsonView value={block.value} label="A block of an unknown kind" />
        </div>
      );
    default:
      return <MediaBlock block={block} />;
  }
}
