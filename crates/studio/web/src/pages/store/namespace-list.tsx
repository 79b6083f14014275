// The namespaces as a tree: a click chooses one, arrows walk it and fold it.
import { ChevronDown, ChevronRight, Database } from "lucide-react";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";
import { namespaceText, namespaceTree, visibleNamespaces } from "../../model/namespace-tree.ts";
import { Bar } from "../../parts/pane.tsx";
import { paths } from "../../paths.ts";
import "./namespace-list.css";

interface Props {
  namespaces: string[][];
  /** As text, with dots; empty for all. */
  chosen: string;
}

export function NamespaceTree({ namespaces, chosen }: Props) {
  const [, go] = useLocation();
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const tree = useMemo(() => namespaceTree(namespaces), [namespaces]);
  const rows = visibleNamespaces(tree, closed);
  const list = useRef<HTMLDivElement>(null);
  function fold(text: string, shut: boolean) {
    const next = new Set(closed);
    if (shut) next.add(text);
    else next.delete(text);
    setClosed(next);
  }
  function walk(event: KeyboardEvent<HTMLElement>, text: string, place: number) {
    const choose = event.key === "Enter" || event.key === " ";
    if (choose) go(paths.store({ ns: text }));
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const next = list.current?.children[place + (event.key === "ArrowDown" ? 1 : -1)];
      if (next instanceof HTMLElement) next.focus();
    } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") fold(text, event.key === "ArrowLeft");
    else return;
    event.preventDefault();
  }
  const known = chosen === "" || rows.some(({ node }) => namespaceText(node.path) === chosen);
  return (
    <>
      <Bar title="Store" note={`${namespaces.length} ${namespaces.length === 1 ? "namespace" : "namespaces"}`} />
      <div className="namespaces" role="tree" aria-label="Namespaces" ref={list}>
        <div
          role="treeitem"
          aria-level={1}
          aria-selected={chosen === ""}
          tabIndex={chosen === "" || !known ? 0 : -1}
          className="namespace namespace-all"
          onClick={() => go(paths.store())}
          onKeyDown={(event) => walk(event, "", 0)}
        >
          <Database aria-hidden="true" />
          All items
        </div>
        {rows.map(({ node, depth }, place) => {
          const text = namespaceText(node.path);
          const open = !closed.has(text);
          return (
            <div
              key={text}
              role="treeitem"
              aria-level={depth + 1}
              aria-selected={text === chosen}
              {...(node.children.length > 0 ? { "aria-expanded": open } : {})}
              tabIndex={text === chosen ? 0 : -1}
              className={node.hasItems ? "namespace" : "namespace namespace-way"}
              style={{ paddingInlineStart: 8 + depth * 14 }}
              data-namespace={text}
              onClick={() => go(paths.store({ ns: text }))}
              onKeyDown={(event) => walk(event, text, place + 1)}
            >
              {node.children.length > 0 ? (
                <button
                  type="button"
                  className="namespace-fold"
                  tabIndex={-1}
                  aria-label={open ? `Fold ${node.label}` : `Unfold ${node.label}`}
                  onClick={(event) => {
                    event.stopPropagation();
                    fold(text, open);
                  }}
                >
                  {open ? <ChevronDown /> : <ChevronRight />}
                </button>
              ) : (
                <span className="namespace-fold" />
              )}
              <span className="namespace-label" title={node.label}>
                {node.label}
              </span>
            </div>
          );
        })}
      </div>
    </>
  );
}
