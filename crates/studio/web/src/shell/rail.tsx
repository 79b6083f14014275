// The pages, at the left edge.
import { Link, useLocation } from "wouter";
import { useChosen } from "../api/use-assistants.ts";
import { useWaitingCount } from "../api/use-thread.ts";
import { paths } from "../paths.ts";
import { RAIL } from "./rail-pages.ts";
import "./rail.css";

export function Rail() {
  const [location] = useLocation();
  const { graph, assistant } = useChosen();
  const waiting = useWaitingCount();
  const home = graph === null ? "/" : paths.graph(graph, { assistant: assistant?.assistant_id });
  return (
    <nav className="rail" aria-label="Pages">
      {RAIL.map(({ name, icon: Icon, path, within, key }) => {
        const count = path === paths.inbox() ? waiting : 0;
        return (
          <Link
            key={name}
            href={path === "graph" ? home : path}
            className="rail-link"
            aria-current={within.some((start) => location.startsWith(start)) ? "page" : undefined}
            aria-label={count ? `${name}, ${count}` : name}
            title={`${name}   g ${key}`}
          >
            <Icon aria-hidden="true" />
            {count > 0 && <span className="rail-badge">{count}</span>}
          </Link>
        );
      })}
    </nav>
  );
}
