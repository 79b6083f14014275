// An image, a sound, a film or a file in a message: shown when its data is there, else only offered as a link.

import { ExternalLink, FileText } from "lucide-react";
import { bytes } from "../model/format.ts";
import type { Block } from "../model/message-blocks.ts";
import "./media-block.css";

type Media = Extract<Block, { kind: "image" | "audio" | "video" | "file" }>;

/** About as many bytes as a data URL holds. */
function sizeOf(url: string): number {
  return Math.round(((url.length - url.indexOf(",") - 1) * 3) / 4);
}

export function MediaBlock({ block }: { block: Media }) {
  const name = block.name ?? block.kind;
  if (block.data === null) {
    return (
      <a className="media-link" href={block.link ?? ""} target="_blank" rel="noreferrer" title="It is elsewhere, and not loaded">
        <ExternalLink size={13} />
        {block.name ?? block.link}
      </a>
    );
  }
  if (block.kind === "image") return <img className="media-image" src={block.data} alt={block.name ?? "An image of the message"} />;
  // What is said in sounds of a message is nowhere as text.
  // oxlint-disable-next-line jsx-a11y/media-has-caption
  if (block.kind === "audio") return <audio className="media-sound" controls src={block.data} aria-label={name} />;
  // oxlint-disable-next-line jsx-a11y/media-has-caption
  if (block.kind === "video") return <video className="media-image" controls src={block.data} aria-label={name} />;
  return (
    <a className="media-link" href={block.data} download={block.name ?? "file"}>
      <FileText size={13} />
      {name}
      <span className="media-size">
        {block.mime} · {bytes(sizeOf(block.data))}
      </span>
    </a>
  );
}
