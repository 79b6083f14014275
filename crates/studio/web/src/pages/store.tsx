// Long-term memory: namespaces as a tree, their items as a table, one item beside it.
import { useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { useNamespaces, useStoreFreshness } from "../api/use-store.ts";
import { namespacePath, namespaceText } from "../model/namespace-tree.ts";
import { Button } from "../parts/button.tsx";
import { Empty } from "../parts/empty.tsx";
import { RequestProblem } from "../parts/request-problem.tsx";
import { paths } from "../paths.ts";
import { ItemDetail } from "./store/item-detail.tsx";
import { ItemForm } from "./store/item-form.tsx";
import { ItemSearch } from "./store/item-search.tsx";
import { NamespaceTree } from "./store/namespace-list.tsx";
import "./store.css";

export function StorePage() {
  useStoreFreshness();
  const [search] = useSearchParams();
  const [, go] = useLocation();
  const [making, setMaking] = useState(false);
  const { data: namespaces, error } = useNamespaces();
  const ns = search.get("ns") ?? "";
  const key = search.get("key");
  // An item's namespace may lie below the one that is listed.
  const of = search.get("of") ?? ns;
  const open = (namespace: string[], item: string) => {
    const own = namespaceText(namespace);
    go(`${paths.store({ ns, key: item })}${own === ns ? "" : `&of=${encodeURIComponent(own)}`}`);
  };
  const close = () => go(paths.store({ ns }));
  if (namespaces?.length === 0) {
    return (
      <>
        <Empty title="The store has no items yet" action={<Button onClick={() => setMaking(true)}>New item</Button>}>
          Nodes write to it with <code>runtime.store.aput(namespace, key, value)</code>; what they remember shows here, over all threads.
        </Empty>
        {making && <ItemForm namespace={[]} onClose={() => setMaking(false)} onSaved={open} />}
      </>
    );
  }
  return (
    <div className={key === null ? "store" : "store store-open"}>
      <div className="store-namespaces">
        <RequestProblem caught={error} what="The namespaces could not be listed" />
        <NamespaceTree namespaces={namespaces ?? []} chosen={ns} />
      </div>
      <ItemSearch key={ns} namespace={namespacePath(ns)} chosen={key === null ? null : [...namespacePath(of), key]} onOpen={open} onNew={() => setMaking(true)} />
      {key !== null && <ItemDetail key={`${of}/${key}`} namespace={namespacePath(of)} itemKey={key} onClose={close} />}
      {making && <ItemForm namespace={namespacePath(ns)} onClose={() => setMaking(false)} onSaved={open} />}
    </div>
  );
}
