// Which page an address shows, and what the rail offers.
import type { LucideIcon } from "lucide-react";
import { ChartNoAxesGantt, Clock, Database, Inbox, MessageSquare, Settings, SquareTerminal, UserRound, Workflow } from "lucide-react";
import { Redirect, Route, Switch } from "wouter";
import { useChosen } from "./api/use-assistants.ts";
import { AssistantsPage } from "./pages/assistants.tsx";
import { ComparePage } from "./pages/compare.tsx";
import { CronsPage } from "./pages/crons.tsx";
import { InboxPage } from "./pages/inbox.tsx";
import { LogsPage } from "./pages/logs.tsx";
import { RunPage } from "./pages/run.tsx";
import { RunsPage } from "./pages/runs.tsx";
import { SettingsPage } from "./pages/settings.tsx";
import { StorePage } from "./pages/store.tsx";
import { ThreadsPage } from "./pages/threads.tsx";
import { WorkbenchPage } from "./pages/workbench.tsx";
import { Empty } from "./parts/empty.tsx";
import { paths } from "./paths.ts";

/** A row of the rail. */
export interface RailPage {
  name: string;
  icon: LucideIcon;
  /** Where it leads; the graph's address is that of the chosen graph. */
  path: string | "graph";
  /** The beginnings of the addresses at which it is the current one. */
  within: string[];
  /** Pressed after `g`. */
  key: string;
}

/** In the order of the rail. */
export const RAIL: RailPage[] = [
  { name: "Graph", icon: Workflow, path: "graph", within: ["/graphs"], key: "g" },
  { name: "Threads", icon: MessageSquare, path: paths.threads(), within: ["/threads"], key: "t" },
  { name: "Runs", icon: ChartNoAxesGantt, path: paths.runs(), within: ["/runs", "/compare"], key: "r" },
  { name: "Waiting for you", icon: Inbox, path: paths.inbox(), within: ["/inbox"], key: "i" },
  { name: "Assistants", icon: UserRound, path: paths.assistants(), within: ["/assistants"], key: "a" },
  { name: "Store", icon: Database, path: paths.store(), within: ["/store"], key: "d" },
  { name: "Crons", icon: Clock, path: paths.crons(), within: ["/crons"], key: "c" },
  { name: "Logs", icon: SquareTerminal, path: paths.logs(), within: ["/logs"], key: "l" },
  { name: "Settings", icon: Settings, path: paths.settings(), within: ["/settings"], key: "s" },
];

export function Routes() {
  return (
    <Switch>
      <Route path="/" component={LastGraph} />
      <Route path="/graphs/:graph" component={WorkbenchPage} />
      <Route path="/threads" component={ThreadsPage} />
      <Route path="/threads/:id" component={WorkbenchPage} />
      <Route path="/runs" component={RunsPage} />
      <Route path="/runs/:id" component={RunPage} />
      <Route path="/compare" component={ComparePage} />
      <Route path="/inbox" component={InboxPage} />
      <Route path="/assistants/:id?" component={AssistantsPage} />
      <Route path="/store" component={StorePage} />
      <Route path="/crons" component={CronsPage} />
      <Route path="/logs" component={LogsPage} />
      <Route path="/settings" component={SettingsPage} />
      <Route>
        <Empty title="There is no such page" />
      </Route>
    </Switch>
  );
}

function LastGraph() {
  const { graph, assistant } = useChosen();
  if (graph === null) {
    return <Empty title="This project has no graph">Name one in langgraph.json, below “graphs”.</Empty>;
  }
  return <Redirect to={paths.graph(graph, { assistant: assistant?.assistant_id })} replace />;
}
