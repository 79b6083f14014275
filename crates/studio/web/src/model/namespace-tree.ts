// The namespaces of the store as a tree: the store lists only those that have items, the tree has those on the way too.

export interface NamespaceNode {
  /** All labels from the root down. */
  path: string[];
  label: string;
  /** Whether the store lists it: it has items of its own. */
  hasItems: boolean;
  children: NamespaceNode[];
}

/** Labels have no dots, so a path is one text by them; the API and addresses write it like this too. */
export function namespaceText(path: string[]): string {
  return path.join(".");
}

export function namespacePath(text: string): string[] {
  return text === "" ? [] : text.split(".");
}

/** Why a text names no namespace that an item could be put in; null when it does. */
export function namespaceFault(text: string): string | null {
  const path = namespacePath(text.trim());
  if (path.length === 0) return "Name at least one label, as in notes.ada.";
  if (path.some((label) => label.trim() === "")) return "A label between two dots is empty.";
  if (path[0] === "langgraph") return "The first label cannot be “langgraph”: langgraph keeps it for itself.";
  return null;
}

export function namespaceTree(namespaces: string[][]): NamespaceNode[] {
  const root: NamespaceNode = { path: [], label: "", hasItems: false, children: [] };
  for (const namespace of namespaces) place(root, namespace).hasItems = true;
  sort(root);
  return root.children;
}

function place(root: NamespaceNode, namespace: string[]): NamespaceNode {
  let node = root;
  for (const label of namespace) {
    let next = node.children.find((child) => child.label === label);
    if (next === undefined) {
      next = { path: [...node.path, label], label, hasItems: false, children: [] };
      node.children.push(next);
    }
    node = next;
  }
  return node;
}

function sort(node: NamespaceNode): void {
  node.children.sort((one, other) => one.label.localeCompare(other.label, undefined, { numeric: true }));
  for (const child of node.children) sort(child);
}

/** The rows of the tree that are seen, in order: what lies below a closed one is not. */
export function visibleNamespaces(
  nodes: NamespaceNode[],
  closed: ReadonlySet<string>,
  depth = 0,
): { node: NamespaceNode; depth: number }[] {
  return nodes.flatMap((node) => [
    { node, depth },
    ...(closed.has(namespaceText(node.path)) ? [] : visibleNamespaces(node.children, closed, depth + 1)),
  ]);
}
