// Renders a component as within the page, with a project and a server that the test plays.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, render } from "@testing-library/react";
import type { ReactNode } from "react";
import { makeClient } from "../src/api/client.ts";
import { Identity } from "../src/api/identity.ts";
import { LgxApi } from "../src/api/lgx.ts";
import { StudioSocket } from "../src/api/socket.ts";
import { ProjectStorage } from "../src/api/storage.ts";
import type { Project, ServerFrame } from "../src/api/wire.ts";
import { ToastProvider } from "../src/parts/toast.tsx";
import { StudioContext, type Studio } from "../src/studio.tsx";

export const PROJECT: Project = {
  server_id: "server",
  project_id: "project",
  name: "my-agent",
  root: "/home/ada/my-agent",
  config: "langgraph.json",
  version: "1.0.0",
  api_prefix: "",
  state: "serving",
  generation: 4,
  python: null,
  versions: {},
  graphs: [],
  problems: [],
  failed_reload: null,
  auth: { configured: false, studio_user: true, target: null },
  slots: { used: 0, total: 10, queued: 0 },
  editor: true,
  traces: true,
  unrecorded: { steps: null, calls: null },
};

/** The other end of the socket. */
export class PlayedServer extends EventTarget {
  readonly sent: string[] = [];
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.dispatchEvent(new Event("close"));
  }
  says(frame: ServerFrame): void {
    act(() => {
      this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(frame) }));
    });
  }
}

export function renderInStudio(children: ReactNode, part: Partial<Project> = {}) {
  const server = new PlayedServer();
  const identity = new Identity(sessionStorage);
  const world = { open: () => server as unknown as WebSocket, after: () => () => undefined };
  const socket = new StudioSocket(world, () => identity.headers());
  socket.start();
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const studio = (project: Project): Studio => ({
    project,
    identity,
    socket,
    client: makeClient("", identity),
    lgx: new LgxApi(identity),
    storage: new ProjectStorage("project", localStorage),
  });
  const page = (project: Project) => (
    <QueryClientProvider client={queries}>
      <ToastProvider>
        <StudioContext value={studio(project)}>{children}</StudioContext>
      </ToastProvider>
    </QueryClientProvider>
  );
  const { rerender } = render(page({ ...PROJECT, ...part }));
  return { server, identity, queries, become: (changed: Partial<Project>) => rerender(page({ ...PROJECT, ...changed })) };
}
