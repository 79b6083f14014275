// Images and files on their way into a message: paste, drop or pick; shown small until they are sent.

import { FileText, Paperclip, X } from "lucide-react";
import { useRef, useState } from "react";
import { refusal, type Attachment } from "../model/attachments.ts";
import "./attachments.css";

function read(file: File): Promise<Attachment> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      const url = typeof reader.result === "string" ? reader.result : "";
      resolve({ id: crypto.randomUUID(), name: file.name || "pasted", mime: file.type, bytes: file.size, url });
    });
    reader.addEventListener("error", () => reject(reader.error ?? new Error(`${file.name} cannot be read`)));
    reader.readAsDataURL(file);
  });
}

/** Files that wait to be sent, and what was refused. */
export interface Attachments {
  files: Attachment[];
  problem: string | null;
  add: (files: Iterable<File>) => Promise<void>;
  remove: (id: string) => void;
  clear: () => void;
}

export function useAttachments(): Attachments {
  const [files, setFiles] = useState<Attachment[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  return {
    files,
    problem,
    add: async (added) => {
      const all = [...added];
      setProblem(all.map(refusal).find((why) => why !== null) ?? null);
      try {
        const loaded = await Promise.all(all.filter((file) => refusal(file) === null).map(read));
        setFiles((before) => [...before, ...loaded]);
      } catch (error) {
        setProblem(error instanceof Error ? error.message : String(error));
      }
    },
    remove: (id) => setFiles((before) => before.filter((file) => file.id !== id)),
    clear: () => {
      setFiles([]);
      setProblem(null);
    },
  };
}

/** The button that picks files. */
export function AttachButton({ attachments }: { attachments: Attachments }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" className="attach-button" aria-label="Attach files" title="Attach files (or paste, or drop them)" onClick={() => input.current?.click()}>
        <Paperclip size={15} />
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Files to attach"
        onChange={(event) => {
          void attachments.add(event.currentTarget.files ?? []);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}

/** What is attached so far. */
export function AttachmentList({ attachments }: { attachments: Attachments }) {
  if (attachments.files.length === 0 && attachments.problem === null) return null;
  return (
    <div className="attach-list">
      {attachments.files.map((file) => (
        <span className="attach-item" key={file.id}>
          {file.mime.startsWith("image/") ? <img src={file.url} alt={file.name} /> : <FileText size={16} />}
          <span className="attach-name">{file.name}</span>
          <button type="button" aria-label={`Remove ${file.name}`} onClick={() => attachments.remove(file.id)}>
            <X size={12} />
          </button>
        </span>
      ))}
      {attachments.problem !== null && (
        <span className="attach-problem" role="alert">
          {attachments.problem}
        </span>
      )}
    </div>
  );
}
