// Text of messages as Markdown: elements are built, never parsed as HTML; nothing in it makes the browser ask another host.

import { memo, type ReactNode } from "react";
import Markdown, { defaultUrlTransform, type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { CopyButton } from "./copy-button.tsx";
import "./markdown.css";

const PLUGINS = [remarkGfm];
/** Longer texts are shown as they are: to parse a megabyte at every token would freeze the page. */
const LONGEST = 100_000;

function textOf(node: ReactNode): string {
  if (typeof node === "string" || typeof node === "number") return String(node);
  if (Array.isArray(node)) return node.map(textOf).join("");
  if (node && typeof node === "object" && "props" in node) {
    const { children } = node.props as { children?: ReactNode };
    return textOf(children);
  }
  return "";
}

const COMPONENTS: Components = {
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noreferrer">
      {children}
    </a>
  ),
  img: ({ src, alt }) => {
    if (typeof src !== "string" || src === "") return <span>{alt}</span>;
    if (src.startsWith("data:image/")) return <img className="markdown-image" src={src} alt={alt ?? ""} />;
    return (
      <a href={src} target="_blank" rel="noreferrer" title="An image elsewhere: it is not loaded">
        {alt || src}
      </a>
    );
  },
  pre: ({ children }) => (
    <div className="markdown-code">
      <CopyButton text={() => textOf(children)} label="Copy code" />
      <pre>{children}</pre>
    </div>
  ),
  table: ({ children }) => (
    <div className="markdown-table">
      <table>{children}</table>
    </div>
  ),
};

function urlOf(url: string, key: string): string {
  return key === "src" && url.startsWith("data:image/") ? url : defaultUrlTransform(url);
}

export const MarkdownText = memo(function MarkdownText({ text }: { text: string }) {
  if (text.length > LONGEST) return <div className="markdown markdown-plain">{text}</div>;
  return (
    <div className="markdown">
      <Markdown remarkPlugins={PLUGINS} components={COMPONENTS} urlTransform={urlOf}>
        {text}
      </Markdown>
    </div>
  );
});
