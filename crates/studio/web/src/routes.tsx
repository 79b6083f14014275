// Which page an address shows.
import { Link, Redirect, Route, Switch } from "wouter";
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
        <Empty title="There is no such page" action={<Link href="/">To the graph</Link>} />
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
