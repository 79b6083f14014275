// The box of the chat: Enter sends, Shift+Enter makes a line; images and files are pasted, dropped or picked.

import { useState, type ClipboardEvent, type DragEvent, type KeyboardEvent, type ReactNode } from "react";
import { contentOf } from "../../model/attachments.ts";
import type { Json } from "../../api/wire.ts";
import { AttachButton, AttachmentList, useAttachments } from "../../parts/attachments.tsx";
import { Button } from "../../parts/button.tsx";
import "./chat-box.css";

interface Props {
  placeholder: string;
  /** Sends what a message has as its content; the box is emptied when it answers true. */
  onSend: (content: Json, step: boolean) => Promise<boolean>;
  /** Offers to run one step only. */
  steps: boolean;
  disabled: boolean;
  /** Between the box and the button that sends. */
  beside: ReactNode;
}

export function ChatBox({ placeholder, onSend, steps, disabled, beside }: Props) {
  const [text, setText] = useState("");
  const [dragging, setDragging] = useState(false);
  const attachments = useAttachments();
  const something = text.trim() !== "" || attachments.files.length > 0;
  const send = async (step: boolean): Promise<void> => {
    if (disabled || !something) return;
    if (await onSend(contentOf(text, attachments.files), step)) {
      setText("");
      attachments.clear();
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // While an input method composes a word, Enter ends the word.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send(false);
  };
  const onPaste = (event: ClipboardEvent): void => {
    const files = [...event.clipboardData.files];
    if (files.length === 0) return;
    event.preventDefault();
    void attachments.add(files);
  };
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setDragging(false);
    void attachments.add([...event.dataTransfer.files]);
  };
  const onDragOver = (event: DragEvent): void => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    setDragging(true);
  };
  return (
    // Dropping is for the mouse; the keyboard has the button that picks files.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className={dragging ? "chat-box chat-box-drop" : "chat-box"} onDrop={onDrop} onDragOver={onDragOver} onDragLeave={() => setDragging(false)}>
      <div className="chat-box-field">
        <AttachmentList attachments={attachments} />
        <textarea
          aria-label="Message"
          className="chat-box-text"
          rows={1}
          value={text}
          placeholder={placeholder}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        <AttachButton attachments={attachments} />
      </div>
      {beside}
      {steps && (
        <Button disabled={!something || disabled} onClick={() => void send(true)} title="Runs one step, and stops">
          Step
        </Button>
      )}
      <Button kind="primary" keys="↵" disabled={!something || disabled} onClick={() => void send(false)}>
        Send
      </Button>
    </div>
  );
}
