// The items of a namespace and of those below it: all of them, those whose fields fit, or the nearest to what is asked.
import { Plus, RefreshCw } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { type StoredItem, useItems } from "../../api/use-store.ts";
import { readFilter } from "../../model/item-filter.ts";
import { preview } from "../../model/json-rows.ts";
import { namespaceText } from "../../model/namespace-tree.ts";
import { Button } from "../../parts/button.tsx";
import { Empty } from "../../parts/empty.tsx";
import { RequestProblem } from "../../parts/request-problem.tsx";
import { Bar } from "../../parts/pane.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Moment } from "../../parts/moment.tsx";
import "./item-search.css";

interface Props {
  namespace: string[];
  /** Namespace and key of the item that is open. */
  chosen: string[] | null;
  onOpen: (namespace: string[], key: string) => void;
  onNew: () => void;
}

function keyOf(item: StoredItem): string {
  return JSON.stringify([...item.namespace, item.key]);
}

export function ItemSearch({ namespace, chosen, onOpen, onNew }: Props) {
  const [fields, setFields] = useState("");
  const [meaning, setMeaning] = useState("");
  const [asked, setAsked] = useState({ fields: "", meaning: "" });
  const read = readFilter(asked.fields);
  const filter = read.ok ? read.filter : {};
  const { data, error, hasNextPage, isFetching, fetchNextPage, refetch } = useItems({ namespace, filter, query: asked.meaning });
  const items = useMemo(() => data?.pages.flat() ?? [], [data]);
  const ranked = items.some((item) => item.score !== null);
  const columns = useMemo(() => columnsOf(namespace, ranked), [namespace, ranked]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const searching = asked.fields !== "" || asked.meaning !== "";
  return (
    <section className="store-items" aria-label="Items">
      <Bar
        title={namespace.length === 0 ? "All items" : namespaceText(namespace)}
        note={data === undefined ? undefined : `${items.length}${hasNextPage ? "+" : ""} ${items.length === 1 ? "item" : "items"}`}
        actions={
          <>
            <Button kind="quiet" icon aria-label="Read the items again" onClick={() => void refetch()}>
              <RefreshCw />
            </Button>
            <Button onClick={onNew}>
              <Plus /> New item
            </Button>
          </>
        }
      />
      <form
        className="item-search"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          setAsked({ fields: fields.trim(), meaning: meaning.trim() });
        }}
      >
        <input type="search" aria-label="By meaning" placeholder="By meaning: what it is about" value={meaning} onChange={(event) => setMeaning(event.target.value)} />
        <input
          type="search"
          aria-label="By fields"
          placeholder="By fields: status=open n>=2"
          value={fields}
          aria-invalid={!read.ok}
          onChange={(event) => setFields(event.target.value)}
        />
        <Button type="submit">Search</Button>
      </form>
      {!read.ok && <p className="item-search-note item-search-fault">{read.fault}</p>}
      {asked.meaning !== "" && items.length > 0 && !ranked && (
        <p className="item-search-note" role="status">
          The store cannot tell what items are about: langgraph.json has no <code>store.index</code>. These are all that the other conditions leave, in no order of nearness.
        </p>
      )}
      <RequestProblem caught={error} what="The items could not be read" />
      {data !== undefined && items.length === 0 ? (
        <Empty title={searching ? "Nothing fits" : "No items here"}>
          {searching ? "Loosen the conditions, or choose “All items” at the left." : "The namespace may have been emptied meanwhile."}
        </Empty>
      ) : (
        <Table
          label="Items"
          rows={items}
          columns={columns}
          rowKey={keyOf}
          rowData={(item) => ({ "data-item": item.key })}
          selected={chosen === null ? null : JSON.stringify(chosen)}
          onOpen={(item) => onOpen(item.namespace, item.key)}
          onEnd={more}
        />
      )}
    </section>
  );
}

function columnsOf(namespace: string[], ranked: boolean): Column<StoredItem>[] {
  return [
    { key: "key", head: "Key", width: "minmax(90px, 0.9fr)", cell: (item) => <b title={item.key}>{item.key}</b> },
    {
      key: "namespace",
      head: namespace.length === 0 ? "Namespace" : "Below",
      width: "minmax(70px, 1fr)",
      from: 520,
      cell: (item) => <span className="item-namespace">{namespaceText(item.namespace.slice(namespace.length))}</span>,
    },
    { key: "value", head: "Value", width: "minmax(120px, 3fr)", from: 420, cell: (item) => <code className="item-value">{preview(item.value, 160)}</code> },
    ...(ranked
      ? [{ key: "score", head: "Nearness", width: "70px", end: true, cell: (item: StoredItem) => item.score?.toFixed(3) ?? "" }]
      : []),
    { key: "updated", head: "Written", width: "96px", end: true, cell: (item) => <Moment at={item.updatedAt} /> },
  ];
}
