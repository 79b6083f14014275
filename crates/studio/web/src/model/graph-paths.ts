// How ids of the drawing, namespaces of streams and nodes' paths name the same places.

/** Of what a node is part: `child` for `child:inner`, null at the top. */
export function parentPath(path: string): string | null {
  const at = path.lastIndexOf(":");
  return at < 0 ? null : path.slice(0, at);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf(":") + 1);
}

/** The graph that a namespace is of: `child:grand` for `child:<task id>|grand:<task id>`. */
export function pathOfNamespace(ns: string): string {
  const parts = ns.split("|").filter((part) => part !== "" && !/^\d+$/.test(part));
  return parts.map((part) => part.split(":")[0]).join(":");
}

/** The path of a node that runs in a namespace. */
export function pathOfTask(ns: string, node: string): string {
  const graph = pathOfNamespace(ns);
  return graph === "" ? node : `${graph}:${node}`;
}

/** The node and what it is part of, from the outside in: `a`, `a:b`, `a:b:c`. */
export function lineage(path: string): string[] {
  const names = path.split(":");
  return names.map((_, at) => names.slice(0, at + 1).join(":"));
}
